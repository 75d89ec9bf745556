"""Database errors: translated into plain words, and retried after a deadlock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from tenacity import retry, retry_if_exception, stop_after_attempt

from core.errors import StoreError

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_DEADLOCK = 1213
"""MySQL's ER_LOCK_DEADLOCK: the transaction was rolled back and may be retried."""
_MAX_ATTEMPTS = 5
_SERVER_HINT = "Check that it is running, and the setting GENEKIN_DATABASE_URL."
_FOLDER_HINT = (
    "Check that its folder is writable and has free space, and the settings GENEKIN_HOME and"
    " GENEKIN_DATABASE_URL."
)
VECTORS_FOLDER_HINT = (
    "Check that its folder is writable and has free space, and the settings GENEKIN_HOME and"
    " GENEKIN_MILVUS_URI."
)


@contextmanager
def translate_errors(address: str, action: str) -> Iterator[None]:
    """Raise errors of the database at `address` as StoreError, in plain words.

    Parameters
    ----------
    action
        Gerund for the message, such as ``"listing the libraries"``.
    """
    try:
        yield
    # TypeError: SQLAlchemy passes unknown options of the URL to PyMySQL as arguments.
    except (SQLAlchemyError, OSError, TypeError) as error:
        cause = getattr(error, "orig", None) or error
        reason = str(cause.args[-1] if cause.args else cause).rstrip(".")
        message = f"The database {address} failed while {action}: {reason}."
        hint = _FOLDER_HINT if address.startswith("sqlite") else _SERVER_HINT
        raise StoreError(message, hint) from error


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
