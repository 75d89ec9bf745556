"""Database errors: translated into plain words, and retried after a deadlock."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from tenacity import retry, retry_if_exception, stop_after_attempt

from core.errors import StoreError, UnavailableError
from core.stores.availability import watch

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_DEADLOCK = 1213
"""MySQL's ER_LOCK_DEADLOCK: the transaction was rolled back and may be retried."""
LOST_CONNECTION = frozenset({2002, 2003, 2005, 2006, 2013, 2014, 2055})
"""Errors of MySQL's client: no connection, or none any more."""
_REFUSED = frozenset({1040, 1044, 1045, 1049, 1129, 1130, 1203, 1226})
"""Errors of a MySQL server that refuses a connection."""
_MAX_ATTEMPTS = 5
TIMEOUT_HINT = "GENEKIN_STORE_TIMEOUT sets how long to wait."
_SERVER_HINT = "Check that it is running, and the setting GENEKIN_DATABASE_URL."
_MEANWHILE = "Until it is back, only Help works; jobs go on then."
_FOLDER_HINT = (
    "Check that its folder is writable and has free space, and the settings GENEKIN_HOME and"
    " GENEKIN_DATABASE_URL."
)
_DAMAGED = ("malformed", "not a database")
"""Words of SQLite for a file that it cannot read."""
_BACKUP_HINT = (
    "Restore the folder GENEKIN_HOME from a backup; or set GENEKIN_HOME to a new folder and import"
    " your exported libraries."
)
VECTORS_FOLDER_HINT = (
    "Check that its folder is writable and has free space, and the settings GENEKIN_HOME and"
    " GENEKIN_MILVUS_URI."
)


def database_address(url: URL) -> str:
    """Return the address of a database as messages show it: without password and options."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def translate_errors(address: str, action: str) -> Iterator[None]:
    """Raise errors of the database at `address` as StoreError, in plain words.

    Parameters
    ----------
    action
        Gerund for the message, such as ``"listing the libraries"``.
    """
    started = time.monotonic()
    with watch(address):
        try:
            yield
        # TypeError: SQLAlchemy passes unknown options of the URL to PyMySQL as arguments.
        except (SQLAlchemyError, OSError, TypeError) as error:
            raise _translate(error, address, action, time.monotonic() - started) from error


def _translate(error: Exception, address: str, action: str, seconds: float) -> StoreError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause.args[-1] if cause.args else cause).rstrip(".")
    message = f"The database {address} failed while {action}: {reason}."
    if address.startswith("sqlite"):
        if any(words in reason for words in _DAMAGED):
            public = "The database is damaged."
            message = f"The database {address} is damaged: {reason}."
            return StoreError(message, _BACKUP_HINT, public=public)
        return StoreError(message, _FOLDER_HINT, public=f"The database failed while {action}.")
    code = cause.args[0] if cause.args else None
    if code in LOST_CONNECTION and "timed out" in reason:
        message = f"The database {address} did not answer for {seconds:.0f} s while {action}."
        hint, public = f"{_SERVER_HINT} {TIMEOUT_HINT}", "The database does not answer."
        return UnavailableError(message, hint, public=public, meanwhile=_MEANWHILE)
    if code in LOST_CONNECTION | _REFUSED:
        public = "The database cannot be reached."
        if code in _REFUSED:
            public = "The database refuses the connection."
        return UnavailableError(message, _SERVER_HINT, public=public, meanwhile=_MEANWHILE)
    return StoreError(message, _SERVER_HINT, public=f"The database failed while {action}.")


def retry_on_deadlock(
    transaction: Callable[_Parameters, _Result],
) -> Callable[_Parameters, _Result]:
    """Retry a function, which must be a single transaction, after a MySQL deadlock."""
    return retry(
        retry=retry_if_exception(_is_deadlock),
        stop=stop_after_attempt(_MAX_ATTEMPTS),
        reraise=True,
    )(transaction)


def _is_deadlock(error: BaseException) -> bool:
    cause = getattr(error.__cause__, "orig", None)
    return isinstance(error, StoreError) and getattr(cause, "args", ())[:1] == (_DEADLOCK,)
