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
    """

    digest: str
    name: str
    began_at: datetime
    ended_at: datetime | None = None


class SignInTable(Tables):
    """Access to the sign-ins; every method may raise :class:`~core.errors.StoreError`."""

    @retry_on_deadlock
    def add(self, digest: str, name: str, began_at: datetime) -> bool:
        """Add a sign-in; return False if it is known already."""
        values = {"digest": digest, "name": replace_surrogates(name), "began_at": began_at}
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
    def delete_before(self, time: datetime) -> None:
        """Delete the sign-ins that began before a time (UTC)."""
        with self._begin("deleting old sign-ins") as connection:
            connection.execute(delete(sign_ins).where(sign_ins.c.began_at < time))
