"""One writer a library at a time, across processes.

Milvus Lite takes no concurrent writers to a collection, and a load that finds another load's
pending rows must know whether that one is still at work or dead. So a writer holds a lock that
ends with its process: MySQL's named lock, or a locked file beside the SQLite database.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreError
from core.stores.database import plain_errors

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
