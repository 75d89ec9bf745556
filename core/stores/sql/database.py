"""A database through SQLAlchemy: MySQL by PyMySQL, or SQLite."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from core.events import StoreCall, report
from core.serialized import parse_json
from core.stores.errors import database_address, translate_errors
from core.stores.sql.connection import allow_slow_answers, connect_options, test_after_rest
from core.stores.sql.migrations import downgrade, upgrade

_SQLITE_SECONDS = 60
"""Seconds to wait for another process that writes."""
_SQLITE_LOG_BYTES = 4_000_000
"""Size to which the log is cut once its transactions are in the tables."""


class Database:
    """Pooled connections to a database with current tables; safe to share between threads.

    An empty database gets the tables, and one of an earlier version is upgraded.

    Parameters
    ----------
    url
        An SQLAlchemy URL of MySQL (``mysql+pymysql://``) or SQLite.
    timeout
        Seconds to wait for a server: to accept a connection, to show that a pooled one is alive,
        and to answer a query. Transactions may take longer, once their connection has shown that
        it is alive.

    Raises
    ------
    StoreError
        If the database cannot be reached, or was written by a newer version; also from every
        method.
    """

    def __init__(self, url: str, timeout: float) -> None:
        parsed = make_url(url)
        self.address = database_address(parsed)
        if parsed.get_backend_name() == "sqlite":
            with translate_errors(self.address, "opening it"):
                Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                parsed,
                json_deserializer=_read_json,
                hide_parameters=True,  # They are sequences and names.
                connect_args={"timeout": _SQLITE_SECONDS},
            )
            event.listen(self.engine, "connect", _configure_sqlite)
            self._readers = self.engine
        else:
            self.engine = _server_engine(parsed, timeout, pool_pre_ping=True)
            self._readers = _server_engine(
                parsed, timeout, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True
            )
            test_after_rest(self._readers)
        for engine in {self.engine, self._readers}:
            event.listen(engine, "before_cursor_execute", _note_start)
            event.listen(engine, "after_cursor_execute", _report_call)
            event.listen(engine, "handle_error", _report_failure)
        try:
            with translate_errors(self.address, "opening it"):
                upgrade(self.engine)
        except BaseException:
            self.close()
            raise

    def free_bytes(self) -> int:
        """Return the room that SQLite keeps for new rows in its file; 0 on a server."""
        if self.engine.dialect.name != "sqlite":
            return 0
        with self.connect("reading its size") as connection:
            pages = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            page_bytes = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return int(pages * page_bytes)

    def version(self) -> str:
        """Return the version of SQLite or of the server, which has to answer for it."""
        dialect = self.engine.dialect.name
        function = "sqlite_version()" if dialect == "sqlite" else "version()"
        with self.connect("reading its version") as connection:
            number = connection.exec_driver_sql(f"SELECT {function}").scalar_one()
        return f"SQLite {number}" if dialect == "sqlite" else str(number)

    def downgrade(self, revision: str) -> None:
        """Take the tables back to a revision; this version cannot use them then."""
        with translate_errors(self.address, "downgrading it"):
            downgrade(self.engine, revision)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._readers.dispose()

    @contextmanager
    def connect(self, action: str) -> Iterator[Connection]:
        """Open a connection for reading; `action` goes into error messages.

        Each query sees what is committed at its time, and takes a single message to a server and
        back: a page sends a dozen of them.
        """
        with translate_errors(self.address, action), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def scan(self, action: str) -> Iterator[Connection]:
        """Open a connection for queries that read whole organisms, which may take long."""
        with (
            translate_errors(self.address, action),
            self.engine.connect() as connection,
            allow_slow_answers(connection),
        ):
            yield connection

    @contextmanager
    def begin(self, action: str) -> Iterator[Connection]:
        """Begin a transaction, which may take long; `action` goes into error messages."""
        with self.scan(action) as connection, connection.begin():
            yield connection


def _server_engine(url: URL, timeout: float, **options: Any) -> Engine:
    return create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        json_deserializer=_read_json,
        hide_parameters=True,
        pool_recycle=3600,
        connect_args=connect_options(timeout),
        **options,
    )


def _note_start(_connection: Connection, *statement: object) -> None:
    context: Any = statement[3]
    if context is not None:
        context.genekin_started = time.monotonic()


def _report_call(_connection: Connection, *statement: object) -> None:
    _report(statement[3], failed=False)


def _report_failure(failure: ExceptionContext) -> None:
    _report(failure.execution_context, failed=True)


def _report(context: object, *, failed: bool) -> None:
    """Report a statement; one without a context is that of a connection that was not made."""
    started = getattr(context, "genekin_started", None)
    seconds = 0.0 if started is None else time.monotonic() - started
    report(StoreCall("database", seconds, failed))


def _read_json(text: str | bytes) -> Any:
    """Return the value of a column of JSON; None, which no schema accepts, if it is damaged.

    So one damaged row does not prevent the others from being read.
    """
    try:
        return parse_json(text)
    except ValueError:
        return None


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


# When several connections switch a new database to WAL, SQLite refuses all but one at once, without
# its usual wait.
@retry(
    retry=retry_if_exception(_is_busy),
    stop=stop_after_delay(_SQLITE_SECONDS),
    wait=wait_random(0.01, 0.05),
    reraise=True,
)
def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"journal_size_limit = {_SQLITE_LOG_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
