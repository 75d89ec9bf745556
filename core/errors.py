"""Expected errors.

Each carries a message for the user (what was wrong, and where) and a hint (what to do about it).
The outermost layers, the pages and the command line, catch :class:`GeneKinError` once and show it;
any other exception is a bug and goes to the log.
"""

import errno
from pathlib import Path

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class GeneKinError(Exception):
    """Base of all expected errors.

    Parameters
    ----------
    message
        What was wrong, in plain words.
    hint
        What to do about it; may be empty.
    """

    exit_status = 1
    """Exit status of the command line: 1 a service failed, 2 bad usage or bad input."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(GeneKinError):
    """Invalid input: a file, a sequence, a name, an option."""

    exit_status = 2


class LibraryError(GeneKinError):
    """A library that does not exist, or that does not allow the operation."""

    exit_status = 2


class EncoderReplaced(LibraryError):  # noqa: N818  (control flow, not an error)
    """The encoder and vectors of a library were replaced after it was opened."""


class StoreError(GeneKinError):
    """A failure of a store (Milvus, MySQL or SQLite)."""


class Cancelled(GeneKinError):  # noqa: N818  (control flow, not an error)
    """The user cancelled the operation."""


def write_error(path: Path, error: OSError) -> GeneKinError:
    """Return the error for a file that cannot be written: bad input, unless the disk failed."""
    message = f"{path} cannot be written: {error.strerror}."
    return GeneKinError(message) if error.errno in _DISK_ERRORS else InputError(message)
