"""Table of jobs: those of a deployment, whichever process runs them."""

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.serialized import parse_json
from core.stores.errors import retry_on_deadlock
from core.stores.sql.clock import clock
from core.stores.sql.database import Database
from core.stores.sql.job_row import (
    ACTIVE,
    CANCELLED,
    DONE,
    FAILED,
    LOST,
    QUEUED,
    RUNNING,
    SUBMITTING,
    WAITING,
    JobProgress,
    JobRow,
)
from core.stores.sql.schema import job_files, jobs
from core.stores.sql.tables import Tables, inserted_id, replace_surrogates, utc_now

MAX_JOBS = 200
"""Number of jobs to keep; active jobs are kept in any case."""
_COLUMNS = [
    column for column in jobs.c if column.name not in {"under_way", "running_in", "arguments"}
]

_SERVED = (
    select(jobs.c.submitter, func.max(jobs.c.started_at).label("served_at"))
    .group_by(jobs.c.submitter)
    .subquery()
)
"""Start of the last job of each submitter."""
_REQUEUED = {
    "state": QUEUED,
    "owner": "",
    "running_in": None,
    "started_at": None,
    "done": 0,
    "total": 0,
    "rate": None,
    "seconds_left": None,
}
"""Values of a job that will start anew; its last step stays, to be seen."""


class JobTable(Tables):
    """Access to the jobs; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._clock = clock(database)

    # For those who submit jobs

    def add(self, row: JobRow, arguments: str = "{}") -> int | None:
        """Add a job, ignoring its id; return its new id, or None if the same job is active.

        Ended jobs older than the last :data:`MAX_JOBS` are deleted.

        Parameters
        ----------
        arguments
            Those of its kind, as JSON.
        """
        values = {
            "kind": row.kind,
            "library": row.library,
            "title": row.title,
            "digest": row.digest,
            "by": row.by,
            "owner": row.owner,
            "submitter": row.submitter,
            "role": row.role,
            "awaits": row.awaits,
            "attempts": row.attempts,
            "submitted_at": row.submitted_at,
            "heartbeat": self._clock,
            "under_way": _exclusion_key(row),
            "running_in": _running_key(row.library) if row.state == RUNNING else None,
            "arguments": arguments,
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
    def finish_submitting(self, job_id: int) -> bool:
        """Queue a job whose input is complete; return False if it was cancelled meanwhile."""
        submitting = (jobs.c.id == job_id) & (jobs.c.state == SUBMITTING)
        with self._begin("submitting a job") as connection:
            query = update(jobs).where(submitting).values(state=QUEUED)
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def request_cancel(self, job_id: int, message: str, hint: str) -> bool:
        """Cancel a job that is waiting, or ask its worker to; return False if it is not active."""
        still_active = (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE)
        with self._begin("cancelling a job") as connection:
            asked = update(jobs).where(still_active).values(cancel_asked=True)
            found = connection.execute(asked).rowcount
            waiting = (jobs.c.id == job_id) & jobs.c.state.in_(WAITING)
            _end(connection, [job_id], waiting, CANCELLED, message, hint)
        return bool(found)

    # For workers

    @retry_on_deadlock
    def claim(self, row: JobRow, owner: str) -> bool:
        """Start a queued job; return False if another worker has it, or a job of its library runs.

        Of any number of workers that try at once, one succeeds.
        """
        queued = (jobs.c.id == row.id) & (jobs.c.state == QUEUED)
        values = {
            "state": RUNNING,
            "owner": owner,
            "running_in": _running_key(row.library),
            "started_at": utc_now(),
            "attempts": row.attempts + 1,
        }
        with self._begin("starting a job") as connection:
            try:
                return bool(connection.execute(update(jobs).where(queued).values(values)).rowcount)
            except IntegrityError:
                return False

    @retry_on_deadlock
    def save(self, row: JobRow) -> bool:
        """Write the state and progress of a running job; return False if its owner lost it.

        With the end of a job, its files are deleted.
        """
        values = _state_values(row)
        if not row.active:
            values |= {"under_way": None, "running_in": None}
        with self._begin("saving a job's progress") as connection:
            saved = bool(
                connection.execute(update(jobs).where(_owned(row)).values(values)).rowcount
            )
            if saved and not row.active:
                _delete_files(connection, [row.id])
        return saved

    @retry_on_deadlock
    def give_back(self, row: JobRow, *, counted: bool) -> bool:
        """Queue a running job again; return False if its owner lost it.

        Parameters
        ----------
        counted
            Whether the attempt counts.
        """
        attempts = row.attempts - (not counted)
        with self._begin("giving a job back") as connection:
            query = update(jobs).where(_owned(row)).values(**_REQUEUED, attempts=attempts)
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def requeue(self, owner: str, max_attempts: int) -> int:
        """Queue the jobs of a dead worker again, if they have attempts left; return how many."""
        left = (
            (jobs.c.owner == owner) & (jobs.c.state == RUNNING) & (jobs.c.attempts < max_attempts)
        )
        with self._begin("queueing lost jobs again") as connection:
            return connection.execute(update(jobs).where(left).values(_REQUEUED)).rowcount

    @retry_on_deadlock
    def mark_lost(self, ids: Sequence[int], owner: str, message: str, hint: str) -> int:
        """Mark those of the jobs lost that are active and have this owner; return how many."""
        owned = jobs.c.id.in_(ids) & jobs.c.state.in_(ACTIVE) & (jobs.c.owner == owner)
        with self._begin("marking lost jobs") as connection:
            return _end(connection, ids, owned, LOST, message, hint)

    # For both

    def get(self, job_id: int) -> JobRow | None:
        """Return the job with that id, or None."""
        rows = self._rows(select(*_COLUMNS).where(jobs.c.id == job_id))
        return rows[0] if rows else None

    def arguments(self, job_id: int) -> str:
        """Return the arguments of a job as JSON; empty if it has none."""
        with self._connect("reading a job") as connection:
            query = select(jobs.c.arguments).where(jobs.c.id == job_id)
            return connection.scalar(query) or ""

    def active(self) -> list[JobRow]:
        """Return the active jobs, oldest first."""
        query = (
            select(*_COLUMNS, _SERVED.c.served_at)
            .join(_SERVED, _SERVED.c.submitter == jobs.c.submitter)
            .where(jobs.c.state.in_(ACTIVE))
            .order_by(jobs.c.id)
        )
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
        query = select(*_COLUMNS).order_by(jobs.c.id.desc())
        return self._rows(query if library is None else query.where(jobs.c.library == library))

    def _rows(self, query: Select[Any]) -> list[JobRow]:
        with self._connect("reading the jobs") as connection:
            return [_job_row(row) for row in connection.execute(query)]


def _owned(row: JobRow) -> ColumnElement[bool]:
    """Return the condition that a job is still run by its owner, in the same attempt."""
    return (
        (jobs.c.id == row.id)
        & (jobs.c.state == RUNNING)
        & (jobs.c.owner == row.owner)
        & (jobs.c.attempts == row.attempts)
    )


def _end(  # noqa: PLR0917
    connection: Connection,
    ids: Collection[int],
    condition: ColumnElement[bool],
    state: str,
    message: str,
    hint: str,
) -> int:
    values = {
        "state": state,
        "message": message,
        "hint": hint,
        "finished_at": utc_now(),
        "under_way": None,
        "running_in": None,
    }
    ended = connection.execute(update(jobs).where(condition).values(values)).rowcount
    if ended:
        _delete_files(connection, ids)
    return ended


def _delete_files(connection: Connection, ids: Collection[int]) -> None:
    """Delete the files of those of the jobs that have ended."""
    ended = select(jobs.c.id).where(jobs.c.id.in_(ids) & jobs.c.state.not_in(ACTIVE))
    found = list(connection.scalars(ended))
    connection.execute(delete(job_files).where(job_files.c.job_id.in_(found)))


def _exclusion_key(row: JobRow) -> str | None:
    """Return the key that only one active job can have."""
    if not row.active:
        return None
    return hashlib.sha256(json.dumps([row.library, row.digest]).encode()).hexdigest()


def _running_key(library: str) -> str:
    """Return the key that only one running job can have."""
    return hashlib.sha256(library.encode("utf-8", "replace")).hexdigest()


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
    names = ("doing", "done", "total", "rate", "seconds_left")
    progress = JobProgress(*(values.pop(name) for name in names))
    try:
        values["result"] = parse_json(values["result"])
    except ValueError:
        values["result"] = None
        if values["state"] == DONE:
            values |= {"state": FAILED, "message": "Its result is damaged in the database."}
    return JobRow(progress=progress, **values)
