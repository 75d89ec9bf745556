"""Turns: a bounded number of questions at a time, in fair order."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from core.errors import GeneKinError

_SILENT_SECONDS = 1.0
"""Seconds that one waits before being told one's position."""
_TELL_SECONDS = 0.5
_Ticket = tuple[object, str]


class BusyError(GeneKinError):
    """Too many questions are being answered."""


class Turns:
    """Slots for questions, taken in turns; safe to share between threads.

    A free slot goes to who has the fewest questions being answered, of them to who came first.

    Parameters
    ----------
    slots
        Questions answered at a time.
    patience
        Seconds to wait for a slot.
    """

    def __init__(self, slots: int, patience: float = 60.0) -> None:
        self._slots = slots
        self._patience = patience
        self._running: Counter[str] = Counter()
        self._waiting: list[_Ticket] = []
        self._changed = threading.Condition()

    @contextmanager
    def take(self, who: str, on_wait: Callable[[int], None] = lambda _: None) -> Iterator[None]:
        """Hold a slot until the end of the block.

        Parameters
        ----------
        on_wait
            Called from time to time, after the first second of waiting, with the position in the
            queue, from 1.

        Raises
        ------
        BusyError
            If none is free in time.
        """
        ticket = object(), who
        with self._changed:
            self._waiting.append(ticket)
        try:
            self._wait(ticket, on_wait)
        except BaseException:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
            raise
        try:
            yield
        finally:
            with self._changed:
                self._running[who] -= 1
                self._running += Counter()  # Forget those without any.
                self._changed.notify_all()

    def _wait(self, ticket: _Ticket, on_wait: Callable[[int], None]) -> None:
        """Wait for a slot, and take it."""
        started = time.monotonic()
        seconds = _SILENT_SECONDS
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._is_next(ticket), seconds):
                    self._waiting.remove(ticket)
                    self._running[ticket[1]] += 1
                    self._changed.notify_all()
                    return
                position = self._position(ticket)
            if time.monotonic() - started >= self._patience:
                message = "Too many questions are being answered at the moment."
                raise BusyError(message, "Try again in a minute.")
            on_wait(position)
            seconds = _TELL_SECONDS

    def _is_next(self, ticket: _Ticket) -> bool:
        return self._running.total() < self._slots and self._position(ticket) == 1

    def _position(self, ticket: _Ticket) -> int:
        turns = self._running.copy()
        order = []
        for arrival, (waiting, who) in enumerate(self._waiting):
            order.append((turns[who], arrival, waiting))
            turns[who] += 1
        order.sort(key=lambda entry: entry[:2])
        return 1 + [waiting for *_, waiting in order].index(ticket[0])


@cache
def process_turns(slots: int) -> Turns:
    """Return the turns that all questions of this process take, from whichever side they come."""
    return Turns(slots)
