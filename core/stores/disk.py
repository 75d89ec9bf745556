"""Disk of the embedded stores: a guard before large writes, and a reserve for removals.

Removing data takes room of its own, for the logs of both stores. A file beside them keeps it: the
reserve, which is given up while something is removed or recovered on a disk that is almost full,
and made again afterwards.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from core.errors import StoreError

_log = logging.getLogger(__name__)

RESERVE_NAME = "reserve.bin"
_SCARCE = 4
"""The reserve is given up where less than so many times its size is free."""
_HINT = (
    "Make room on the disk, remove organisms or libraries that are not needed, or move GENEKIN_HOME"
    " to a larger disk."
)


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that an operation needs in the embedded stores.

    Attributes
    ----------
    labels, vectors
        In the tables, and in the collection.
    log
        In the log of the tables, at its largest.
    """

    labels: int
    vectors: int
    log: int


class Disk:
    """The disks of the embedded stores; nothing to guard where both are servers.

    Parameters
    ----------
    labels, vectors
        Folder of each embedded store; None for a server.
    reserve_bytes
        Size of the reserve on each disk; 0: none.

    Attributes
    ----------
    reserve_bytes
        Size of the reserve on each disk.
    """

    def __init__(self, labels: Path | None, vectors: Path | None, reserve_bytes: int) -> None:
        self._labels, self._vectors = labels, vectors
        self.reserve_bytes = reserve_bytes
        self._lent: dict[Path, int] = {}
        self._borrowers = 0
        self._lock = Lock()

    def require(self, room: Room, action: str) -> None:
        """Check that the disks have room for an operation, and for the reserve.

        Parameters
        ----------
        action
            Gerund for the message, such as ``"loading 9 sequences into 'lab'"``.

        Raises
        ------
        StoreError
            If one of them has not.
        """
        needed: dict[Path, int] = {}
        for folder, size in ((self._labels, room.labels + room.log), (self._vectors, room.vectors)):
            if folder is not None and size:
                first = next((other for other in needed if _same_disk(folder, other)), folder)
                needed[first] = needed.get(first, 0) + size
        for folder, size in needed.items():
            missing_reserve = self.reserve_bytes - _size(folder / RESERVE_NAME)
            free = shutil.disk_usage(folder).free - max(0, missing_reserve)
            if size > free:
                message = (
                    f"{action[0].upper()}{action[1:]} needs about {_megabytes(size)} on the disk of"
                    f" {folder}, which has {_megabytes(max(0, free))} free: it was not begun."
                )
                raise StoreError(message, _HINT)

    def free_bytes(self) -> dict[str, int]:
        """Return what is free on the disk of each embedded store, ``labels`` and ``vectors``."""
        folders = {"labels": self._labels, "vectors": self._vectors}
        return {
            name: shutil.disk_usage(folder).free
            for name, folder in folders.items()
            if folder is not None
        }

    @contextmanager
    def lent_reserve(self) -> Iterator[None]:
        """Give up the reserve, where room is scarce, until the end of the block."""
        with self._lock:
            self._borrowers += 1
            for folder in self._folders():
                self._give_up(folder)
        try:
            yield
        finally:
            with self._lock:
                self._borrowers -= 1
                if not self._borrowers:
                    self._make()

    def keep_reserve(self) -> None:
        """Make the reserve, where it is missing and there is room for it."""
        with self._lock:
            if not self._borrowers:
                self._make()

    def _folders(self) -> list[Path]:
        """Return a folder on each disk."""
        folders = [folder for folder in (self._labels, self._vectors) if folder and folder.is_dir()]
        if len(folders) > 1 and _same_disk(*folders):
            return folders[:1]
        return folders

    def _give_up(self, folder: Path) -> None:
        file = folder / RESERVE_NAME
        size = _size(file)
        if size and shutil.disk_usage(folder).free < _SCARCE * self.reserve_bytes:
            file.unlink(missing_ok=True)
            self._lent[folder] = size

    def _make(self) -> None:
        for folder in self._folders():
            free = shutil.disk_usage(folder).free
            # A nearly full disk is left to its user, but for what was taken from the reserve.
            size = (
                self.reserve_bytes
                if free >= 2 * self.reserve_bytes
                else min(self._lent.get(folder, 0), free)
            )
            if size > _size(folder / RESERVE_NAME):
                _allocate(folder / RESERVE_NAME, size)
        self._lent.clear()


def _allocate(file: Path, size: int) -> None:
    """Make a file that occupies `size` bytes; log a failure: the stores work without it."""
    try:
        with file.open("wb") as opened:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(opened.fileno(), 0, size)
            else:  # macOS
                opened.write(bytes(size))
    except OSError as error:
        _log.warning("the reserve %s cannot be made: %s", file, error.strerror)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
