"""Idempotency keys: a request that a program sends again makes no second job."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from core.api.callers import Caller
from core.api.problems import ProblemError
from core.errors import InputError
from core.stores.sql.idempotency import IdempotencyTable, KeyRow
from core.stores.sql.tables import utc_now

HEADER = "Idempotency-Key"
MAX_KEY = 255
_KEPT = timedelta(days=1)
"""Time for which a key is known."""
_UNFINISHED = timedelta(minutes=30)
"""Time after which a request without a job must have died with its process."""


def submit_once(caller: Caller, key: str, request: str, submit: Callable[[], int]) -> int:
    """Return the job of a request: the first one with its key makes it.

    Parameters
    ----------
    key
        From the program, unique for its user.
    request
        Digest of all of the request.
    submit
        Makes the job.

    Raises
    ------
    ProblemError
        If the key was used for another request, or by one that has not made its job yet.
    """
    table = IdempotencyTable(caller.backend.libraries.stores.database)
    now = utc_now()
    table.delete_before(now - _KEPT, now - _UNFINISHED)
    row = KeyRow(_digest(caller.access.user.name, key), request, now)
    if not table.claim(row):
        earlier = table.get(row.key)
        if earlier is not None and (job := _repeated(caller, earlier, request)):
            return job
        if earlier is None or not table.claim_again(row, earlier):
            raise _in_progress()
    try:
        job = submit()
    except BaseException:
        table.release(row.key)
        raise
    table.set_job(row.key, job)
    return job


def check_key(key: str) -> None:
    """Check that a key is usable.

    Raises
    ------
    InputError
        If it is empty, too long, or not printable ASCII.
    """
    if not 0 < len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        message = f"The {HEADER} is invalid."
        raise InputError(message, f"Use 1 to {MAX_KEY} visible ASCII characters, such as a UUID.")


def _repeated(caller: Caller, earlier: KeyRow, request: str) -> int | None:
    """Return the job of an earlier use of a key; None if it is not known any more."""
    if earlier.request != request:
        detail = f"The {HEADER} was used for another request. Use a new one."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "key-reused", detail)
    if earlier.job is None:
        raise _in_progress()
    return earlier.job if caller.backend.jobs.get(earlier.job) else None


def _in_progress() -> ProblemError:
    detail = "The first request with this key has not been answered yet."
    headers = {"Retry-After": "5"}
    return ProblemError(HTTPStatus.CONFLICT, "key-in-progress", detail, headers=headers)


def _digest(user: str, key: str) -> str:
    return hashlib.sha256(f"{user}\0{key}".encode()).hexdigest()
