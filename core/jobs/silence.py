"""Silence of other processes, told without their clocks.

A heartbeat is a value that changes. Whether it has changed lately is measured by the clock of this
process that never jumps, so neither a clock that is set nor one that differs makes a living process
look dead.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

_Name = TypeVar("_Name", bound=Hashable)

LOST_AFTER = 30.0
"""Seconds without a heartbeat after which a process is considered dead."""
_MAX_GAP = 5.0
"""Seconds between two looks, beyond which nothing is known: the database, or this process, was
away."""


class SilenceWatch(Generic[_Name]):
    """Heartbeats of others, and for how long each has been the same.

    Parameters
    ----------
    clock
        Monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[_Name, tuple[float, float]] = {}
        self._looked_at = clock()

    def silent(self, heartbeats: Mapping[_Name, float]) -> set[_Name]:
        """Return those whose heartbeat has not changed for :data:`LOST_AFTER` seconds."""
        now = self._clock()
        if now - self._looked_at > _MAX_GAP:
            self._seen.clear()
        self._looked_at = now
        seen = {}
        for name, beat in heartbeats.items():
            last, since = self._seen.get(name, (None, now))
            seen[name] = beat, since if beat == last else now
        self._seen = seen
        return {name for name, (_, since) in self._seen.items() if now - since >= LOST_AFTER}
