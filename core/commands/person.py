"""Who runs a command."""

import getpass


def person() -> str:
    """The user's name on this machine; empty where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # As in a container that knows only a number.
        return ""
