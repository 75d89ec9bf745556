"""Rights of a user, which everything that changes or reveals data asks for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.access.roles import REQUIRED_ROLES, Action, Role
from core.access.users import LOCAL_ADMIN, User
from core.errors import ForbiddenError

_NO_ROLE = "Ask an administrator of this server for a role."


@dataclass(frozen=True, slots=True)
class Access:
    """A user, with the role that the user has now.

    Attributes
    ----------
    user
        The user, with the role at the beginning of the action.
    read_role
        Reads the role again, at every change; None if the role cannot change.
    origin
        What the user works with, if it is not the pages; part of the name in the audit trail.
    """

    user: User
    read_role: Callable[[], Role] | None = None
    origin: str = ""

    @property
    def actor(self) -> str:
        """Name in the audit trail."""
        return f"{self.user.name} ({self.origin})".lstrip() if self.origin else self.user.name

    def current(self) -> User:
        """Return the user with the role that the user has now."""
        if self.read_role is None:
            return self.user
        return replace(self.user, role=self.read_role())

    def require(self, action: Action) -> User:
        """Return the user as of now, if the user may do this.

        Raises
        ------
        ForbiddenError
            If not.
        """
        user = self.current()
        if not user.may(action):
            raise forbidden(action, user.role)
        return user


LOCAL_ACCESS = Access(LOCAL_ADMIN)
"""All rights: of a dashboard without sign-in, and of GeneKin itself."""


def forbidden(action: Action, role: Role) -> ForbiddenError:
    """Return the error for an action that a role does not allow."""
    if role is Role.NONE:
        return ForbiddenError("You have no role on this server.", _NO_ROLE)
    needed = REQUIRED_ROLES[action]
    return ForbiddenError(
        f"Not allowed: {action} needs the role {needed}; yours is {role}.",
        "Ask an administrator of this server.",
    )


def library_forbidden(name: str) -> ForbiddenError:
    """Return the error for a library that another user keeps private."""
    message = f"The library {name!r} is private to another user."
    return ForbiddenError(message, "Use another name, or ask its owner.")
