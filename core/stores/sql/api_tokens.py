"""Table of API tokens: whose they are, what they allow, and until when."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, update

from core.stores.errors import retry_on_deadlock
from core.stores.sql.schema import api_tokens
from core.stores.sql.tables import Tables, inserted_id


@dataclass(frozen=True, slots=True)
class ApiTokenRow:
    """An API token, without the token itself.

    Attributes
    ----------
    name
        That its owner gave it.
    owner
        User whose rights it gives; empty for the only user of an open dashboard.
    role
        Highest role that it gives.
    created_at, expires_at, used_at, revoked_at
        UTC; None if it was never used, or not revoked.
    """

    id: int
    name: str
    owner: str
    role: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired at a time (UTC)."""
        return self.revoked_at is None and now < self.expires_at


_ROW = [api_tokens.c[field.name] for field in fields(ApiTokenRow)]


class ApiTokenTable(Tables):
    """Access to the API tokens; every method may raise :class:`~core.errors.StoreError`."""

    @retry_on_deadlock
    def add(self, digest: str, row: ApiTokenRow) -> int:
        """Add a token with the SHA-256 of it; return its id."""
        values = {
            "digest": digest,
            "name": row.name,
            "owner": row.owner,
            "role": row.role,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
        }
        with self._begin("creating an API token") as connection:
            return inserted_id(connection.execute(insert(api_tokens).values(values)))

    def find(self, digest: str) -> ApiTokenRow | None:
        """Return the token with this digest, or None."""
        return self._one(select(*_ROW).where(api_tokens.c.digest == digest))

    def get(self, token_id: int) -> ApiTokenRow | None:
        """Return the token with this id, or None."""
        return self._one(select(*_ROW).where(api_tokens.c.id == token_id))

    def listed(self, owner: str | None = None) -> list[ApiTokenRow]:
        """Return the tokens that are not revoked, of an owner or of all, the latest first."""
        query = select(*_ROW).where(api_tokens.c.revoked_at.is_(None))
        if owner is not None:
            query = query.where(api_tokens.c.owner == owner)
        with self._connect("listing the API tokens") as connection:
            rows = connection.execute(query.order_by(api_tokens.c.id.desc()))
            return [ApiTokenRow(*row) for row in rows]

    @retry_on_deadlock
    def note_use(self, token_id: int, now: datetime, since: datetime) -> None:
        """Write when a token was used, unless that was written after `since` (both UTC)."""
        used_at = api_tokens.c.used_at
        is_old = (api_tokens.c.id == token_id) & or_(used_at.is_(None), used_at < since)
        with self._begin("noting the use of an API token") as connection:
            connection.execute(update(api_tokens).where(is_old).values(used_at=now))

    @retry_on_deadlock
    def revoke(self, token_id: int, now: datetime) -> bool:
        """Revoke a token; return False if there is none that is not revoked."""
        current = (api_tokens.c.id == token_id) & api_tokens.c.revoked_at.is_(None)
        with self._begin("revoking an API token") as connection:
            query = update(api_tokens).where(current).values(revoked_at=now)
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def revoke_all(self, owner: str, now: datetime) -> int:
        """Revoke all tokens of a user; return how many there were."""
        current = (api_tokens.c.owner == owner) & api_tokens.c.revoked_at.is_(None)
        with self._begin("revoking API tokens") as connection:
            query = update(api_tokens).where(current).values(revoked_at=now)
            return connection.execute(query).rowcount

    @retry_on_deadlock
    def delete_before(self, time: datetime) -> None:
        """Delete the tokens that expired or were revoked before a time (UTC)."""
        ended = or_(api_tokens.c.expires_at < time, api_tokens.c.revoked_at < time)
        with self._begin("deleting old API tokens") as connection:
            connection.execute(delete(api_tokens).where(ended))

    def _one(self, query: Select[Any]) -> ApiTokenRow | None:
        with self._connect("looking up an API token") as connection:
            row = connection.execute(query).first()
        return ApiTokenRow(*row) if row else None
