"""A disk of a few megabytes, and everything that fills it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Self

from tests.support.services import require

_AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
_FILLER = "filler"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount an empty disk, until the end of the block; skip the test where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(folder)]
    require(_failure([*_AS_ROOT, *mount]))
    try:
        yield folder
    finally:
        subprocess.run([*_AS_ROOT, "umount", "--lazy", str(folder)], check=True)


def _failure(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return f"no disk can be mounted: {error}"
    return f"no disk can be mounted: {done.stderr.strip()}" if done.returncode else None


def fill(folder: Path, leave: int = 0) -> None:
    """Fill a disk until only so many bytes are free."""
    with (folder / _FILLER).open("ab") as file:
        size = max(0, shutil.disk_usage(folder).free - leave)
        os.posix_fallocate(file.fileno(), file.tell(), max(1, size))


def make_room(folder: Path) -> None:
    """Remove what :func:`fill` wrote."""
    (folder / _FILLER).unlink()


class Usage:
    """Greatest number of bytes in use on a disk during a block, besides those before it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self.peak = 0

    def __enter__(self) -> Self:
        self._start = shutil.disk_usage(self._folder).used
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._end.wait(0.002):
            self._look()

    def _look(self) -> None:
        self.peak = max(self.peak, shutil.disk_usage(self._folder).used - self._start)
