"""Administration of the users in the user file, with the rights of an administrator."""

from collections.abc import Callable

from core.access.rights import Access
from core.access.roles import Action, Role
from core.access.sign_ins import SignIns
from core.access.user_file import UserFile
from core.access.users import User
from core.errors import InputError
from core.stores.sql.sign_ins import SignInRow

ADDED, REMOVED, ROLE, PASSWORD, ENDED = (
    "add user",
    "remove user",
    "change role",
    "set password",
    "end sign-ins",
)
"""Names in the audit trail."""


class Administration:
    """Users and their sign-ins; every method asks for an administrator's rights.

    Parameters
    ----------
    users
        None where an OpenID provider has the users.
    record
        Writes into the audit trail: actor, action, user, detail.

    Raises
    ------
    ForbiddenError
        From every method, if the user is no administrator.
    """

    def __init__(
        self,
        users: UserFile | None,
        sign_ins: SignIns,
        access: Access,
        record: Callable[[str, str, str, str], None],
    ) -> None:
        self._users = users
        self._sign_ins = sign_ins
        self._access = access
        self._record = record

    def users(self) -> list[User]:
        """Return all users of the file."""
        self._access.require(Action.MANAGE_USERS)
        return self._users.users() if self._users else []

    def sign_ins(self) -> list[SignInRow]:
        """Return the sign-ins that have not ended, the latest first."""
        self._access.require(Action.MANAGE_USERS)
        return self._sign_ins.active()

    def add(self, name: str, role: Role, password: str) -> None:
        """Add a user."""
        self._file().add(name, role, password)
        self._record(self._access.actor, ADDED, name, f"as {role}")

    def remove(self, name: str) -> None:
        """Remove a user, and end the user's sign-ins."""
        self._file().remove(name)
        self._sign_ins.end_all(name)
        self._record(self._access.actor, REMOVED, name, "")

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role, from the next action on."""
        self._file().set_role(name, role)
        self._record(self._access.actor, ROLE, name, f"now {role}")

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password, and end the user's sign-ins."""
        self._file().set_password(name, password)
        self._sign_ins.end_all(name)
        self._record(self._access.actor, PASSWORD, name, "")

    def end_sign_ins(self, name: str) -> int:
        """End all sign-ins of a user; return how many there were."""
        self._access.require(Action.MANAGE_USERS)
        count = self._sign_ins.end_all(name)
        self._record(self._access.actor, ENDED, name, f"{count}")
        return count

    def _file(self) -> UserFile:
        """Return the file of users to change."""
        self._access.require(Action.MANAGE_USERS)
        if self._users is None:
            message = "The users are the OpenID provider's."
            raise InputError(message, "Change them there.")
        return self._users
