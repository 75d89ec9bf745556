"""Availability of the stores: logged when it changes, and waited for once.

A store that is down fails every call, and each of them waits for its time-out. Within
:func:`wait_once`, only the first call waits, and the others fail at once with its error.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from core.errors import UnavailableError

_log = logging.getLogger(__name__)
_down: dict[str, str] = {}
"""Addresses of the stores that are down for this process, with the reference in the log."""
_lock = Lock()
_found_down: ContextVar[dict[str, UnavailableError] | None] = ContextVar(
    "stores found down", default=None
)


@contextmanager
def wait_once() -> Iterator[None]:
    """Wait at most once for each store until the end of the outermost such block."""
    if _found_down.get() is not None:
        yield
        return
    token = _found_down.set({})
    try:
        yield
    finally:
        _found_down.reset(token)


@contextmanager
def watch(address: str) -> Iterator[None]:
    """Record whether the store at this address is available, by the outcome of the block.

    Raises
    ------
    UnavailableError
        At once, if the store was found down within the current :func:`wait_once`.
    """
    found_down = _found_down.get()
    if found_down and (known := found_down.get(address)):
        raise known
    try:
        yield
    except UnavailableError as error:
        if found_down is not None:
            found_down[address] = error
        _record_down(address, error)
        raise
    if address in _down:
        _record_up(address)


def _record_down(address: str, error: UnavailableError) -> None:
    with _lock:
        is_new = address not in _down
        error.reference = _down.setdefault(address, error.reference)
    if is_new:
        _log.warning("%s", error.log_text())


def _record_up(address: str) -> None:
    with _lock:
        reference = _down.pop(address, None)
    if reference:
        _log.warning("[%s] %s is available again.", reference, address)
