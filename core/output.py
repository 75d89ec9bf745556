"""Files that are written completely, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

_SYSTEM_FOLDERS = {("dev",), ("proc", str(os.getpid()), "fd")}
"""Folders of the links ``/dev/stdout`` and ``/dev/fd/1``, which may lead to regular files."""


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` at the end of the block.

    A link there is replaced itself, so that nobody can make one beforehand to have another file
    overwritten. After an error, the new file is removed, and `path` stays as it was.

    What is no regular file, such as ``/dev/null`` or a pipe, is written to and never replaced.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if _is_stream(path):
        with path.open("wb") as file:
            yield file
        return
    part = path.parent / f".{token_hex(8)}.part"
    try:
        with part.open("xb") as file:  # Fails if there is such a file, or a link.
            yield file
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _is_stream(path: Path) -> bool:
    """Tell whether a path is a device or a pipe, or one of the system's links to an open file."""
    if path.is_symlink() and path.parent.resolve().parts[1:] in _SYSTEM_FOLDERS:
        return True
    return path.exists() and not path.is_file()
