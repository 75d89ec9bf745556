"""Time-outs of connections to a MySQL server."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from core.stores.errors import LOST_CONNECTION

SLOW_SECONDS = 1_800.0
"""Seconds that a server may take to answer what is known to take long, such as a large deletion."""
_MAX_FAILED_CHECKS = 3
"""Checks in a row after which a server is frozen, and not just busy."""
_REST_SECONDS = 1.0
"""Seconds after which a connection is tested before it is used again."""
_USED = "genekin used"
_MIN_SECONDS = 2.0
"""Shortest time-out of an answer: waiting for a lock takes up to a second (core.stores.locks)."""


def connect_options(timeout: float) -> dict[str, float]:
    """Return the time-outs of a connection, as arguments of PyMySQL.

    Without them, a server that is frozen, or a network that drops packets, blocks forever.
    """
    seconds = max(_MIN_SECONDS, timeout)
    return {
        "connect_timeout": max(1, int(timeout)),
        "read_timeout": seconds,
        "write_timeout": seconds,
    }


def test_after_rest(engine: Engine) -> None:
    """Test pooled connections before they are used, but not those used a moment ago."""

    @event.listens_for(engine, "checkin")
    def _note_use(_driver: Any, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _test(driver: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        used = record.info.get(_USED)
        if used is None or time.monotonic() - used < _REST_SECONDS:
            return
        try:
            driver.ping(reconnect=False)
        except Exception as error:
            raise DisconnectionError from error  # The pool makes a new one.


@contextmanager
def allow_slow_answers(connection: Connection) -> Iterator[None]:
    """Wait longer for the answers on a connection, until the end of the block.

    The pool has just tested the connection, so a server that is frozen is still found soon. One
    that freezes meanwhile is noticed too: until the end of the block, others connect to it now and
    then, and if it answers none of them, the connection ends. SQLite has no time-outs of answers.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    # PyMySQL reads these two before every packet, but has no public way to set them.
    usual = driver._read_timeout, driver._write_timeout
    driver._read_timeout = driver._write_timeout = SLOW_SECONDS
    ended = Event()
    arguments = (connection.engine, driver, usual[0], ended)
    Thread(target=_end_if_frozen, args=arguments, name="genekin-database", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        driver._read_timeout, driver._write_timeout = usual


def _end_if_frozen(engine: Engine, driver: Any, seconds: float, ended: Event) -> None:
    """End a connection if its server answers no other one for some time."""
    failed = 0
    while not ended.wait(seconds):
        failed = 0 if _answers(engine, seconds) else failed + 1
        if failed == _MAX_FAILED_CHECKS and not ended.is_set():
            with suppress(OSError, AttributeError):  # It has just ended.
                driver._sock.shutdown(socket.SHUT_RDWR)
            return


def _answers(engine: Engine, seconds: float) -> bool:
    """Tell whether a server answers a new connection, if only by refusing it."""
    arguments, options = engine.dialect.create_connect_args(engine.url)
    driver: Any = engine.dialect.dbapi
    try:
        driver.connect(*arguments, **{**options, **connect_options(seconds)}).close()
    except driver.Error as error:
        return error.args[0] not in LOST_CONNECTION
    return True
