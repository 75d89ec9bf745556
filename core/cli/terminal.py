"""Output of commands: data unchanged to files and pipes, safe text to a terminal.

Names come from files of other people. A terminal obeys control characters in them, and orders text
by bidirectional ones, so neither reaches it.
"""

import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from core.progress import Progress, no_progress, occasional

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters except tab and newline, bidirectional ones, and bytes that are no text."""
_MAX_PROGRESS = 110
_LINE_SECONDS, _LOG_SECONDS = 0.2, 60.0
"""Seconds between two lines of progress through a file, on a terminal and elsewhere."""
_RATE_SECONDS = 60.0
"""Seconds over which a rate is taken."""


def escape_controls(text: str) -> str:
    r"""Return `text` with its unsafe characters escaped.

    >>> escape_controls("dog\x1b[2J")
    'dog\\x1b[2J'
    """
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def print_text(text: str) -> None:
    """Write to standard output."""
    sys.stdout.write(escape_controls(text) if sys.stdout.isatty() else text)


def print_error(command: str, message: str) -> None:
    """Write an error to standard error, in one line."""
    line = escape_controls(" ".join(f"{command}: {message}".split()))
    with suppress(OSError):  # The exit status still says it.
        sys.stderr.write(f"{line}\n")


def print_notes(notes: Iterable[str]) -> None:
    """Write notes to standard error, a line each: standard output is for the answer."""
    for note in notes:
        print_error("genekin", note)


class StreamProgress:
    """Progress through a file: queries, their rate, and the time left.

    Parameters
    ----------
    size
        Bytes of the file; None if that is unknown.
    first
        Number of queries that an earlier run has answered.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        size: int | None,
        first: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._size = size
        self._clock = clock
        self._window = deque([(clock(), first)])

    def show(self, step: str, done: int, read: int, position: int) -> None:
        """Show a line.

        Parameters
        ----------
        done
            Number of queries answered.
        read, position
            Number of queries that were read, in so many bytes.
        """
        rate = self._rate(done)
        parts = [f"{step}: {done:,} records", f"{rate:,.0f}/s"]
        if self._size and position and rate:
            left = max(0.0, read * self._size / position - done) / rate
            parts.append(f"about {format_duration(left)} left")
        self._write(", ".join(parts))

    def _rate(self, done: int) -> float:
        """Return queries a second, over the last minute."""
        now = self._clock()
        if now - self._window[-1][0] >= 1:
            self._window.append((now, done))
        while len(self._window) > 2 and self._window[1][0] <= now - _RATE_SECONDS:
            self._window.popleft()
        since, before = self._window[0]
        return (done - before) / (now - since) if now > since else 0.0


def format_duration(seconds: float) -> str:
    """Return a duration for people.

    >>> format_duration(40), format_duration(750), format_duration(9_000)
    ('40 s', '12 min', '2.5 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


@contextmanager
def stream_progress(size: int | None, first: int) -> Iterator[StreamProgress]:
    """Show progress through a file: in one line of a terminal, elsewhere in a line each minute."""
    is_terminal = sys.stderr.isatty()
    shown_at = time.monotonic()
    pause = _LINE_SECONDS if is_terminal else _LOG_SECONDS

    def write(line: str) -> None:
        nonlocal shown_at
        if time.monotonic() - shown_at < pause:
            return
        shown_at = time.monotonic()
        with suppress(OSError):
            sys.stderr.write(f"\r\x1b[K{line}" if is_terminal else f"{line}\n")
            sys.stderr.flush()

    try:
        yield StreamProgress(write, size, first)
    finally:
        if is_terminal:
            sys.stderr.write("\n")


@contextmanager
def terminal_progress() -> Iterator[Progress]:
    """Show progress in one line of the terminal; nothing where standard error is none."""
    shown = False

    def show(step: str, done: int, total: int) -> None:
        nonlocal shown
        shown = True
        line = escape_controls(f"{step}: {done:,} of {total:,}")[:_MAX_PROGRESS]
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    try:
        yield occasional(show) if sys.stderr.isatty() else no_progress
    finally:
        if shown:
            sys.stderr.write("\n")
