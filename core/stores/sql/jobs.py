"""Table of jobs: those of all processes of a deployment."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Double, Row, Select, delete, func, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from core.serialized import parse_json
from core.stores.errors import retry_on_deadlock
from core.stores.sql.database import Database
from core.stores.sql.schema import jobs
from core.stores.sql.tables import Tables, inserted_id, replace_surrogates, utc_now

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED, LOST = "done", "failed", "cancelled", "lost"
ACTIVE = (QUEUED, RUNNING)
"""States of a job that has not ended."""
MAX_JOBS = 200
"""Number of jobs to keep; active jobs are kept in any case."""

# Seconds since 1970 by one clock for all processes: that of the server, or of SQLite's machine.
_SQLITE_CLOCK = "((julianday('now') - 2440587.5) * 86400.0)"
_MYSQL_CLOCK = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job.

    Attributes
    ----------
    step
        Name of the current step; empty before the first report.
    done, total
        How much of the step is done, and of how much (sequences, bytes, or steps).
    rate
        Units per second; None until it is known.
    seconds_left
        Time until the step is finished; None until it is known.
    """

    step: str = ""
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Fraction of the step that is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job: long work in the background.

    Attributes
    ----------
    kind
        Such as ``"load"``.
    title
        Short description for the user, such as a file name.
    digest
        Digest of its inputs: no two active jobs of a library have the same.
    by
        The user who submitted it; may be empty.
    state
        ``queued``, ``running``, ``done``, ``failed``, ``cancelled``, or ``lost``: its process died.
    message, hint
        Why it failed or ended early, and what to do about it.
    result
        Its result as JSON; None unless it is done.
    cancel_asked
        True if a user requested its cancellation.
    owner
        The process that runs it.
    silence
        Seconds since the last heartbeat of its process, when this was read.
    submitted_at, started_at, finished_at
        UTC; a lost job finished when its loss was noticed.
    """

    id: int
    kind: str
    library: str
    title: str
    digest: str
    by: str
    owner: str
    submitted_at: datetime
    state: str = QUEUED
    progress: JobProgress = field(default_factory=JobProgress)
    message: str = ""
    hint: str = ""
    result: Any = None
    cancel_asked: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    silence: float = 0.0

    @property
    def active(self) -> bool:
        """True if it has not ended."""
        return self.state in ACTIVE


class JobTable(Tables):
    """Access to the jobs; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        clock = _SQLITE_CLOCK if database.engine.dialect.name == "sqlite" else _MYSQL_CLOCK
        self._clock = literal_column(clock, Double)

    def add(self, row: JobRow) -> int | None:
        """Add a job, ignoring its id; return its new id, or None if the same job is active.

        Ended jobs older than the last :data:`MAX_JOBS` are deleted.
        """
        values = {
            "kind": row.kind,
            "library": row.library,
            "title": row.title,
            "digest": row.digest,
            "by": row.by,
            "owner": row.owner,
            "submitted_at": row.submitted_at,
            "heartbeat": self._clock,
            "under_way": _exclusion_key(row),
            **_state_values(row),
        }
        job_id = self._add(values)
        self._delete_old()
        return job_id

    @retry_on_deadlock
    def _add(self, values: dict[str, Any]) -> int | None:
        with self._begin("adding a job") as connection:
            try:
                return inserted_id(connection.execute(insert(jobs).values(values)))
            except IntegrityError:  # An active job has the same key.
                return None

    @retry_on_deadlock
    def _delete_old(self) -> None:
        newest = select(jobs.c.id).order_by(jobs.c.id.desc())
        with self._begin("deleting old jobs") as connection:
            if last := connection.scalar(newest.offset(MAX_JOBS).limit(1)):
                old = (jobs.c.id <= last) & jobs.c.state.not_in(ACTIVE)
                connection.execute(delete(jobs).where(old))

    @retry_on_deadlock
    def save(self, row: JobRow) -> None:
        """Write the state and progress of a job; only its owner may."""
        values = {"heartbeat": self._clock, **_state_values(row)}
        if not row.active:
            values["under_way"] = None
        with self._begin("saving a job's progress") as connection:
            connection.execute(update(jobs).where(jobs.c.id == row.id).values(values))

    @retry_on_deadlock
    def send_heartbeat(self, owner: str) -> None:
        """Record that a process is alive."""
        owned = (jobs.c.owner == owner) & jobs.c.state.in_(ACTIVE)
        with self._begin("sending a heartbeat") as connection:
            connection.execute(update(jobs).where(owned).values(heartbeat=self._clock))

    @retry_on_deadlock
    def request_cancel(self, job_id: int) -> bool:
        """Request the cancellation of a job of any process; return False if it is not active."""
        still_active = (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE)
        with self._begin("cancelling a job") as connection:
            result = connection.execute(update(jobs).where(still_active).values(cancel_asked=True))
        return bool(result.rowcount)

    @retry_on_deadlock
    def mark_lost(self, ids: Sequence[int], message: str, hint: str) -> int:
        """Mark those of the jobs lost that are still active; return how many."""
        still_active = jobs.c.id.in_(ids) & jobs.c.state.in_(ACTIVE)
        values = {"state": LOST, "message": message, "hint": hint, "finished_at": utc_now()}
        with self._begin("marking lost jobs") as connection:
            query = update(jobs).where(still_active).values(values | {"under_way": None})
            return connection.execute(query).rowcount

    def get(self, job_id: int) -> JobRow | None:
        """Return the job with that id, or None."""
        rows = self._rows(select(*self._columns()).where(jobs.c.id == job_id))
        return rows[0] if rows else None

    def active(self) -> list[JobRow]:
        """Return the active jobs, oldest first."""
        query = select(*self._columns()).where(jobs.c.state.in_(ACTIVE)).order_by(jobs.c.id)
        return self._rows(query)

    def count_active(self) -> dict[str, int]:
        """Return the number of jobs in each state of those that have not ended."""
        query = (
            select(jobs.c.state, func.count())
            .where(jobs.c.state.in_(ACTIVE))
            .group_by(jobs.c.state)
        )
        with self._connect("counting the jobs") as connection:
            counts = {str(state): int(count) for state, count in connection.execute(query)}
        return {state: counts.get(state, 0) for state in ACTIVE}

    def recent(self, library: str | None = None) -> list[JobRow]:
        """Return the jobs of a library, or all jobs, newest first."""
        query = select(*self._columns()).order_by(jobs.c.id.desc())
        return self._rows(query if library is None else query.where(jobs.c.library == library))

    def _columns(self) -> list[Any]:
        return [*jobs.c, (self._clock - jobs.c.heartbeat).label("silence")]

    def _rows(self, query: Select[Any]) -> list[JobRow]:
        with self._connect("reading the jobs") as connection:
            return [_job_row(row) for row in connection.execute(query)]


def _exclusion_key(row: JobRow) -> str | None:
    """Return the key that only one active job can have."""
    if not row.active:
        return None
    return hashlib.sha256(json.dumps([row.library, row.digest]).encode()).hexdigest()


def _state_values(row: JobRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "message": replace_surrogates(row.message),
        "hint": replace_surrogates(row.hint),
        "result": json.dumps(row.result),
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "doing": replace_surrogates(row.progress.step),
        "done": row.progress.done,
        "total": row.progress.total,
        "rate": row.progress.rate,
        "seconds_left": row.progress.seconds_left,
    }


def _job_row(row: Row[Any]) -> JobRow:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    for internal in ("heartbeat", "under_way"):
        del values[internal]
    names = ("doing", "done", "total", "rate", "seconds_left")
    progress = JobProgress(*(values.pop(name) for name in names))
    try:
        values["result"] = parse_json(values["result"])
    except ValueError:
        values["result"] = None
        if values["state"] == DONE:
            values |= {"state": FAILED, "message": "Its result is damaged in the database."}
    return JobRow(progress=progress, **values)
