"""Worker: runs the jobs of a deployment, a few at a time.

Any number of workers share the queue. Each claims jobs in the database, where one of several that
try at once succeeds. Progress is kept in memory; one thread, the worker's, writes it to the
database, reads cancel requests from there, and starts jobs. So work never waits for the database,
and a database that is unavailable for a while fails no job.

The jobs of a worker that died are run again by another. That is safe: loads write stable ids, and
undo what was interrupted before they begin.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from core.access import Access, Role, User
from core.errors import GeneKinError, StoreError, UnavailableError
from core.jobs.job import MAX_ATTEMPTS, Job, Stop, Work
from core.jobs.kinds.base import JobContext
from core.jobs.kinds.registry import is_long, make_work
from core.jobs.order import startable
from core.jobs.silence import SilenceWatch
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.locks import ProcessLock
from core.stores.sql.job_files import JobFiles
from core.stores.sql.job_row import QUEUED, RUNNING, SUBMITTING, JobRow
from core.stores.sql.jobs import JobTable
from core.stores.sql.workers import WorkerTable

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.3
_HEARTBEAT_SECONDS = 3.0
_STORE_SECONDS = 30.0
"""Longest time between two attempts to reach a store that is away."""
_DIED = "GeneKin stopped unexpectedly each time this job was running."
_INPUT_LOST = "GeneKin stopped while the input of this job was saved."
_START_AGAIN = "Start it again."
_GIVE_BACK_SECONDS = 20.0
"""Seconds that jobs have to undo what they did, when the worker stops."""


class Worker:
    """A worker of this process.

    Parameters
    ----------
    slots
        Maximum number of jobs at a time. Jobs that usually take long leave one free for the others.
    grace
        Seconds that running jobs have to end when the worker is to stop; then they are given back.
    idle
        Seconds without any job after which the worker stops; None: never.
    stopped
        Stops the worker when it is set, as by a signal.

    Raises
    ------
    StoreError
        If the database fails.
    """

    def __init__(
        self,
        libraries: Libraries,
        settings: Settings,
        *,
        slots: int = 3,
        grace: float = 0.0,
        idle: float | None = None,
        stopped: threading.Event | None = None,
    ) -> None:
        database = libraries.stores.database
        self._libraries = libraries
        self._settings = settings
        self._slots = slots
        self._grace = grace
        self._idle = idle
        self._table, self._files = JobTable(database), JobFiles(database)
        self._workers = WorkerTable(database)
        self._lock = ProcessLock(database.engine)
        self._own: dict[int, Job] = {}
        self._silence = SilenceWatch[str]()
        self._input_silence = SilenceWatch[int]()
        self._stopping = stopped or threading.Event()
        self._wake = threading.Event()
        self._heartbeat_at = float("-inf")
        self._busy_at = time.monotonic()
        self._store = _StoreCheck(libraries)
        self._failing = False

    def stop(self) -> None:
        """End the worker; :meth:`run` returns when its jobs have ended or are given back."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Run jobs until the worker is stopped, or has been idle for long enough."""
        try:
            while not self._stopping.is_set() and not self._is_idle():
                self._try(self._update)
                self._wake.wait(_POLL_SECONDS)
                self._wake.clear()
        finally:
            self._leave()

    def _is_idle(self) -> bool:
        if self._own or self._idle is None:
            self._busy_at = time.monotonic()
            return False
        return time.monotonic() - self._busy_at > self._idle

    def _try(self, update: Callable[[], None]) -> None:
        try:
            update()
        except GeneKinError as error:
            if not self._failing:
                _log.warning("jobs cannot be stored at the moment: %s", error)
            self._failing = True
        except Exception:  # noqa: BLE001  (the worker must survive any error)
            _log.exception("internal error of the worker")
        else:
            self._failing = False

    def _update(self) -> None:
        """Exchange state with the table, and start jobs."""
        self._save()
        self._send_heartbeat()
        active = self._table.active()
        self._apply(active)
        self._requeue_lost(active)
        if not self._stopping.is_set() and self._store.is_available():
            self._start(active)

    def _save(self) -> None:
        """Write changed rows, and drop jobs that have ended."""
        for job in list(self._own.values()):
            row = job.unsaved_row()
            if row is None:
                continue
            if job.is_lost and row.state != RUNNING:
                del self._own[row.id]
            elif row.state == QUEUED:
                self._table.give_back(row, counted=job.store_was_away)
                if job.store_was_away:
                    self._store.suspect()
                del self._own[row.id]
            elif not self._table.save(row):
                job.stop(Stop.LOST)
            elif not row.active:
                del self._own[row.id]
            job.mark_saved(row)

    def _send_heartbeat(self) -> None:
        if time.monotonic() - self._heartbeat_at < _HEARTBEAT_SECONDS:
            return
        if not self._workers.send_heartbeat(self._lock.owner):
            self._workers.add(self._lock.owner)
        self._heartbeat_at = time.monotonic()

    def _apply(self, active: Sequence[JobRow]) -> None:
        """Apply cancel requests, limits of time, and the loss of jobs to other workers."""
        rows = {row.id: row for row in active}
        limit = self._settings.max_job_hours * 3600
        for job in list(self._own.values()):
            row = rows.get(job.row.id)
            if row is None or (row.owner, row.attempts) != (self._lock.owner, job.row.attempts):
                job.stop(Stop.LOST)
            elif row.cancel_asked:
                job.stop(Stop.CANCEL)
            elif job.seconds > limit:
                job.stop(Stop.TIME)

    def _requeue_lost(self, active: Sequence[JobRow]) -> None:
        """Queue the jobs of dead workers again, and end those that have been tried often enough."""
        heartbeats = {row.name: row.heartbeat for row in self._workers.all()}
        submitting = {row.id: row.heartbeat for row in active if row.state == SUBMITTING}
        silent = self._silence.silent(heartbeats)
        owners = {row.owner for row in active if row.state == RUNNING} | heartbeats.keys()
        for owner in owners - {self._lock.owner}:
            if owner not in heartbeats or self._is_dead(owner, is_silent=owner in silent):
                self._bury(owner, active)
        for number in self._input_silence.silent(submitting):
            self._table.mark_lost([number], "", _INPUT_LOST, _START_AGAIN)

    def _is_dead(self, owner: str, *, is_silent: bool) -> bool:
        return self._lock.is_dead(owner) if self._lock.tells_death else is_silent

    def _bury(self, owner: str, active: Sequence[JobRow]) -> None:
        """Take the jobs of a dead worker away from it."""
        owned = [row.id for row in active if row.owner == owner and row.state == RUNNING]
        requeued = self._table.requeue(owner, MAX_ATTEMPTS)
        lost = self._table.mark_lost(owned, owner, _DIED, _START_AGAIN)
        self._workers.remove(owner)
        if requeued or lost:
            _log.warning("a worker died: %d jobs queued again, %d lost", requeued, lost)

    def _start(self, active: Sequence[JobRow]) -> None:
        """Claim and start jobs in the order of the queue, as many as there are free slots."""
        for row in startable(active):
            if self._has_slot(row) and self._table.claim(row, self._lock.owner):
                claimed = self._table.get(row.id)
                if claimed is not None:
                    job = Job(claimed, self._work(claimed), self._wake.set)
                    self._own[row.id] = job
                    job.start()

    def _has_slot(self, row: JobRow) -> bool:
        long = sum(is_long(job.row.kind) for job in self._own.values())
        if is_long(row.kind) and long >= max(1, self._slots - 1):
            return False
        return len(self._own) < self._slots

    def _work(self, row: JobRow) -> Work:
        access = Access(User(row.by, Role(row.role or Role.NONE)))
        libraries = self._libraries.acting_as(access)
        context = JobContext(libraries, self._settings, row, self._files)
        return make_work(context, partial(self._table.arguments, row.id))

    def _leave(self) -> None:
        """Let running jobs end or give them back, then remove the worker."""
        self._stopping.set()
        self._wait_for_jobs(self._grace)
        for job in self._own.values():
            job.stop(Stop.GIVE_BACK)
        self._wait_for_jobs(_GIVE_BACK_SECONDS)
        try:
            for (
                job
            ) in self._own.values():  # They have not noticed; what they wrote is undone later.
                self._table.give_back(job.row, counted=False)
            self._workers.remove(self._lock.owner)
        except StoreError as error:
            _log.warning("the worker could not leave the queue: %s", error)
        self._lock.release()

    def _wait_for_jobs(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._own and time.monotonic() < deadline:
            self._try(self._update)
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()


class _StoreCheck:
    """Pause after a job has failed because a store was away: until both stores answer."""

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries
        self._delay = 0.0
        self._next = 0.0
        self._thread: threading.Thread | None = None

    def suspect(self) -> None:
        """Check the stores before the next job is started."""
        self._delay = self._delay or 1.0
        self._next = time.monotonic() + self._delay

    def is_available(self) -> bool:
        """Return whether jobs can be started; asks the stores, less often the longer they fail."""
        if not self._delay:
            return True
        if self._thread is None and time.monotonic() >= self._next:
            # In a thread: the worker must show that it is alive meanwhile.
            self._thread = threading.Thread(target=self._ask, daemon=True)
            self._thread.start()
        return False

    def _ask(self) -> None:
        try:
            for name in self._libraries.names():
                row = self._libraries.library_row(name)
                # Also a server that answers may still be loading its collections.
                self._libraries.stores.vectors.count(row.collection)
        except UnavailableError:
            self._delay = min(2 * self._delay, _STORE_SECONDS)
            self._next = time.monotonic() + self._delay
        except GeneKinError:
            self._delay = 0.0  # What is wrong with a library is for its next job to say.
        else:
            self._delay = 0.0
        self._thread = None
