"""One writer a library at a time, across processes.

Milvus Lite takes no concurrent writers to a collection, and a load that finds another load's
pending rows must know whether that one is still at work or dead. So a writer holds a lock that
ends with its process: MySQL's named lock, or a locked file beside the SQLite database.

Which process a job belongs to, and whether that process is still there.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreError
from core.stores.sql.database import plain_errors

_POLL_SECONDS = 0.1


@contextmanager
def writing(engine: Engine, library: str, timeout: float) -> Iterator[None]:
    """Hold the library's write lock.

    Parameters
    ----------
    timeout
        Seconds to wait for another writer to finish.

    Raises
    ------
    StoreError
        If another writer still holds it by then, or the database cannot be reached.
    """
    # MySQL's named locks are shared by all databases of a server.
    scope = f"{engine.url.database}/{library}"
    name = "genekin-" + hashlib.sha256(scope.encode()).hexdigest()[:24]
    locked = _locked_file if engine.dialect.name == "sqlite" else _named_lock
    with ExitStack() as stack:
        with plain_errors(engine.url.render_as_string(), "locking the library"):
            got = stack.enter_context(locked(engine, name, timeout))
        if not got:
            message = f"Something else is being written to the library {library!r}."
            raise StoreError(message, "Wait until it is done, then try again.")
        yield


@contextmanager
def _named_lock(engine: Engine, name: str, timeout: float) -> Iterator[bool]:
    # The lock ends with its connection, so it must not go back to the pool.
    with engine.connect() as connection:
        arguments = {"name": name, "timeout": int(timeout)}
        got = connection.execute(text("SELECT GET_LOCK(:name, :timeout)"), arguments).scalar() == 1
        connection.rollback()
        try:
            yield got
        finally:
            # A server notices only later that a connection is gone; whoever is next need not wait.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
            connection.invalidate()


@contextmanager
def _locked_file(engine: Engine, name: str, timeout: float) -> Iterator[bool]:
    path = Path(str(engine.url.database) + f".{name}.lock")
    with path.open("w") as file:
        yield _lock_file(file.fileno(), time.monotonic() + timeout)


def _lock_file(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


class ProcessLock:
    """A name for this user of a database, that others can tell from a dead one's.

    Beside SQLite lies a file that is locked for as long as the process lives, so that its death is
    known at once. A server has no such file: there, only silence tells.

    Raises
    ------
    StoreError
        If the file cannot be made.
    """

    def __init__(self, engine: Engine) -> None:
        self.owner = uuid4().hex
        self._database = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = None
        if self._database:
            with plain_errors(engine.url.render_as_string(), "beginning to keep jobs"):
                self._file = self._path(self.owner).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_gone(self, owner: str) -> bool:
        """Whether that owner is known to be dead; False where it cannot be known."""
        if not self._database:
            return False
        try:
            with self._path(owner).open("r+") as file:
                # Shared, so that of several who look at once each sees the same.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        self._path(owner).unlink(missing_ok=True)
        return True

    def leave(self) -> None:
        """Be gone, for all others to see."""
        if self._file is not None:
            with suppress(OSError):
                self._path(self.owner).unlink(missing_ok=True)
            self._file.close()

    def _path(self, owner: str) -> Path:
        return Path(f"{self._database}.jobs-{owner}.lock")
