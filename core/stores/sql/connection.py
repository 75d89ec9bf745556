"""Time-outs of connections to a MySQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

SLOW_SECONDS = 1_800.0
"""Seconds that a server may take to answer what is known to take long, such as a large deletion."""
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


@contextmanager
def allow_slow_answers(connection: Connection) -> Iterator[None]:
    """Wait longer for the answers on a connection, until the end of the block.

    The pool has just tested the connection, so a server that is frozen is still found soon. SQLite
    has no time-outs of answers.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    # PyMySQL reads these two before every packet, but has no public way to set them.
    usual = driver._read_timeout, driver._write_timeout
    driver._read_timeout = driver._write_timeout = SLOW_SECONDS
    try:
        yield
    finally:
        driver._read_timeout, driver._write_timeout = usual
