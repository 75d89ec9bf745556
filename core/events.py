"""Events of a process's work, for those who observe it: metrics and logs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

StoreName = Literal["database", "vectors"]


@dataclass(frozen=True, slots=True)
class StoreCall:
    """A call of a store.

    Attributes
    ----------
    failed
        True if it raised an error.
    """

    store: StoreName
    seconds: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A classification request: how many sequences, and how long it took."""

    queries: int
    seconds: float


Event: TypeAlias = StoreCall | Question
Observer = Callable[[Event], None]
_observers: list[Observer] = []


def observe(observer: Observer) -> None:
    """Call a function with all further events, in the threads in which they occur."""
    _observers.append(observer)


def report(event: Event) -> None:
    """Report an event to the observers."""
    for observer in _observers:
        observer(event)


@contextmanager
def timed_store_call(store: StoreName) -> Iterator[None]:
    """Report the block as one call of a store."""
    started, failed = time.monotonic(), True
    try:
        yield
        failed = False
    finally:
        report(StoreCall(store, time.monotonic() - started, failed))


@contextmanager
def timed_question(queries: int) -> Iterator[None]:
    """Report the block as one question, if it succeeds."""
    started = time.monotonic()
    yield
    report(Question(queries, time.monotonic() - started))
