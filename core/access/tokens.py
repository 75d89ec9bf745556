"""API tokens, which give programs the rights of the user who made them, or fewer."""

import logging
import re
import secrets
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from cachetools import TTLCache

from core.access.mode import SignInMode
from core.access.rights import Access
from core.access.roles import ASSIGNABLE, Action, Role
from core.access.sign_ins import SignIns, token_digest
from core.access.user_file import UserFile
from core.access.users import LOCAL_ADMIN, User
from core.errors import InputError, StoreError
from core.sequences.records import has_hidden
from core.stores.sql.api_tokens import ApiTokenRow, ApiTokenTable
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from core.stores.sql.tables import utc_now

_log = logging.getLogger(__name__)

CREATED, REVOKED, FAILED = "create API token", "revoke API token", "failed API token"
"""Names in the audit trail."""
LIFETIMES = (7, 30, 90, 365)
"""Days after which a token can end."""
MAX_TOKENS = 20
"""Maximum number of valid tokens of a user."""
MAX_NAME = 60
"""Maximum number of characters of a token's name."""
_PREFIX = "gk_"
_TOKEN_BYTES = 32
_TOKEN = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_KEPT = timedelta(days=90)
"""Time for which an ended token is known, so that its use is recorded under its name."""
_USE_INTERVAL = timedelta(minutes=1)
"""Time for which the last use of a token is not written again."""
_FAILURE_SECONDS, _MAX_FAILURES = 900.0, 100
"""The same failure is recorded once in this time, and so many different ones."""


class ApiTokens:
    """The API tokens of a deployment; safe to share between threads.

    A program has the token; the database has its digest only. Keep one object in a process: it
    limits how many failed uses go to the audit trail.

    Parameters
    ----------
    owner_role
        Returns the role that a user has now: see :func:`owner_roles`.
    clock
        Returns the time in UTC, without a time zone.

    Raises
    ------
    StoreError
        From every method, if the database fails.
    """

    def __init__(
        self,
        database: Database,
        owner_role: Callable[[str], Role],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = ApiTokenTable(database)
        self._audit = AuditTable(database)
        self._owner_role = owner_role
        self._clock = clock
        self._failures: TTLCache[Hashable, None] = TTLCache(_MAX_FAILURES, _FAILURE_SECONDS)
        self._lock = Lock()

    # For programs

    def access(self, token: str, address: str = "") -> Access | None:
        """Return the rights that a token gives, read again at every action.

        Parameters
        ----------
        address
            Of the program, for the audit trail.

        Returns
        -------
        Access or None
            None if the token is unknown, expired or revoked, or its owner has no role.
        """
        row = self._table.find(token_digest(token)) if _TOKEN.fullmatch(token) else None
        if row is None:
            self._record_failure("", "unknown token", address)
            return None
        role = self.role(row)
        if role is Role.NONE:
            self._record_failure(row.owner, f"{row.name}: {self._problem(row)}", address)
            return None
        self._note_use(row)
        return Access(
            User(row.owner, role), partial(self._current_role, row.id), f"API token {row.name}"
        )

    # For people

    def create(self, access: Access, name: str, role: Role, days: int) -> str:
        """Create a token of the user, and return it: it cannot be read again.

        Parameters
        ----------
        name
            Distinguishes it from the user's other tokens.
        role
            Highest role that it gives: at most the user's own.
        days
            Time until it ends: one of :data:`LIFETIMES`.

        Raises
        ------
        ForbiddenError
            If the user may not create tokens.
        InputError
            If a value is invalid, or the user has too many tokens.
        """
        user = access.require(Action.CREATE_TOKEN)
        now, name = self._clock(), name.strip()
        self._table.delete_before(now - _KEPT)
        self._check_new(user, name, role, days)
        token = _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        row = ApiTokenRow(0, name, user.name, role, now, now + timedelta(days))
        self._table.add(token_digest(token), row)
        detail = f"{name}, {role}, for {days} days"
        self._audit.add(access.actor, CREATED, user.name, detail)
        return token

    def listed(self, access: Access) -> list[ApiTokenRow]:
        """Return the tokens that are not revoked, expired ones too, the latest first.

        They are the user's own; of all users, for administrators.

        Raises
        ------
        ForbiddenError
            If the user has no tokens, as a visitor.
        """
        user = access.require(Action.CREATE_TOKEN)
        return self._table.listed(None if user.may(Action.MANAGE_USERS) else user.name)

    def role(self, row: ApiTokenRow) -> Role:
        """Return the role that a token gives now: its own or its owner's, the lower one.

        It is ``none`` if the token has ended, or its owner has no role.
        """
        if not row.is_valid(self._clock()):
            return Role.NONE
        role, owner_role = Role(row.role), self._owner_role(row.owner)
        return role if owner_role.includes(role) else owner_role

    def revoke(self, access: Access, token_id: int) -> bool:
        """Revoke a token; return False if there is none, or it is revoked already.

        Raises
        ------
        ForbiddenError
            If it is another user's, unless the user is an administrator.
        """
        user, row = access.require(Action.CREATE_TOKEN), self._table.get(token_id)
        if row is not None and row.owner != user.name:
            access.require(Action.MANAGE_USERS)
        if row is None or not self._table.revoke(token_id, self._clock()):
            return False
        self._audit.add(access.actor, REVOKED, row.owner, row.name)
        return True

    def _check_new(self, user: User, name: str, role: Role, days: int) -> None:
        if not 0 < len(name) <= MAX_NAME or has_hidden(name):
            hint = f"Use 1 to {MAX_NAME} visible characters."
            raise InputError(f"Invalid name: {name[:MAX_NAME]!r}.", hint)
        if role not in ASSIGNABLE or not user.role.includes(role):
            message = f"A token of yours cannot have the role {role}; yours is {user.role}."
            raise InputError(message, "Choose your role or a lower one.")
        if days not in LIFETIMES:
            choices = ", ".join(map(str, LIFETIMES))
            raise InputError(f"A token cannot end after {days} days.", f"Choose one of {choices}.")
        now = self._clock()
        valid = [row for row in self._table.listed(user.name) if row.is_valid(now)]
        if name in {row.name for row in valid}:
            raise InputError(f"You have a token {name!r} already.", "Choose another name.")
        if len(valid) >= MAX_TOKENS:
            raise InputError(f"You have {MAX_TOKENS} tokens, the maximum.", "Revoke one of them.")

    def _current_role(self, token_id: int) -> Role:
        row = self._table.get(token_id)
        return self.role(row) if row else Role.NONE

    def _problem(self, row: ApiTokenRow) -> str:
        if row.revoked_at is not None:
            return "revoked"
        return "expired" if not row.is_valid(self._clock()) else "owner without a role"

    def _note_use(self, row: ApiTokenRow) -> None:
        now = self._clock()
        since = now - _USE_INTERVAL
        if row.used_at is not None and row.used_at >= since:
            return
        try:
            self._table.note_use(row.id, now, since)
        except StoreError as error:  # A full disk keeps nobody from reading.
            _log.warning("the use of an API token was not noted: %s", error.log_text())

    def _record_failure(self, owner: str, problem: str, address: str) -> None:
        """Write a failed use into the audit trail, unless it is one of too many."""
        key = owner, problem, address
        with self._lock:
            self._failures.expire()
            if key in self._failures or len(self._failures) >= _MAX_FAILURES:
                return
            self._failures[key] = None
        detail = f"{problem}, from {address}" if address else problem
        self._audit.add("", FAILED, owner, detail)


def owner_roles(
    mode: SignInMode, users: UserFile | None, sign_ins: SignIns
) -> Callable[[str], Role]:
    """Return the function that finds the role which the owner of a token has now.

    Without sign-in, the only user is an administrator. The file of users has the roles of those
    who sign in with a password. Those of an OpenID provider's users are known by their claims: the
    role of the latest sign-in counts, see :meth:`~core.access.sign_ins.SignIns.latest_role`.

    Parameters
    ----------
    users
        None where nobody signs in with a password.
    """
    if mode is SignInMode.OPENID:
        return sign_ins.latest_role
    if mode is SignInMode.PASSWORD and users is not None:
        return users.role
    return _local_role


def _local_role(name: str) -> Role:
    return LOCAL_ADMIN.role if name == LOCAL_ADMIN.name else Role.NONE
