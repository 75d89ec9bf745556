"""Table of idempotency keys: which request of a program made which job."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.stores.errors import retry_on_deadlock
from core.stores.sql.schema import idempotency_keys
from core.stores.sql.tables import Tables


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that was used.

    Attributes
    ----------
    key
        Digest of the key and its user, 64 hexadecimal digits.
    request
        Digest of the request.
    used_at
        UTC.
    job
        Id of the job that the request made; None until it has made one.
    """

    key: str
    request: str
    used_at: datetime
    job: int | None = None


class IdempotencyTable(Tables):
    """Access to the keys; every method may raise :class:`~core.errors.StoreError`."""

    @retry_on_deadlock
    def claim(self, row: KeyRow) -> bool:
        """Add a key; return False if it was used already."""
        with self._begin("claiming a key") as connection:
            try:
                connection.execute(insert(idempotency_keys).values(_values(row)))
            except IntegrityError:
                return False
        return True

    @retry_on_deadlock
    def claim_again(self, row: KeyRow, earlier: KeyRow) -> bool:
        """Take over a key from an earlier use; return False if another process did so before."""
        keys = idempotency_keys.c
        unchanged = (keys.key == earlier.key) & (keys.used_at == earlier.used_at)
        with self._begin("claiming a key") as connection:
            query = update(idempotency_keys).where(unchanged).values(_values(row))
            return bool(connection.execute(query).rowcount)

    def get(self, key: str) -> KeyRow | None:
        """Return the use of a key, or None."""
        query = select(idempotency_keys).where(idempotency_keys.c.key == key)
        with self._connect("looking up a key") as connection:
            row = connection.execute(query).first()
        return KeyRow(*row) if row else None

    @retry_on_deadlock
    def set_job(self, key: str, job: int) -> None:
        """Record which job the request made."""
        with self._begin("saving a key") as connection:
            query = update(idempotency_keys).where(idempotency_keys.c.key == key)
            connection.execute(query.values(job=job))

    @retry_on_deadlock
    def release(self, key: str) -> None:
        """Forget a key: its request failed, and can be sent again."""
        with self._begin("releasing a key") as connection:
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.key == key))

    @retry_on_deadlock
    def delete_before(self, used: datetime, claimed: datetime) -> None:
        """Delete the keys used before a time (UTC), and those without a job before another."""
        keys = idempotency_keys.c
        old = or_(keys.used_at < used, keys.job.is_(None) & (keys.used_at < claimed))
        with self._begin("deleting old keys") as connection:
            connection.execute(delete(idempotency_keys).where(old))


def _values(row: KeyRow) -> dict[str, object]:
    return {"key": row.key, "request": row.request, "used_at": row.used_at, "job": row.job}
