"""Failed sign-ins of the last minutes, which limit further attempts."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from cachetools import TTLCache

WINDOW_SECONDS = 900.0
"""Time for which a failure counts, after the last one."""
MAX_PER_NAME, MAX_PER_ADDRESS = 10, 50
"""Failures after which attempts with a user's name, or from an address, are refused."""
_MAX_KEYS = 100_000


class Attempts:
    """Failed sign-ins by name and by address; safe to share between threads.

    They are kept in memory, whether or not a user has the name: so nobody learns which names there
    are, and a password that was typed as a name is stored nowhere.

    Parameters
    ----------
    clock
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._failures: TTLCache[tuple[str, str], int] = TTLCache(_MAX_KEYS, WINDOW_SECONDS, clock)
        self._lock = Lock()

    def allowed(self, name: str, address: str) -> bool:
        """Return whether another attempt is allowed."""
        with self._lock:
            return (
                self._failures.get(("name", name), 0) < MAX_PER_NAME
                and self._failures.get(("address", address), 0) < MAX_PER_ADDRESS
            )

    def fail(self, name: str, address: str) -> None:
        """Count a failed attempt."""
        with self._lock:
            for key in (("name", name), ("address", address)):
                self._failures[key] = self._failures.get(key, 0) + 1

    def succeed(self, name: str) -> None:
        """Forget the failures of a name whose user has signed in."""
        with self._lock:
            self._failures.pop(("name", name), None)
