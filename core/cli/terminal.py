"""Output of commands: data unchanged to files and pipes, safe text to a terminal.

Names come from files of other people. A terminal obeys control characters in them, and orders text
by bidirectional ones, so neither reaches it.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from core.progress import Progress, no_progress, occasional

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters except tab and newline, bidirectional ones, and bytes that are no text."""
_MAX_PROGRESS = 110


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
