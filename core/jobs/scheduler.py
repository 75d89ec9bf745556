"""Scheduler of the jobs of a deployment.

Jobs run in threads of the process that received them. Their progress is kept in memory; one thread,
the scheduler's, writes it to the database, reads cancel requests from there, and starts queued
jobs. So work never waits for the database, and a database that is unavailable for a while fails no
job.
"""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Self

from core.errors import GeneKinError, InputError
from core.jobs.job import SHUT_DOWN, START_AGAIN, Job, Work
from core.stores.locks import ProcessLock
from core.stores.sql.database import Database
from core.stores.sql.jobs import QUEUED, RUNNING, JobRow, JobTable
from core.stores.sql.tables import utc_now

_log = logging.getLogger(__name__)

LOST_AFTER = 30.0
"""Seconds without a heartbeat after which a process is considered dead."""
_POLL_SECONDS = 0.5
_HEARTBEAT_SECONDS = 5.0

_CANCELLED = "The job was cancelled."
_DIED = "GeneKin stopped unexpectedly while this job was running."


class Jobs:
    """The jobs of a deployment, and a bounded number of threads for those of this process.

    Jobs of one library run one after the other in the order of submission, whichever process they
    belong to; jobs of different libraries run in parallel. Safe to share between threads.

    Parameters
    ----------
    database
        Database that stores the jobs; it must stay open until :meth:`close`.
    workers
        Maximum number of jobs of this process that run at a time.

    Raises
    ------
    StoreError
        If the database fails; also from every method.
    """

    def __init__(self, database: Database, workers: int = 2) -> None:
        self._table = JobTable(database)
        self._process_lock = ProcessLock(database.engine)
        self._owner = self._process_lock.owner
        self._workers = workers
        self._own: dict[int, Job] = {}
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._closing, self._closed = threading.Event(), threading.Event()
        self._heartbeat_at = 0.0
        self._wake.set()  # Look once for jobs that dead processes left.
        self._thread = threading.Thread(target=self._run, name="genekin-jobs", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def submit(  # noqa: PLR0917
        self, kind: str, library: str, title: str, digest: str, work: Work, by: str = ""
    ) -> int:
        """Queue work to run in the background, and return the job's id.

        Parameters
        ----------
        kind
            Such as ``"load"``.
        library
            Library that it works on: jobs of one library run one after the other.
        title
            Short description for the user, such as a file name.
        digest
            Digest of all inputs: no two active jobs of a library may have the same.
        work
            Function to run; its result is stored as JSON, a dataclass as a dict.
        by
            The user who submits it.

        Raises
        ------
        InputError
            If the same job is active already, in whichever process.
        GeneKinError
            If this process is shutting down.
        """
        if self._closing.is_set():
            raise GeneKinError("GeneKin is shutting down.", "Try again in a minute.")
        self._read(self._table.active)  # Marks jobs of dead processes lost, which free their key.
        row = JobRow(0, kind, library, title, digest, by, self._owner, utc_now())
        job_id = self._table.add(row)
        if job_id is None:
            raise InputError("This job is already running.", "See its progress in the job list.")
        job = Job(replace(row, id=job_id), work, self._wake.set)
        with self._changed:
            self._own[job_id] = job
            if self._closing.is_set():
                job.cancel(SHUT_DOWN)
        self._wake.set()
        return job_id

    def cancel(self, job_id: int) -> bool:
        """Request the cancellation of a job of any process; return False if it is not active.

        A running job ends at its next progress report, and undoes what it did.
        """
        job = self._own.get(job_id)
        if job and not job.row.active:
            return False  # It has ended, but that is not stored yet.
        requested = self._table.request_cancel(job_id)
        if requested and job:
            job.cancel(_CANCELLED)
        self._wake.set()
        return requested

    def get(self, job_id: int) -> JobRow | None:
        """Return the current state of a job, or None if there is none, or it was deleted."""
        rows = self._read(lambda: [self._table.get(job_id)])
        return rows[0] if rows else None

    def active(self) -> list[JobRow]:
        """Return the active jobs, oldest first."""
        return [row for row in self._read(self._table.active) if row.active]

    def recent(self, library: str | None = None) -> list[JobRow]:
        """Return the current state of the last jobs of a library, or of all, newest first."""
        return self._read(lambda: self._table.recent(library))

    def close(self, wait: float = 5.0) -> None:
        """Cancel the jobs of this process, and wait at most so many seconds for their end."""
        atexit.unregister(self.close)
        with self._changed:
            self._closing.set()
            for job in self._own.values():
                job.cancel(SHUT_DOWN)
            self._wake.set()
            self._changed.wait_for(lambda: not self._own, wait)
        self._closed.set()
        self._wake.set()
        self._thread.join(wait)
        self._process_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, query: Callable[[], Sequence[JobRow | None]]) -> list[JobRow]:
        """Return the rows of a query, lost jobs marked, with the newer state of own jobs."""
        own = dict(self._own)  # Before the query: a job removed meanwhile has newer state here.
        rows = [row for row in query() if row]
        dead = [row.id for row in rows if self._is_dead(row)]
        if dead and self._table.mark_lost(dead, _DIED, START_AGAIN):
            _log.warning("jobs lost with their process: %s", dead)
        current = [self._table.get(row.id) if row.id in dead else row for row in rows]
        return [own[row.id].merged_with(row) if row.id in own else row for row in current if row]

    def _is_dead(self, row: JobRow) -> bool:
        if not row.active or row.owner == self._owner:
            return False
        return row.silence > LOST_AFTER or self._process_lock.is_dead(row.owner)

    # The scheduler's thread

    def _run(self) -> None:
        failing = False
        while not self._closed.is_set():
            self._wake.wait(_POLL_SECONDS if self._own else None)
            self._wake.clear()
            try:
                self._update()
            except Exception as error:  # noqa: BLE001  (the thread must survive any database error)
                if not failing:
                    _log.warning("jobs cannot be stored at the moment: %s", error)
                failing = True
                time.sleep(_POLL_SECONDS)
            else:
                failing = False

    def _update(self) -> None:
        """Exchange state with the table, and start queued jobs."""
        self._save()
        active = [row for row in self._read(self._table.active) if row.active]
        self._apply(active)
        if not self._closing.is_set():
            self._start_queued(active)
        self._save()
        if self._own and time.monotonic() - self._heartbeat_at >= _HEARTBEAT_SECONDS:
            self._table.send_heartbeat(self._owner)
            self._heartbeat_at = time.monotonic()

    def _save(self) -> None:
        """Write changed rows, and drop jobs that have ended."""
        for job in list(self._own.values()):
            row = job.unsaved_row()
            if row is not None:
                self._table.save(row)
                job.mark_saved(row)
            if row is not None and not row.active:
                with self._changed:
                    del self._own[row.id]
                    self._changed.notify_all()

    def _apply(self, active: Iterable[JobRow]) -> None:
        """Apply cancel requests; reclaim jobs that another process marked lost."""
        rows = {row.id: row for row in active}
        for job in list(self._own.values()):
            row = rows.get(job.row.id)
            if row is None:
                job.mark_unsaved()
            elif row.cancel_asked:
                job.cancel(_CANCELLED)
            job.end_if_queued()

    def _start_queued(self, active: Iterable[JobRow]) -> None:
        """Start own jobs that are the first of their library among all processes."""
        first: dict[str, int] = {}
        for row in active:
            first.setdefault(row.library, row.id)
        own = list(self._own.values())
        free = self._workers - sum(job.row.state == RUNNING for job in own)
        queued = [job for job in own if job.row.state == QUEUED]
        ready = [job for job in queued if first.get(job.row.library) == job.row.id]
        for job in ready[: max(0, free)]:
            job.start()
