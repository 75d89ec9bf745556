"""What a file on this machine's disk holds.

The folder of a server whose files its pages can load: what is too large to upload.
"""

import os
from dataclasses import dataclass
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


MAX_DEPTH = 5
"""Folders within folders that are looked into."""
MAX_FILES = 1_000
"""Most files that are listed."""


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in the folder.

    Attributes
    ----------
    name
        Its path from the folder on, made safe to show.
    path
        Where it is.
    bytes
        Its size.
    version
        Changes when the file does.
    """

    name: str
    path: Path
    bytes: int
    version: str


def list_files(folder: Path) -> list[FolderFile]:
    """The files in a folder and in the folders in it, by their names; links are not followed.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    root = folder.resolve()
    found: list[FolderFile] = []
    for place, folders, names in os.walk(root, onerror=_refuse):
        inside = Path(place)
        if len(inside.relative_to(root).parts) >= MAX_DEPTH:
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if file := _file(root, inside / name):
                found.append(file)
            if len(found) == MAX_FILES:
                return found
    return found


def _refuse(error: OSError) -> None:
    message = f"The folder {error.filename} cannot be read: {error.strerror}."
    raise InputError(message, "Check the setting GENEKIN_SOURCE_FOLDER.")


def _file(root: Path, path: Path) -> FolderFile | None:
    """What the path is, if it is a file that people put there; not a link, which may lead out."""
    if path.name.startswith(".") or path.is_symlink() or not path.is_file():
        return None
    shown = "".join(each if each.isprintable() else "?" for each in str(path.relative_to(root)))
    about = path.stat()
    return FolderFile(shown, path, about.st_size, f"{about.st_mtime_ns} {about.st_size}")
