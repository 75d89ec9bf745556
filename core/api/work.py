"""Work of requests: in threads that only the API uses, bounded for each user and for all."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from core.api.problems import ProblemError
from core.stores.availability import wait_once

_Result = TypeVar("_Result")

MAX_QUESTIONS = 128
MAX_USER_QUESTIONS = 64
"""Questions of all, and of one user, that are answered or wait for their turn."""
_QUICK_THREADS = 16
_FREE_BYTES = 1 << 20
"""Size up to which the body of a request counts for nothing."""


class BodyMemory:
    """Memory for the large bodies of all requests together."""

    def __init__(self) -> None:
        self._used = 0

    def hold(self, max_bytes: int) -> "HeldMemory":
        """Return the memory of one request, which gets more while all have less than this."""
        return HeldMemory(self, max_bytes)

    def release(self, size: int) -> None:
        """Count fewer bytes."""
        self._used -= size

    def grow(self, size: int, own: int, max_bytes: int) -> None:
        """Count more bytes of a request that has `own` ones; the only one may always have more.

        Raises
        ------
        ProblemError
            If other requests have the rest.
        """
        others = self._used - own
        if others and self._used + size > max_bytes:
            detail = "Other large bodies are being read at the moment."
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
        self._used += size


class HeldMemory:
    """Memory that the body of one request takes."""

    def __init__(self, memory: BodyMemory, max_bytes: int) -> None:
        self._memory = memory
        self._max_bytes = max_bytes
        self._size = self._counted = 0

    def take(self, size: int) -> None:
        """Take more of it.

        Raises
        ------
        ProblemError
            If other requests have it.
        """
        self._size += size
        if self._size > _FREE_BYTES:
            more = self._size - self._counted
            self._memory.grow(more, self._counted, self._max_bytes)
            self._counted += more

    def release(self) -> None:
        """Give it back."""
        self._memory.release(self._counted)
        self._size = self._counted = 0


class Work:
    """The threads of the API, and who uses them.

    Questions have threads of their own: however many wait for their turn, lists are answered. The
    threads of the pages are others.
    """

    def __init__(self) -> None:
        self.memory = BodyMemory()
        self._quick = CapacityLimiter(_QUICK_THREADS)
        self._long = CapacityLimiter(MAX_QUESTIONS)
        self._questions: Counter[str] = Counter()

    async def run_quick(self, function: Callable[[], _Result]) -> _Result:
        """Run in a thread what takes milliseconds."""
        return await to_thread.run_sync(_waiting_once, function, limiter=self._quick)

    async def run_long(self, function: Callable[[], _Result]) -> _Result:
        """Run in a thread what may take long, within :meth:`admit`."""
        return await to_thread.run_sync(_waiting_once, function, limiter=self._long)

    @contextmanager
    def admit(self, who: str) -> Iterator[None]:
        """Count a question of a user until the end of the block.

        Raises
        ------
        ProblemError
            If there are too many.
        """
        if self._questions[who] >= MAX_USER_QUESTIONS:
            detail = f"{MAX_USER_QUESTIONS} of your requests are being answered."
            raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail)
        if self._questions.total() >= MAX_QUESTIONS:
            detail = "Too many requests are being answered at the moment."
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
        self._questions[who] += 1
        try:
            yield
        finally:
            self._questions[who] -= 1
            self._questions += Counter()  # Forget those without any.


def _waiting_once(function: Callable[[], _Result]) -> _Result:
    with wait_once():
        return function()
