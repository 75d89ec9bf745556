"""Progress reports of long work."""

import time
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Callback for progress: the name of the current step, how much of it is done, and of how much.

The unit (sequences, bytes, steps) depends on the step; a total of 0 means that it is unknown.
The callback may raise :class:`~core.errors.Cancelled`, which ends the work.
"""


_SECONDS = 0.1
"""Time between two reports that are passed on."""


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore progress reports."""


def occasional(progress: Progress) -> Progress:
    """Return a callback that passes on some reports, and the end of every step.

    Work reports every record: showing each would slow it down.
    """
    passed_at = float("-inf")

    def report(step: str, done: int, total: int) -> None:
        nonlocal passed_at
        now = time.monotonic()
        if done == total or now - passed_at >= _SECONDS:
            passed_at = now
            progress(step, done, total)

    return report
