"""Progress reports of long work."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Callback for progress: the name of the current step, how much of it is done, and of how much.

The unit (sequences, bytes, steps) depends on the step; a total of 0 means that it is unknown.
The callback may raise :class:`~core.errors.Cancelled`, which ends the work.
"""


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore progress reports."""
