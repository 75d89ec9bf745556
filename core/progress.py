"""Progress of long work, as functions report it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of the current step, how much of it is done, and of how much.

The units (sequences, bytes, steps) are those of the step; a total of 0 means it is not known.
It may raise :class:`~core.errors.Cancelled`, which ends the work.
"""


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore progress: the default where nobody follows."""
