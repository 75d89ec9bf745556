"""A job of this process: its work in a thread, and the row that others see."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from typing import Any

from core.errors import Cancelled, GeneKinError
from core.jobs.progress import ProgressMeter
from core.log_context import log_context
from core.progress import Progress
from core.stores.sql.jobs import CANCELLED, DONE, FAILED, QUEUED, RUNNING, JobRow
from core.stores.sql.tables import utc_now

_log = logging.getLogger(__name__)

SHUT_DOWN = "GeneKin was shut down while this job was running."
START_AGAIN = "Start it again."
_NO_RESULTS = "No results saved."
_SAVE_SECONDS = 0.5

Work = Callable[[Progress], object]
"""Long work. It reports its progress from one thread at a time; the report raises Cancelled when
the work must end. The result must be representable as JSON."""


class Job:
    """A job of this process.

    Only one thread at a time replaces its row: the scheduler's until the job starts, then its own.

    Parameters
    ----------
    row
        The job as added to the table.
    on_end
        Called when the job has ended, in the thread that ended it.
    """

    def __init__(self, row: JobRow, work: Work, on_end: Callable[[], None]) -> None:
        self.row = row
        self._work = work
        self._on_end = on_end
        self._meter = ProgressMeter()
        self._cancel_reason = ""
        self._row_before_end = row
        self._saved: JobRow | None = row
        self._saved_at = 0.0

    def merged_with(self, stored: JobRow) -> JobRow:
        """Return the job as others may see it, given its row in the table.

        The end of a job is visible only once it is stored, so that whoever sees the end also finds
        it in the table.
        """
        row = self.row
        end_is_stored = row is self._saved or not stored.active
        visible = row if row.active or end_is_stored else self._row_before_end
        return replace(visible, cancel_asked=stored.cancel_asked)

    def start(self) -> None:
        """Run the work in a thread of its own."""
        self.row = replace(self.row, state=RUNNING, started_at=utc_now())
        name = f"genekin-job-{self.row.id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def cancel(self, reason: str) -> None:
        """End the job at its next progress report; the first reason given counts."""
        self._cancel_reason = self._cancel_reason or reason

    def end_if_queued(self) -> None:
        """End a cancelled job that has not started."""
        if self._cancel_reason and self.row.state == QUEUED:
            self._end(CANCELLED, self._cancel_reason, _NO_RESULTS)

    def unsaved_row(self) -> JobRow | None:
        """Return the row if it must be written now: a new state at once, progress every 0.5 s."""
        row, saved = self.row, self._saved
        if row is saved:
            return None
        state_is_saved = saved is not None and saved.state == row.state
        recent = time.monotonic() - self._saved_at < _SAVE_SECONDS
        return None if state_is_saved and recent else row

    def mark_saved(self, row: JobRow) -> None:
        """Record that this row was written."""
        self._saved, self._saved_at = row, time.monotonic()

    def mark_unsaved(self) -> None:
        """Have the row written again."""
        self._saved = None

    def _run(self) -> None:
        with log_context(job=self.row.id, kind=self.row.kind, user=self.row.by):
            _log.info("job started")
            self._work_to_the_end()
            _log.info("job ended", extra={"state": self.row.state})

    def _work_to_the_end(self) -> None:
        try:
            result = _to_json_value(self._work(self._report))
        except Cancelled as error:
            self._end(CANCELLED, error.message, error.hint)
        except GeneKinError as error:
            _log.warning("job %d failed: %s", self.row.id, error.log_text())
            public = error.redacted()  # Everyone who opens a page sees it.
            self._end(FAILED, public.message, public.hint)
        except BaseException as error:  # noqa: BLE001  (a thread's outermost layer)
            self._fail(error)
        else:
            self._end(DONE, result=result)

    def _report(self, step: str, done: int, total: int) -> None:
        self.row = replace(self.row, progress=self._meter.update(step, done, total))
        self._check_cancelled()

    def _check_cancelled(self) -> None:
        if self._cancel_reason:
            raise Cancelled(self._cancel_reason, _NO_RESULTS)

    def _fail(self, error: BaseException) -> None:
        if not threading.main_thread().is_alive():  # Python starts no more threads at exit.
            self._end(CANCELLED, SHUT_DOWN, START_AGAIN)
            return
        _log.error("internal error in job %d", self.row.id, exc_info=error)
        self._end(FAILED, "Internal error in GeneKin.", "See the log for details.")

    def _end(self, state: str, message: str = "", hint: str = "", result: Any = None) -> None:
        self._row_before_end = self.row
        self.row = replace(
            self.row,
            state=state,
            message=message,
            hint=hint,
            result=result,
            finished_at=utc_now(),
        )
        self._on_end()


def _to_json_value(result: object) -> Any:
    """Convert a result to what JSON can hold: dataclasses to dicts, unknown types to text."""
    return json.loads(json.dumps(result, default=_to_serializable))


def _to_serializable(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return list(value) if isinstance(value, set | frozenset) else str(value)
