"""Files on this machine: read one within limits, list those of the server folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError, read_error

MAX_DEPTH = 5
"""Maximum depth of nested folders."""
MAX_FILES = 1_000
"""Maximum number of files listed."""


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file; of a larger one, `max_bytes` and one more.

    Raises
    ------
    InputError
        If the file does not exist or may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise read_error(path, error) from None


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of the server folder, whose files the pages can load: too large to upload.

    Attributes
    ----------
    name
        Its path relative to the folder, safe to show.
    path
        Its path.
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
    """Return the files in a folder and its subfolders, by name; links are not followed.

    Raises
    ------
    InputError
        If the folder cannot be read.
    """
    root = folder.resolve()
    files: list[FolderFile] = []
    for directory, subfolders, names in os.walk(root, onerror=_raise_unreadable):
        parent = Path(directory)
        if len(parent.relative_to(root).parts) >= MAX_DEPTH:
            subfolders.clear()
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            if file := _folder_file(root, parent / name):
                files.append(file)
            if len(files) == MAX_FILES:
                return files
    return files


def _raise_unreadable(error: OSError) -> None:
    message = f"The folder {error.filename} cannot be read: {error.strerror}."
    raise InputError(message, "Check the setting GENEKIN_SOURCE_FOLDER.")


def _folder_file(root: Path, path: Path) -> FolderFile | None:
    """Return a regular, visible file; None for links, which may lead out of the folder."""
    if path.name.startswith(".") or path.is_symlink() or not path.is_file():
        return None
    relative = str(path.relative_to(root))
    name = "".join(letter if letter.isprintable() else "?" for letter in relative)
    info = path.stat()
    return FolderFile(name, path, info.st_size, f"{info.st_mtime_ns} {info.st_size}")
