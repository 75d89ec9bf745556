"""Jobs: long work in the background, that every session and process can follow and cancel.

Work runs in threads of the process that was asked for it. What it says of itself is kept in memory
at once; one thread, the keeper, writes it to the database, reads there who is to be cancelled, and
starts what is next. So work never waits for the database, and a database that is away for a while
costs no job.
"""

import atexit
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass, replace
from typing import Any, Self

from core.errors import Cancelled, GeneKinError, InputError
from core.jobs.progress import ProgressMeter
from core.stores.locks import ProcessLock
from core.stores.sql.database import Database
from core.stores.sql.jobs import CANCELLED, DONE, FAILED, QUEUED, RUNNING, JobRow, JobTable
from core.stores.sql.tables import utc_now

_log = logging.getLogger(__name__)

LOST_AFTER = 30.0
"""Seconds of silence after which a process is taken for dead."""
_TICK = 0.5
_BEAT = 5.0

_ASKED = "It was cancelled."
_STOPPED = "GeneKin was stopped while this was under way."
_DIED = "GeneKin ended without warning while this was under way."
_UNDONE = "Nothing of it was kept."
_AGAIN = "Start it again."

Work = Callable[[Callable[[str, int, int], None]], object]
"""Long work. It calls what it is given, from one thread at a time, with what is being done, how
much of it is done, and of how much; that raises Cancelled when the work is to end."""


class Jobs:
    """The jobs of a deployment, and a bounded pool of threads for those of this process.

    Jobs of one library run one after the other, in the order they came, whichever processes they
    are in; those of different libraries run side by side. Safe to share between threads.

    Parameters
    ----------
    database
        Where jobs are kept; it has to stay open until :meth:`close`.
    workers
        Most jobs of this process that run at a time.

    Raises
    ------
    StoreError
        If the database fails; also from every method.
    """

    def __init__(self, database: Database, workers: int = 2) -> None:
        self._table = JobTable(database)
        self._presence = ProcessLock(database.engine)
        self._owner = self._presence.owner
        self._workers = workers
        self._mine: dict[int, _Job] = {}
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._closing, self._closed = threading.Event(), threading.Event()
        self._beat_at = 0.0
        self._wake.set()  # What another process left is looked at once, at the start.
        self._keeper = threading.Thread(target=self._keep, name="genekin-jobs", daemon=True)
        self._keeper.start()
        atexit.register(self.close)

    def submit(  # noqa: PLR0917
        self, kind: str, library: str, title: str, digest: str, work: Work, by: str = ""
    ) -> int:
        """Have work done in the background; returns the job's id.

        Parameters
        ----------
        kind
            A word, such as ``"load"``.
        library
            What it works on: jobs of one library wait for each other.
        title
            What the person calls it, such as the name of a file.
        digest
            Of all that the result depends on: of the same, one is under way at a time.
        work
            What to do; what it returns is kept as JSON, a dataclass as a dict.
        by
            Who asks for it.

        Raises
        ------
        InputError
            If the same is under way already, in whichever process.
        GeneKinError
            If this process is being stopped.
        """
        if self._closing.is_set():
            raise GeneKinError("GeneKin is being stopped.", "Try again in a minute.")
        self._read(self._table.active)  # What died must not stand in the way.
        row = JobRow(0, kind, library, title, digest, by, self._owner, utc_now())
        number = self._table.add(row)
        if number is None:
            raise InputError("The same is under way already.", "Its progress is among the jobs.")
        job = _Job(replace(row, id=number), work, self._wake.set)
        with self._changed:
            self._mine[number] = job
            if self._closing.is_set():
                job.stop(_STOPPED)
        self._wake.set()
        return number

    def cancel(self, job_id: int) -> bool:
        """Ask for the end of a job, whichever process it is in; False if it is not under way.

        One that runs ends when it next tells of its progress, and undoes what it did.
        """
        job = self._mine.get(job_id)
        if job and not job.row.active:
            return False  # It has ended, and the keeper has yet to write that down.
        asked = self._table.ask_to_cancel(job_id)
        if asked and job:
            job.stop(_ASKED)
        self._wake.set()
        return asked

    def get(self, job_id: int) -> JobRow | None:
        """The job with that id, as it is now; None if there is none, or it is long ago."""
        found = self._read(lambda: [self._table.get(job_id)])
        return found[0] if found else None

    def active(self) -> list[JobRow]:
        """The jobs under way, in the order they came."""
        return [row for row in self._read(self._table.active) if row.active]

    def recent(self, library: str | None = None) -> list[JobRow]:
        """The last jobs of a library, or of all, as they are now; the latest first."""
        return self._read(lambda: self._table.recent(library))

    def close(self, wait: float = 5.0) -> None:
        """Cancel the jobs of this process, and wait some seconds for their end."""
        atexit.unregister(self.close)
        with self._changed:
            self._closing.set()
            for job in self._mine.values():
                job.stop(_STOPPED)
            self._wake.set()
            self._changed.wait_for(lambda: not self._mine, wait)
        self._closed.set()
        self._wake.set()
        self._keeper.join(wait)
        self._presence.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, read: Callable[[], Sequence[JobRow | None]]) -> list[JobRow]:
        """The rows that are there, with what memory knows better, and the dead found out."""
        mine = dict(self._mine)  # Before the table: what is let go of meanwhile is newer here.
        rows = [row for row in read() if row]
        dead = [row.id for row in rows if self._is_dead(row)]
        if dead and self._table.mark_lost(dead, _DIED, _AGAIN):
            _log.warning("these jobs died with their process: %s", dead)
        found = [self._table.get(row.id) if row.id in dead else row for row in rows]
        return [mine[row.id].told(row) if row.id in mine else row for row in found if row]

    def _is_dead(self, row: JobRow) -> bool:
        if not row.active or row.owner == self._owner:
            return False
        return row.silence > LOST_AFTER or self._presence.is_gone(row.owner)

    # The keeper's

    def _keep(self) -> None:
        failing = False
        while not self._closed.is_set():
            self._wake.wait(_TICK if self._mine else None)
            self._wake.clear()
            try:
                self._tick()
            except Exception as error:  # noqa: BLE001  (it must outlive whatever a database does)
                if not failing:
                    _log.warning("the jobs cannot be kept for now: %s", error)
                failing = True
                time.sleep(_TICK)
            else:
                failing = False

    def _tick(self) -> None:
        """Bring the table up to memory, and the other way round."""
        self._save()
        active = [row for row in self._read(self._table.active) if row.active]
        self._follow(active)
        if not self._closing.is_set():
            self._start(active)
        self._save()
        if self._mine and time.monotonic() - self._beat_at >= _BEAT:
            self._table.beat(self._owner)
            self._beat_at = time.monotonic()

    def _save(self) -> None:
        """Write down what changed, and let go of what has ended."""
        for job in list(self._mine.values()):
            row = job.unsaved()
            if row is not None:
                self._table.save(row)
                job.saved(row)
            if row is not None and not row.active:
                with self._changed:
                    del self._mine[row.id]
                    self._changed.notify_all()

    def _follow(self, active: Iterable[JobRow]) -> None:
        """Stop what somebody wants stopped; take back what another process gave up for lost."""
        rows = {row.id: row for row in active}
        for job in list(self._mine.values()):
            row = rows.get(job.row.id)
            if row is None:
                job.forget_saved()
            elif row.cancel_asked:
                job.stop(_ASKED)
            job.end_if_waiting()

    def _start(self, active: Iterable[JobRow]) -> None:
        """Start the jobs whose turn it is: the first of its library, whoever's that is."""
        first: dict[str, int] = {}
        for row in active:
            first.setdefault(row.library, row.id)
        mine = list(self._mine.values())
        free = self._workers - sum(job.row.state == RUNNING for job in mine)
        waiting = [job for job in mine if job.row.state == QUEUED]
        ready = [job for job in waiting if first.get(job.row.library) == job.row.id]
        for job in ready[: max(0, free)]:
            job.start()


class _Job:
    """A job of this process. Its row is replaced as a whole, by the keeper until it is started."""

    def __init__(self, row: JobRow, work: Work, ended: Callable[[], None]) -> None:
        self.row = row
        self._work = work
        self._ended = ended
        self._meter = ProgressMeter()
        self._stop_for = ""
        self._before_end = row
        self._saved: JobRow | None = row
        self._saved_at = 0.0

    def told(self, row: JobRow) -> JobRow:
        """What is to be known of it, where the table has that row: its end once that is written.

        So whoever hears of the end finds it in the table, with all that waits for it.
        """
        now = self.row
        known = now.active or now is self._saved or not row.active
        return replace(now if known else self._before_end, cancel_asked=row.cancel_asked)

    def stop(self, reason: str) -> None:
        """Let the next word of progress be the last; the first reason counts."""
        self._stop_for = self._stop_for or reason

    def start(self) -> None:
        self.row = replace(self.row, state=RUNNING, started_at=utc_now())
        name = f"genekin-job-{self.row.id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def end_if_waiting(self) -> None:
        if self._stop_for and self.row.state == QUEUED:
            self._end(CANCELLED, self._stop_for, _UNDONE)

    def unsaved(self) -> JobRow | None:
        """What is to be written: a new state at once, progress twice a second."""
        row, saved = self.row, self._saved
        if row is saved:
            return None
        soon = time.monotonic() - self._saved_at < _TICK
        return None if soon and saved is not None and saved.state == row.state else row

    def saved(self, row: JobRow) -> None:
        self._saved, self._saved_at = row, time.monotonic()

    def forget_saved(self) -> None:
        self._saved = None

    def _run(self) -> None:
        try:
            result = _plain(self._work(self._progress))
        except Cancelled as error:
            self._end(CANCELLED, error.message, error.hint)
        except GeneKinError as error:
            _log.warning("the job %d failed: %s", self.row.id, error)
            self._end(FAILED, error.message, error.hint)
        except BaseException as error:  # noqa: BLE001  (a thread's outermost layer)
            self._fail(error)
        else:
            self._end(DONE, result=result)

    def _progress(self, doing: str, done: int, total: int) -> None:
        self.row = replace(self.row, progress=self._meter.read(doing, done, total))
        if self._stop_for:
            raise Cancelled(self._stop_for, _UNDONE)

    def _fail(self, error: BaseException) -> None:
        if not threading.main_thread().is_alive():  # Then threads cannot be had any more.
            self._end(CANCELLED, _STOPPED, _AGAIN)
            return
        _log.error("a defect, in the job %d", self.row.id, exc_info=error)
        self._end(FAILED, "Something went wrong inside GeneKin.", "The log says what.")

    def _end(self, state: str, message: str = "", hint: str = "", result: Any = None) -> None:
        self._before_end = self.row
        self.row = replace(
            self.row,
            state=state,
            message=message,
            hint=hint,
            result=result,
            finished_at=utc_now(),
        )
        self._ended()


def _plain(result: object) -> Any:
    """What work brought, as JSON has it: dataclasses as dicts, what is strange as text."""
    return json.loads(json.dumps(result, default=_plain_part))


def _plain_part(part: object) -> object:
    if is_dataclass(part) and not isinstance(part, type):
        return asdict(part)
    return list(part) if isinstance(part, set | frozenset) else str(part)
