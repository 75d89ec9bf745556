"""How fast long work goes, and how long it will still take."""

import time
from collections import deque
from collections.abc import Callable

from core.stores.sql.jobs import JobProgress

_WINDOW = 30.0
_APART = 0.5


class ProgressMeter:
    """From what is done to a rate and the time left, over the last half minute.

    >>> clock = iter([0.0, 2.0])
    >>> meter = Meter(lambda: next(clock))
    >>> meter.read("Loading", 100, 1_000)
    JobProgress(doing='Loading', done=100, total=1000, rate=None, seconds_left=None)
    >>> meter.read("Loading", 300, 1_000)
    JobProgress(doing='Loading', done=300, total=1000, rate=100.0, seconds_left=7.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._doing = ""
        self._seen: deque[tuple[float, int]] = deque()

    def read(self, doing: str, done: int, total: int) -> JobProgress:
        """Progress, now that so much is done; the rate begins anew with another thing to do."""
        now = self._clock()
        if doing != self._doing or (self._seen and done < self._seen[-1][1]):
            self._doing = doing
            self._seen.clear()
        rate = self._rate(now, done)
        left = max(0, total - done) / rate if rate else None
        return JobProgress(doing, int(done), int(total), rate, left)

    def _rate(self, now: float, done: int) -> float | None:
        seen = self._seen
        while len(seen) > 1 and seen[0][0] < now - _WINDOW:
            seen.popleft()
        if not seen or now - seen[-1][0] >= _APART:
            seen.append((now, done))
        seconds = now - seen[0][0]
        return (done - seen[0][1]) / seconds if seconds >= _APART else None
