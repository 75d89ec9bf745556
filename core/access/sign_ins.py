"""Sign-ins: begun with a password or at an OpenID provider, and ended for all tabs at once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial

from core.access.claims import Claims, issued_at, sign_in_digest, user_of_claims
from core.access.rights import Access
from core.access.roles import Role
from core.access.user_file import UserFile
from core.access.users import User
from core.settings import Settings
from core.stores.sql.api_tokens import ApiTokenTable
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from core.stores.sql.sign_ins import SignInRow, SignInTable
from core.stores.sql.tables import utc_now

SIGN_IN, SIGN_OUT, FAILED = "sign in", "sign out", "failed sign-in"
"""Names in the audit trail."""
_TOKEN_BYTES = 32
_MAX_TOKEN = 100
_CLOCK_SKEW = timedelta(minutes=5)
ROLE_DAYS = 30
"""Days for which the role of a sign-in at an OpenID provider counts for the user's API tokens."""


class SignIns:
    """The sign-ins of a deployment; safe to share between threads.

    Browsers have a random token; the database has its digest only.

    Raises
    ------
    StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._table = SignInTable(database)
        self._tokens = ApiTokenTable(database)
        self._audit = AuditTable(database)
        self._settings = settings
        self._longest = timedelta(hours=settings.sign_in_hours)

    # With a password

    def begin(self, name: str, detail: str = "") -> str:
        """Sign a user in whose password was checked, and return a new token.

        Parameters
        ----------
        detail
            For the audit trail, such as the address.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._delete_old()
        self._table.add(token_digest(token), name, utc_now())
        self._audit.add(name, SIGN_IN, name, detail)
        return token

    def record_failure(self, name: str, detail: str = "") -> None:
        """Write a failed sign-in into the audit trail.

        Parameters
        ----------
        name
            Of the user; empty if there is none, as people type passwords in the wrong field.
        """
        self._audit.add("", FAILED, name, detail)

    def access(self, token: str, users: UserFile) -> Access | None:
        """Return the rights of the user with this token; None if the sign-in has ended."""
        row = self._current(token_digest(token)) if token and len(token) <= _MAX_TOKEN else None
        role = users.role(row.name) if row else Role.NONE
        if row is None or role is Role.NONE:  # Removed from the file.
            return None
        return Access(User(row.name, role), partial(users.role, row.name))

    # At an OpenID provider

    def access_of_claims(self, claims: Claims) -> Access | None:
        """Return the rights of the user whom a token of the provider names.

        Returns
        -------
        Access or None
            None if the sign-in has ended: by signing out in whichever tab, by an administrator, or
            since it began too long ago.
        """
        began_at = issued_at(claims)
        if began_at is None or not claims.get("sub") or not self._is_recent(began_at):
            return None
        user, digest = user_of_claims(claims, self._settings), sign_in_digest(claims)
        row = self._table.get(digest)
        if row is None and self._table.add(digest, user.name, began_at, user.role):
            self._delete_old()
            self._audit.add(user.name, SIGN_IN, user.name, f"as {user.role}")
        elif row is not None and row.role != user.role:  # The settings give another one now.
            self._table.set_role(digest, user.role)
        return None if row is not None and row.ended_at else Access(user)

    def latest_role(self, name: str) -> Role:
        """Return the role that a user had at the latest sign-in at the provider.

        Nobody knows a user's claims while the user is away, so they count for some time:
        ``none`` after :data:`ROLE_DAYS` days.
        """
        return Role(self._table.latest_role(name, utc_now() - timedelta(ROLE_DAYS)) or Role.NONE)

    # The end

    def end(self, token: str) -> None:
        """End the sign-in with this token, in all tabs."""
        self._end(token_digest(token))

    def end_claims(self, claims: Claims) -> None:
        """End the sign-in of a token of the provider, in all tabs."""
        self._end(sign_in_digest(claims))

    def end_all(self, name: str) -> int:
        """End all sign-ins of a user, and revoke the user's API tokens.

        Returns
        -------
        int
            Number of sign-ins.
        """
        self._tokens.revoke_all(name, utc_now())
        return self._table.end_all(name)

    def active(self) -> list[SignInRow]:
        """Return the sign-ins that have not ended, the latest first."""
        return self._table.active(utc_now() - self._longest)

    def _end(self, digest: str) -> None:
        row = self._table.get(digest)
        if row is not None and self._table.end(digest):
            self._audit.add(row.name, SIGN_OUT, row.name)

    def _delete_old(self) -> None:
        """Delete the sign-ins that began too long ago to count."""
        kept = self._longest + _CLOCK_SKEW
        now = utc_now()
        self._table.delete_before(now - kept, with_role=now - max(kept, timedelta(ROLE_DAYS)))

    def _current(self, digest: str) -> SignInRow | None:
        row = self._table.get(digest)
        usable = row is not None and row.ended_at is None and self._is_recent(row.began_at)
        return row if usable else None

    def _is_recent(self, began_at: datetime) -> bool:
        return -_CLOCK_SKEW <= utc_now() - began_at < self._longest


def token_digest(token: str) -> str:
    """Return the digest of a token, as the database has it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
