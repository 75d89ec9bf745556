"""Rights of programs on this machine that open the stores by its settings: commands and Python."""

import getpass
from typing import TYPE_CHECKING

from core.access.rights import Access
from core.access.roles import Role
from core.access.users import User

if TYPE_CHECKING:
    from core.settings import Settings


def current_user() -> str:
    """Return the user's name on this machine; empty where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # A container may know only a number.
        return ""


def command_access(settings: "Settings", origin: str = "command line") -> Access:
    """Return the rights of commands: those of the role that the settings give them.

    Whoever may read the settings has the passwords of the stores in them: the role keeps scripts
    and students from mistakes, and says in the audit trail whose command it was.

    Parameters
    ----------
    origin
        What the user works with, for the audit trail.
    """
    return Access(User(current_user(), Role(settings.command_role)), origin=origin)
