"""Files that are written completely, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` at the end of the block.

    A link there is replaced itself, so that nobody can make one beforehand to have another file
    overwritten. After an error, the new file is removed, and `path` stays as it was.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    part = path.parent / f".{token_hex(8)}.part"
    try:
        with part.open("xb") as file:  # Fails if there is such a file, or a link.
            yield file
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
