"""The errors GeneKin raises on purpose.

Every one carries a message for the person (what was wrong, and where) and a hint (what to do
about it). The outermost layers, the pages and the command line, catch :class:`GeneKinError` once
and show it; anything else is a defect and goes to the log.
"""

import errno
from pathlib import Path

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class GeneKinError(Exception):
    """Root of all expected errors.

    Parameters
    ----------
    message
        What was wrong, in a sentence a biologist would say.
    hint
        What to do about it; may be empty.
    """

    exit_status = 1
    """What the command line returns: 1 a service failed, 2 bad usage or bad input."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(GeneKinError):
    """What the person gave cannot be used: a file, a sequence, a name, an option."""

    exit_status = 2


class LibraryError(GeneKinError):
    """A library is missing, or is not what the caller takes it for."""

    exit_status = 2


class EncoderReplaced(LibraryError):  # noqa: N818  (nobody did anything wrong)
    """A library has another encoder, and other vectors, than when it was opened."""


class StoreError(GeneKinError):
    """A store (Milvus, MySQL or SQLite) could not be reached or did not do its work."""


class Cancelled(GeneKinError):  # noqa: N818  (nobody did anything wrong)
    """Somebody asked for the end of what was under way."""


def write_error(path: Path, error: OSError) -> GeneKinError:
    """What to raise where a file cannot be written: its place is bad input, a full disk is not."""
    message = f"{path} cannot be written: {error.strerror}."
    return GeneKinError(message) if error.errno in _NO_ROOM else InputError(message)
