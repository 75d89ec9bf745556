"""A job that this process runs: its work in a thread, and the row that others see."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from enum import Enum
from typing import Any

from core.errors import Cancelled, GeneKinError, UnavailableError
from core.jobs.progress import ProgressMeter
from core.log_context import log_context
from core.progress import Progress
from core.stores.sql.job_row import CANCELLED, DONE, FAILED, QUEUED, JobRow
from core.stores.sql.tables import utc_now

_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Number of times that a job is started, if its worker dies or a store goes away."""
JOB_CANCELLED = "The job was cancelled."
NO_RESULTS = "No results saved."
_SAVE_SECONDS = 0.5

Work = Callable[[Progress], object]
"""Long work. It reports its progress from one thread at a time; the report raises Cancelled when
the work must end. The result must be representable as JSON."""


class Stop(Enum):
    """Reason to end a job before its work is done."""

    CANCEL = "a user asked for it"
    TIME = "it took too long"
    GIVE_BACK = "its worker is to stop: another one will run it"
    LOST = "another worker has it"


class Job:
    """A job that this process runs.

    Parameters
    ----------
    row
        The job as claimed by this process.
    on_end
        Called when the job has ended, in its thread.

    Attributes
    ----------
    row
        Its current state; ``queued`` if another attempt is to be made.
    store_was_away
        True if it is queued again because a store could not be reached.
    """

    def __init__(self, row: JobRow, work: Work, on_end: Callable[[], None]) -> None:
        self.row = row
        self.store_was_away = False
        self._work = work
        self._on_end = on_end
        self._meter = ProgressMeter()
        self._stop: Stop | None = None
        self._saved = row
        self._saved_at = 0.0
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    @property
    def is_lost(self) -> bool:
        """True if another worker has it."""
        return self._stop is Stop.LOST

    def start(self) -> None:
        """Run the work in a thread of its own."""
        name = f"genekin-job-{self.row.id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self, reason: Stop) -> None:
        """End the job at its next progress report; the first reason counts, unless it is lost."""
        if self._stop is None or reason is Stop.LOST:
            self._stop = reason

    def unsaved_row(self) -> JobRow | None:
        """Return the row if it must be written now: a new state at once, progress every 0.5 s."""
        row, saved = self.row, self._saved
        if row is saved:
            return None
        recent = time.monotonic() - self._saved_at < _SAVE_SECONDS
        return None if saved.state == row.state and recent else row

    def mark_saved(self, row: JobRow) -> None:
        """Record that this row was written."""
        self._saved, self._saved_at = row, time.monotonic()

    def _run(self) -> None:
        with log_context(job=self.row.id, kind=self.row.kind, user=self.row.by):
            _log.info("job started")
            self._work_to_the_end()
            _log.info("job ended", extra={"state": self.row.state})

    def _work_to_the_end(self) -> None:
        try:
            result = _to_json_value(self._work(self._report))
        except Cancelled as error:
            self._end_stopped(error)
        except UnavailableError as error:
            self._try_again(error)
        except GeneKinError as error:
            self._fail(error)
        except BaseException as error:  # noqa: BLE001  (a thread's outermost layer)
            _log.error("internal error in job %d", self.row.id, exc_info=error)
            self._end(FAILED, "Internal error in GeneKin.", "See the log for details.")
        else:
            self._end(DONE, result=result)

    def _report(self, step: str, done: int, total: int) -> None:
        self.row = replace(self.row, progress=self._meter.update(step, done, total))
        if self._stop is not None:
            raise Cancelled(JOB_CANCELLED, NO_RESULTS)

    def _end_stopped(self, error: Cancelled) -> None:
        if self._stop in {Stop.GIVE_BACK, Stop.LOST}:
            self._end(QUEUED)
        elif self._stop is Stop.TIME:
            hint = "Split the work into smaller parts, or raise GENEKIN_MAX_JOB_HOURS."
            self._end(FAILED, "The job took too long.", hint)
        else:
            self._end(CANCELLED, error.message, error.hint)

    def _try_again(self, error: UnavailableError) -> None:
        """Queue the job again: the store may come back."""
        if self.row.attempts >= MAX_ATTEMPTS:
            self._fail(error)
            return
        _log.warning("job %d will be tried again: %s", self.row.id, error.log_text())
        self.store_was_away = True
        self._end(QUEUED)

    def _fail(self, error: GeneKinError) -> None:
        _log.warning("job %d failed: %s", self.row.id, error.log_text())
        public = error.redacted()  # Everyone who opens a page sees it.
        self._end(FAILED, public.message, public.hint)

    def _end(self, state: str, message: str = "", hint: str = "", result: Any = None) -> None:
        self.row = replace(
            self.row,
            state=state,
            message=message,
            hint=hint,
            result=result,
            finished_at=None if state == QUEUED else utc_now(),
        )
        self._on_end()


def _to_json_value(result: object) -> Any:
    """Convert a result to what JSON can hold: dataclasses to dicts, unknown types to text."""
    return json.loads(json.dumps(result, default=_to_serializable))


def _to_serializable(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return list(value) if isinstance(value, set | frozenset) else str(value)
