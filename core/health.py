"""Health of a deployment: whether its stores answer, in bounded time, and what is left of the disk.

A store that hangs would hang whoever asks: every check runs in a thread of its own, is waited for
so long, and is not begun again before it has ended.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread

from core.errors import GeneKinError, LibraryError, StoreError
from core.library.manager import Libraries
from core.stores.sql.jobs import JobTable

_SECONDS = 3.0
"""Time that all checks together may take."""
_FRESH_SECONDS = 1.0
"""Time for which a result is given again: whoever asks often costs the stores nothing."""
DATABASE, VECTORS, LIBRARIES = "database", "vectors", "libraries"
JOBS, DISK = "jobs", "disk"
"""Names of the checks."""
Found = tuple[str, Mapping[str, int]]
"""Detail and numbers of a check."""


@dataclass(frozen=True, slots=True)
class Check:
    """Result of a check.

    Attributes
    ----------
    problem
        What is wrong, without addresses; empty if nothing is.
    detail
        What was found, such as a version.
    numbers
        What was counted, by name: jobs by their state, free bytes by store.
    """

    seconds: float
    problem: str = ""
    detail: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True if nothing is wrong."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Health:
    """Results of all checks by their names."""

    checks: Mapping[str, Check]

    @property
    def ready(self) -> bool:
        """True if questions can be answered."""
        return all(check.passed for check in self.checks.values())


class HealthChecks:
    """The checks of a deployment; safe to share between threads.

    Parameters
    ----------
    open_libraries
        Returns the opened libraries; a GeneKinError says why they cannot be opened.
    seconds
        Time to wait for the checks.
    """

    def __init__(self, open_libraries: Callable[[], Libraries], seconds: float = _SECONDS) -> None:
        self._open_libraries = open_libraries
        self._seconds = seconds
        self._running: dict[str, Future[Check]] = {}
        self._lock = Lock()
        self._last: Health | None = None
        self._checked_at = float("-inf")

    def run(self) -> Health:
        """Return the results of all checks, at most a second old."""
        with self._lock:
            if self._last is None or time.monotonic() - self._checked_at >= _FRESH_SECONDS:
                self._last = Health(self._run())
                self._checked_at = time.monotonic()
            return self._last

    def _run(self) -> dict[str, Check]:
        futures = {
            name: self._start(name, partial(_timed, check, self._open_libraries))
            for name, check in _CHECKS.items()
        }
        done, _ = wait(futures.values(), self._seconds)
        return {
            name: future.result() if future in done else self._timed_out(name)
            for name, future in futures.items()
        }

    def _start(self, name: str, check: Callable[[], Check]) -> Future[Check]:
        running = self._running.get(name)
        if running is not None and not running.done():
            return running
        future: Future[Check] = Future()
        self._running[name] = future
        # A daemon: a store that hangs must not keep the process from ending.
        Thread(
            target=lambda: future.set_result(check()), name=f"genekin-check-{name}", daemon=True
        ).start()
        return future

    def _timed_out(self, name: str) -> Check:
        return Check(self._seconds, f"No answer from the {name} for {self._seconds:g} s.")


def _timed(check: Callable[[Libraries], Found], open_libraries: Callable[[], Libraries]) -> Check:
    started = time.monotonic()
    problem = detail = ""
    numbers: Mapping[str, int] = {}
    try:
        detail, numbers = check(open_libraries())
    except GeneKinError as error:
        problem = error.redacted().message
    except Exception as error:  # noqa: BLE001  (a check that fails is a result, whatever it raises)
        problem = f"The check failed: {type(error).__name__}."
    return Check(time.monotonic() - started, problem, detail, numbers)


def _check_database(libraries: Libraries) -> Found:
    return libraries.stores.database.version(), {}


def _check_vectors(libraries: Libraries) -> Found:
    return libraries.stores.vectors.version(), {}


def _check_libraries(libraries: Libraries) -> Found:
    """Check that at least one library can be searched, if there are any.

    One that is damaged must not take the others away from everybody.
    """
    names = libraries.names()
    searchable = sum(_is_searchable(libraries, name) for name in names)
    if names and not searchable:
        raise LibraryError("No library can be searched.")
    return f"{searchable} of {len(names)} can be searched", {}


def _is_searchable(libraries: Libraries, name: str) -> bool:
    try:
        libraries.open(name)
        return libraries.stores.vectors.is_loaded(libraries.library_row(name).collection)
    except LibraryError:
        return False


def _check_jobs(libraries: Libraries) -> Found:
    counts = JobTable(libraries.stores.database).count_active()
    return ", ".join(f"{count} {state}" for state, count in counts.items()), counts


def _check_disk(libraries: Libraries) -> Found:
    """Check that more is free than the reserve for removals."""
    disk = libraries.stores.disk
    free = disk.free_bytes()
    if not free:
        return "the stores are servers", {}
    if min(free.values()) < disk.reserve_bytes:
        raise StoreError("The disk is almost full.")
    return f"{min(free.values()) // 1_000_000:,} MB free", free


_CHECKS: Mapping[str, Callable[[Libraries], Found]] = {
    DATABASE: _check_database,
    VECTORS: _check_vectors,
    LIBRARIES: _check_libraries,
    JOBS: _check_jobs,
    DISK: _check_disk,
}
