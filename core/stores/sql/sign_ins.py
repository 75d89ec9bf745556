"""Table of sign-ins: who is signed in since when, and whose sign-in has ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.stores.errors import retry_on_deadlock
from core.stores.sql.schema import sign_ins
from core.stores.sql.tables import Tables, replace_surrogates, utc_now


@dataclass(frozen=True, slots=True)
class SignInRow:
    """A sign-in.

    Attributes
    ----------
    digest
        SHA-256 of what the browser shows for it, 64 hexadecimal digits.
    name
        Of the user.
    began_at, ended_at
        UTC; it has not ended if that is None.
    role
        That the provider's claims gave; empty where the file of users has it.
    """

    digest: str
    name: str
    began_at: datetime
    ended_at: datetime | None = None
    role: str = ""


class SignInTable(Tables):
    """Access to the sign-ins; every method may raise :class:`~core.errors.StoreError`."""

    @retry_on_deadlock
    def add(self, digest: str, name: str, began_at: datetime, role: str = "") -> bool:
        """Add a sign-in; return False if it is known already."""
        name = replace_surrogates(name)
        values = {"digest": digest, "name": name, "began_at": began_at, "role": role}
        with self._begin("signing in") as connection:
            try:
                connection.execute(insert(sign_ins).values(values))
            except IntegrityError:
                return False
        return True

    def get(self, digest: str) -> SignInRow | None:
        """Return a sign-in, or None."""
        with self._connect("looking up a sign-in") as connection:
            row = connection.execute(select(sign_ins).where(sign_ins.c.digest == digest)).first()
        return SignInRow(*row) if row else None

    @retry_on_deadlock
    def set_role(self, digest: str, role: str) -> None:
        """Write which role the claims of a sign-in give."""
        with self._begin("signing in") as connection:
            query = update(sign_ins).where(sign_ins.c.digest == digest).values(role=role)
            connection.execute(query)

    def latest_role(self, name: str, since: datetime) -> str:
        """Return the role of a user's latest sign-in after a time (UTC); empty if there is none."""
        query = (
            select(sign_ins.c.role)
            .where(sign_ins.c.name == name, sign_ins.c.began_at > since, sign_ins.c.role != "")
            .order_by(sign_ins.c.began_at.desc())
            .limit(1)
        )
        with self._connect("looking up a role") as connection:
            return str(connection.execute(query).scalar() or "")

    @retry_on_deadlock
    def end(self, digest: str) -> bool:
        """End a sign-in; return False if there is none that has not ended."""
        current = (sign_ins.c.digest == digest) & sign_ins.c.ended_at.is_(None)
        with self._begin("signing out") as connection:
            query = update(sign_ins).where(current).values(ended_at=utc_now())
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def end_all(self, name: str) -> int:
        """End all sign-ins of a user; return how many there were."""
        current = (sign_ins.c.name == name) & sign_ins.c.ended_at.is_(None)
        with self._begin("signing out") as connection:
            query = update(sign_ins).where(current).values(ended_at=utc_now())
            return connection.execute(query).rowcount

    def active(self, since: datetime) -> list[SignInRow]:
        """Return the sign-ins that began after a time (UTC) and have not ended, latest first."""
        query = (
            select(sign_ins)
            .where(sign_ins.c.began_at > since, sign_ins.c.ended_at.is_(None))
            .order_by(sign_ins.c.began_at.desc())
        )
        with self._connect("reading the sign-ins") as connection:
            return [SignInRow(*row) for row in connection.execute(query)]

    @retry_on_deadlock
    def delete_before(self, time: datetime, with_role: datetime) -> None:
        """Delete the sign-ins that began before a time (UTC); another one, if they have a role."""
        old = (sign_ins.c.began_at < time) & (sign_ins.c.role == "")
        with self._begin("deleting old sign-ins") as connection:
            connection.execute(delete(sign_ins).where(old | (sign_ins.c.began_at < with_role)))
