"""Progress of long calls: to a callback, or to one line of standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from core.cli.terminal import escape_controls
from core.progress import Progress, no_progress, occasional

ProgressOption: TypeAlias = Progress | bool
"""False for none, True for a line of standard error, or a function that is called with the name of
the step, how much of it is done, and of how much (0 if unknown)."""

_WIDTH = 79


@contextmanager
def show_progress(progress: ProgressOption) -> Iterator[Progress]:
    """Yield the callback that an option stands for; end its line with the block."""
    if callable(progress):
        yield progress
        return
    if not progress:
        yield no_progress
        return
    shown = False

    def show(step: str, done: int, total: int) -> None:
        nonlocal shown
        shown = True
        of_total = f" of {total:,}" if total else ""
        line = escape_controls(f"{step}: {done:,}{of_total}")[:_WIDTH]
        sys.stderr.write(f"\r{line:{_WIDTH}}")  # Notebooks know no other way to clear a line.
        sys.stderr.flush()

    try:
        yield occasional(show)
    finally:
        if shown:
            sys.stderr.write("\n")
