"""Locks between processes, which end with the process that holds them.

A writer locks its library: Milvus Lite takes no concurrent writers to a collection, and a writer
that finds the pending rows of another load must know whether that load is still running. A process
with jobs locks a file of its own, so that others see when it dies. On MySQL these are the server's
named locks; beside SQLite, locked files.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from core.errors import LockedError
from core.stores.errors import database_address, translate_errors

_POLL_SECONDS = 0.1


@contextmanager
def write_lock(engine: Engine, library: str, timeout: float) -> Iterator[None]:
    """Hold the write lock of a library.

    Parameters
    ----------
    timeout
        Seconds to wait for another writer to finish.

    Raises
    ------
    LockedError
        If another writer still holds it by then.
    StoreError
        If the database cannot be reached.
    """
    with ExitStack() as stack:
        with translate_errors(database_address(engine.url), "locking the library"):
            acquired = stack.enter_context(named_lock(engine, f"/{library}", timeout))
        if not acquired:
            message = f"Another process is writing to the library {library!r}."
            raise LockedError(message, "Wait until it is finished, then try again.")
        yield


def is_write_locked(engine: Engine, library: str) -> bool:
    """Return whether a writer holds the write lock of a library now.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    with (
        translate_errors(database_address(engine.url), "looking at the lock of the library"),
        named_lock(engine, f"/{library}", 0) as acquired,
    ):
        return not acquired


@contextmanager
def named_lock(engine: Engine, name: str, timeout: float) -> Iterator[bool]:
    """Hold a lock of a database by name; yield False if it is not free in `timeout` seconds."""
    # MySQL's named locks are shared by all databases of a server.
    scope = f"{engine.url.database}{name}"
    key = "genekin-" + hashlib.sha256(scope.encode()).hexdigest()[:24]
    lock = _file_lock if engine.dialect.name == "sqlite" else _server_lock
    with lock(engine, key, timeout) as acquired:
        yield acquired


@contextmanager
def _server_lock(engine: Engine, key: str, timeout: float) -> Iterator[bool]:
    # The lock ends with its connection, so the connection must not return to the pool.
    with engine.connect() as connection:
        acquired = _get_lock(connection, key, timeout)
        connection.rollback()
        try:
            yield acquired
        finally:
            # A server notices a closed connection late; release, so that the next need not wait.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT RELEASE_LOCK(:key)"), {"key": key})
            connection.invalidate()


def _get_lock(connection: Connection, key: str, timeout: float) -> bool:
    """Wait for a named lock, a second at a time: a server that is frozen meanwhile is noticed."""
    query = text("SELECT GET_LOCK(:key, :seconds)")
    deadline = time.monotonic() + timeout
    while True:
        waiting = time.monotonic() < deadline
        if connection.execute(query, {"key": key, "seconds": int(waiting)}).scalar() == 1:
            return True
        if not waiting:
            return False


@contextmanager
def _file_lock(engine: Engine, key: str, timeout: float) -> Iterator[bool]:
    attempts = Retrying(
        retry=retry_if_exception_type(BlockingIOError),
        wait=wait_fixed(_POLL_SECONDS),
        stop=stop_after_delay(timeout),
        retry_error_callback=lambda _: False,
    )
    with Path(f"{engine.url.database}.{key}.lock").open("w") as file:
        yield attempts(_lock_exclusively, file.fileno())


def _lock_exclusively(descriptor: int) -> bool:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


class ProcessLock:
    """Identity of this process towards others that use the database.

    Beside SQLite lies a file that stays locked while the process lives, so that its death is known
    at once. A server has no such file: there, only a missing heartbeat tells.

    Attributes
    ----------
    owner
        Unique name of this process.

    Raises
    ------
    StoreError
        If the file cannot be created.
    """

    def __init__(self, engine: Engine) -> None:
        self.owner = uuid4().hex
        self._database = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = None
        if self._database:
            with translate_errors(database_address(engine.url), "creating the process lock"):
                self._file = self._path(self.owner).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    @property
    def tells_death(self) -> bool:
        """True if the death of other processes is known at once."""
        return self._database is not None

    def is_dead(self, owner: str) -> bool:
        """Check if a process is known to be dead; False where that cannot be known."""
        if not self._database:
            return False
        try:
            with self._path(owner).open("r+") as file:
                # Shared, so that several processes can check at the same time.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        self._path(owner).unlink(missing_ok=True)
        return True

    def release(self) -> None:
        """Release the lock: for other processes, this one is dead from now on."""
        if self._file is not None:
            with suppress(OSError):
                self._path(self.owner).unlink(missing_ok=True)
            self._file.close()

    def _path(self, owner: str) -> Path:
        return Path(f"{self._database}.jobs-{owner}.lock")
