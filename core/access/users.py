"""Users: a name and a role."""

import re
from dataclasses import dataclass

from core.access.roles import REQUIRED_ROLES, Action, LibraryAccess, Role
from core.errors import InputError
from core.sequences.records import has_hidden

MAX_NAME = 100
"""Maximum number of characters of a user's name."""
_NAME = re.compile(rf"(?!#)[^:\s]{{1,{MAX_NAME}}}")


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Attributes
    ----------
    name
        Unique name, which runs and libraries are owned by; empty for the only user of an open
        dashboard, and for visitors.
    """

    name: str
    role: Role

    def may(self, action: Action) -> bool:
        """Return whether the user's role allows an action."""
        return self.role.includes(REQUIRED_ROLES[action])

    def may_use(self, owner: str, access: str) -> bool:
        """Return whether the user may search a library of that owner and access."""
        if self.may(Action.SEE_ALL):
            return True
        if access == LibraryAccess.PRIVATE:
            return self.owns(owner) and self.may(Action.KEEP_RUNS)
        least = {LibraryAccess.LAB: Role.READER, LibraryAccess.PUBLIC: Role.VISITOR}
        return access in least and self.role.includes(least[LibraryAccess(access)])

    def owns(self, owner: str) -> bool:
        """Return whether something of that owner is the user's; of nobody's, nothing is."""
        return bool(owner) and owner == self.name


LOCAL_ADMIN = User("", Role.ADMIN)
"""The only user of a dashboard without sign-in, and the one for whom GeneKin itself works."""
VISITOR = User("", Role.VISITOR)
"""Somebody who is not signed in, where visitors are allowed."""
NOBODY = User("", Role.NONE)
"""Somebody who may do nothing."""


def check_user_name(name: str) -> str:
    """Return a user's name, checked.

    Raises
    ------
    InputError
        If it is empty, too long, or has a space, a colon or an invisible character.
    """
    if not _NAME.fullmatch(name) or has_hidden(name):
        message = f"Invalid user name: {name[:MAX_NAME]!r}."
        hint = f"Use up to {MAX_NAME} visible characters without spaces and colons, not beginning"
        raise InputError(message, f"{hint} with #.")
    return name
