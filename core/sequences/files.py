"""What a file on this machine's disk holds."""

from pathlib import Path

from core.errors import InputError


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The content of a file; of one that is larger, no more than one byte more than the most.

    Raises
    ------
    InputError
        If there is no such file, or it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"{path} cannot be read: {reason}."
        raise InputError(message) from None
