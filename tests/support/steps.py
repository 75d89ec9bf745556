"""Write steps of an operation: each can kill the process, or fail as on a full disk.

A step is a change of a file below a folder (Python's own, and the files of Milvus Lite that are
written in C++), an SQL statement that writes, a commit, or a call that changes a collection. An
operation that runs alone takes the same steps each time, so that they can be counted first and then
tried in turn.
"""

import errno
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from milvus_lite.storage.wal import WAL
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from core.errors import StoreError
from core.stores.milvus.vectors import VectorStore

THOROUGH = bool(os.environ.get("TEST_THOROUGH"))
"""True if all faults are to be tried, and not just a spread."""
KILL, FULL, FAIL = "kill", "full", "fail"
"""The process is killed; all writes fail from this step on; only this one fails."""

_VECTOR_CALLS = (
    "create",
    "drop",
    "add_partition",
    "drop_partition",
    "upsert",
    "delete",
    "flush_and_index",
)
_REMOVALS = ("os.remove", "os.rmdir")
"""They need no room."""
_CHANGES = ("os.rename", "os.mkdir", "os.truncate", *_REMOVALS)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass
class Steps:
    """The steps taken, and the one at which something happens.

    Attributes
    ----------
    folder
        Files elsewhere are no steps.
    fault
        :data:`KILL`, :data:`FULL` or :data:`FAIL`; empty: the steps are only counted.
    step
        Number of the step, from 1.
    """

    folder: Path
    fault: str = ""
    step: int = 0
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def take(self, name: str, error: Callable[[], Exception]) -> None:
        """Take a step: count it, and let happen what is due."""
        with self._lock:
            self.taken.append(name)
            number = len(self.taken)
        if self.fault == KILL and number == self.step:
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith(_REMOVALS):
            return
        if (self.fault == FULL and number >= self.step) or (
            self.fault == FAIL and number == self.step
        ):
            raise error()


_active: Steps | None = None
_hooked = False


@contextmanager
def watched(steps: Steps) -> Iterator[Steps]:
    """Take a step at each write of this process, until the end of the block."""
    global _active, _hooked  # noqa: PLW0603  (an audit hook cannot be removed again)
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    with pytest.MonkeyPatch.context() as patch:
        _wrap(patch, os, "fsync", _no_space)
        _wrap(patch, pyarrow.parquet, "write_table", _no_space)
        for name in ("write_insert", "write_delete"):
            _wrap(patch, WAL, name, _no_space)
        for name in _VECTOR_CALLS:
            _wrap(patch, VectorStore, name, _full_store)
        event.listen(Engine, "before_cursor_execute", _execute)
        event.listen(Engine, "commit", _commit)
        _active = steps
        try:
            yield steps
        finally:
            _active = None
            event.remove(Engine, "before_cursor_execute", _execute)
            event.remove(Engine, "commit", _commit)


def spread(count: int, limit: int | None) -> list[int]:
    """Return the numbers from 1 to `count`, or at most `limit` of them, evenly spread."""
    if limit is None or count <= limit:
        return list(range(1, count + 1))
    return sorted({1 + round(index * (count - 1) / (limit - 1)) for index in range(limit)})


def _take(name: str, error: Callable[[], Exception]) -> None:
    if _active is not None:
        _active.take(name, error)


def _wrap(patch: pytest.MonkeyPatch, owner: Any, name: str, error: Callable[[], Exception]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def step(*arguments: Any, **options: Any) -> Any:
        _take(name, error)
        return original(*arguments, **options)

    patch.setattr(owner, name, step)


def _audit(name: str, arguments: tuple[Any, ...]) -> None:
    """Take a step where Python changes a file."""
    if _active is None or not (name == "open" or name in _CHANGES):
        return
    path = arguments[0]
    if not isinstance(path, str):
        return
    if name == "open":
        if not arguments[2] & _WRITING or not path.startswith(str(_active.folder)):
            return
    elif Path(path).is_absolute() and not path.startswith(str(_active.folder)):
        return  # Relative: a folder is being removed.
    _active.take(f"{name} {Path(path).name}", _no_space)


def _execute(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
        _take(" ".join(statement.split()[:3]), _full_database)


def _commit(_connection: Connection) -> None:
    _take("COMMIT", _full_database)


def _no_space() -> Exception:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full_store() -> Exception:
    return StoreError("The disk is full.")


def _full_database() -> Exception:
    return OperationalError("", None, sqlite3.OperationalError("database or disk is full"))
