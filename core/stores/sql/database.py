"""A database through SQLAlchemy: MySQL by PyMySQL, or SQLite; errors in plain words."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from core.errors import StoreError
from core.stores.sql.schema import metadata

_Made = TypeVar("_Made")
_Given = ParamSpec("_Given")

_DEADLOCK = 1213
"""MySQL's ER_LOCK_DEADLOCK: the transaction was rolled back and may be tried again."""
_DEADLOCK_TRIES = 5
_SERVER_HINT = "Check that it is running, and the setting GENEKIN_DATABASE_URL."
_FOLDER_HINT = (
    "Check that its folder can be written and has room, and the settings GENEKIN_HOME and"
    " GENEKIN_DATABASE_URL."
)


class Database:
    """Pooled connections to a database that has the tables; safe to share between threads.

    Parameters
    ----------
    url
        An SQLAlchemy URL of MySQL (``mysql+pymysql://``) or SQLite.
    timeout
        Seconds to wait for a server to accept a connection.

    Raises
    ------
    StoreError
        If the database cannot be reached; also from every method.
    """

    def __init__(self, url: str, timeout: float) -> None:
        parsed = make_url(url)
        self.address = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite":
            with self._plain_errors("opening it"):
                Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(parsed, connect_args={"timeout": 60})
            event.listen(self.engine, "connect", _configure_sqlite)
        else:
            self.engine = create_engine(
                parsed.update_query_dict({"charset": "utf8mb4"}),
                pool_pre_ping=True,
                pool_recycle=3600,
                connect_args={"connect_timeout": max(1, int(timeout))},
            )
        with self._plain_errors("opening it"):
            metadata.create_all(self.engine)
            _add_missing_columns(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """A connection to read with; `doing` goes into error messages."""
        with self._plain_errors(doing), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, doing: str) -> Iterator[Connection]:
        """A transaction; `doing` goes into error messages."""
        with self._plain_errors(doing), self.engine.begin() as connection:
            yield connection

    def _plain_errors(self, doing: str) -> AbstractContextManager[None]:
        return plain_errors(self.address, doing)


@contextmanager
def plain_errors(address: str, doing: str) -> Iterator[None]:
    """Whatever a database at `address` raises, as a StoreError that says so in plain words."""
    try:
        yield
    except (SQLAlchemyError, OSError, TypeError) as error:  # PyMySQL's options come as arguments.
        cause = getattr(error, "orig", None) or error
        reason = str(cause.args[-1] if cause.args else cause).rstrip(".")
        message = f"The database {address} failed while {doing}: {reason}."
        hint = _FOLDER_HINT if address.startswith("sqlite") else _SERVER_HINT
        raise StoreError(message, hint) from error


def _add_missing_columns(engine: Engine) -> None:
    """Bring tables of an earlier version up to date: what came later may be empty."""
    there = inspect(engine).get_multi_columns(filter_names=list(metadata.tables))
    for (_, name), columns in there.items():
        table = metadata.tables[name]
        known = {column["name"] for column in columns}
        for column in table.columns:
            if column.name not in known:
                definition = CreateColumn(column).compile(dialect=engine.dialect)
                statement = f"ALTER TABLE {table.name} ADD COLUMN {definition}"
                with engine.begin() as connection:
                    connection.exec_driver_sql(statement.replace("%", "%%"))


def _configure_sqlite(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def retry_on_deadlock(
    method: Callable[_Given, _Made],
) -> Callable[_Given, _Made]:
    """A method that is one whole transaction, done again where it was a deadlock's victim."""

    @wraps(method)
    def again(*given: _Given.args, **options: _Given.kwargs) -> _Made:
        return run_with_deadlock_retry(lambda: method(*given, **options))

    return again


def run_with_deadlock_retry(work: Callable[[], _Made]) -> _Made:
    """`work`, a whole transaction, done again where MySQL chose it as a deadlock's victim."""
    for _ in range(_DEADLOCK_TRIES - 1):
        try:
            return work()
        except StoreError as error:
            cause = getattr(error.__cause__, "orig", None)
            if not (cause and cause.args and cause.args[0] == _DEADLOCK):
                raise
    return work()
