"""Rate and remaining time of long work."""

import time
from collections import deque
from collections.abc import Callable

from core.stores.sql.job_row import JobProgress

_WINDOW_SECONDS = 30.0
_MIN_SECONDS = 0.5
"""Shortest time from which to estimate a rate."""


class ProgressMeter:
    """Estimate of the rate over the last half minute, and of the time left.

    >>> clock = iter([0.0, 2.0])
    >>> meter = ProgressMeter(lambda: next(clock))
    >>> meter.update("Loading", 100, 1_000)
    JobProgress(step='Loading', done=100, total=1000, rate=None, seconds_left=None)
    >>> meter.update("Loading", 300, 1_000)
    JobProgress(step='Loading', done=300, total=1000, rate=100.0, seconds_left=7.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step = ""
        self._samples: deque[tuple[float, int]] = deque()

    def update(self, step: str, done: int, total: int) -> JobProgress:
        """Return the progress after a report; the estimate restarts with every step."""
        now = self._clock()
        if step != self._step or (self._samples and done < self._samples[-1][1]):
            self._step = step
            self._samples.clear()
        rate = self._estimate_rate(now, done)
        seconds_left = max(0, total - done) / rate if rate else None
        return JobProgress(step, int(done), int(total), rate, seconds_left)

    def _estimate_rate(self, now: float, done: int) -> float | None:
        samples = self._samples
        while len(samples) > 1 and samples[0][0] < now - _WINDOW_SECONDS:
            samples.popleft()
        if not samples or now - samples[-1][0] >= _MIN_SECONDS:
            samples.append((now, done))
        seconds = now - samples[0][0]
        return (done - samples[0][1]) / seconds if seconds >= _MIN_SECONDS else None
