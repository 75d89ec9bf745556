"""The jobs of all processes of a deployment, as the database keeps them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Double, Row, Select, delete, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from core.stores.sql.database import Database, retry_on_deadlock
from core.stores.sql.schema import jobs
from core.stores.sql.tables import storable, utc_now

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED, LOST = "done", "failed", "cancelled", "lost"
ACTIVE = (QUEUED, RUNNING)
"""The states in which a job is under way."""
KEPT = 200
"""Jobs that are kept; those under way are kept in any case."""

# Seconds since 1970 by one clock for all processes: a server's, or that of SQLite's machine.
_SQLITE_CLOCK = "((julianday('now') - 2440587.5) * 86400.0)"
_MYSQL_CLOCK = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is.

    Attributes
    ----------
    doing
        What is being done; empty before its first word.
    done, total
        How much of it is done, of how much (sequences, or steps).
    rate
        How much is done a second; None until it is known.
    seconds_left
        Time until all of it is done; None until it is known.
    """

    doing: str = ""
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """What is done of the whole, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job: long work in the background.

    Attributes
    ----------
    kind
        Such as ``"load"``.
    title
        What the person calls it.
    digest
        Of what it works on: of the same work on a library, one is under way at a time.
    by
        Who asked for it; may be empty.
    state
        ``queued``, ``running``, ``done``, ``failed``, ``cancelled``, or ``lost``: its process died.
    message, hint
        Why it failed or ended early, and what to do about it.
    result
        What it brought, as JSON has it; None unless it is done.
    cancel_asked
        Whether somebody asked for its end.
    owner
        The process that it belongs to.
    silence
        Seconds for which nothing was heard of its process, when this was read.
    submitted_at, started_at, finished_at
        UTC; of a lost job, when it was found so.
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
        """Whether it is under way."""
        return self.state in ACTIVE


class JobTable:
    """What the table of jobs says; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        self._reading = database.reading
        self._writing = database.writing
        clock = _SQLITE_CLOCK if database.engine.dialect.name == "sqlite" else _MYSQL_CLOCK
        self._clock = literal_column(clock, Double)

    def add(self, row: JobRow) -> int | None:
        """Add a job, whatever its id; returns its id, or None if the same is under way.

        The oldest jobs beyond the last :data:`KEPT` are forgotten.
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
            "under_way": _under_way(row),
            **_changing(row),
        }
        number = self._add(values)
        self._forget_old()
        return number

    @retry_on_deadlock
    def _add(self, values: dict[str, Any]) -> int | None:
        with self._writing("adding a job") as connection:
            try:
                added = connection.execute(insert(jobs).values(values))
            except IntegrityError:  # Its mark is there already.
                return None
            key = added.inserted_primary_key
        return int(key[0]) if key else 0

    @retry_on_deadlock
    def _forget_old(self) -> None:
        newest = select(jobs.c.id).order_by(jobs.c.id.desc())
        with self._writing("forgetting old jobs") as connection:
            if last := connection.scalar(newest.offset(KEPT).limit(1)):
                old = (jobs.c.id <= last) & jobs.c.state.not_in(ACTIVE)
                connection.execute(delete(jobs).where(old))

    @retry_on_deadlock
    def save(self, row: JobRow) -> None:
        """Write down what changes of a job: for its owner, who knows best."""
        values = {"heartbeat": self._clock, **_changing(row)}
        if not row.active:
            values["under_way"] = None
        with self._writing("keeping a job's progress") as connection:
            connection.execute(update(jobs).where(jobs.c.id == row.id).values(values))

    @retry_on_deadlock
    def beat(self, owner: str) -> None:
        """Say that an owner is alive."""
        mine = (jobs.c.owner == owner) & jobs.c.state.in_(ACTIVE)
        with self._writing("keeping jobs alive") as connection:
            connection.execute(update(jobs).where(mine).values(heartbeat=self._clock))

    @retry_on_deadlock
    def ask_to_cancel(self, job_id: int) -> bool:
        """Ask for the end of a job, whoever its owner is; False if it is not under way."""
        wanted = (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE)
        with self._writing("cancelling a job") as connection:
            asked = connection.execute(update(jobs).where(wanted).values(cancel_asked=True))
        return bool(asked.rowcount)

    @retry_on_deadlock
    def mark_lost(self, ids: Sequence[int], message: str, hint: str) -> int:
        """Give up those of the jobs that are still under way; returns how many."""
        wanted = jobs.c.id.in_(ids) & jobs.c.state.in_(ACTIVE)
        values = {"state": LOST, "message": message, "hint": hint, "finished_at": utc_now()}
        with self._writing("looking after jobs") as connection:
            query = update(jobs).where(wanted).values(values | {"under_way": None})
            return connection.execute(query).rowcount

    def get(self, job_id: int) -> JobRow | None:
        """The job with that id, or None."""
        found = self._rows(select(*self._columns()).where(jobs.c.id == job_id))
        return found[0] if found else None

    def active(self) -> list[JobRow]:
        """The jobs under way, in the order they came."""
        query = select(*self._columns()).where(jobs.c.state.in_(ACTIVE)).order_by(jobs.c.id)
        return self._rows(query)

    def recent(self, library: str | None = None) -> list[JobRow]:
        """The jobs of a library, or all, the latest first."""
        query = select(*self._columns()).order_by(jobs.c.id.desc())
        return self._rows(query if library is None else query.where(jobs.c.library == library))

    def _columns(self) -> list[Any]:
        return [*jobs.c, (self._clock - jobs.c.heartbeat).label("silence")]

    def _rows(self, query: Select[Any]) -> list[JobRow]:
        with self._reading("reading the jobs") as connection:
            return [_job_row(row) for row in connection.execute(query)]


def _under_way(row: JobRow) -> str | None:
    """A mark that one job at a time can bear."""
    if not row.active:
        return None
    return hashlib.sha256(json.dumps([row.library, row.digest]).encode()).hexdigest()


def _changing(row: JobRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "message": storable(row.message),
        "hint": storable(row.hint),
        "result": json.dumps(row.result),
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        **asdict(replace(row.progress, doing=storable(row.progress.doing))),
    }


def _job_row(row: Row[Any]) -> JobRow:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    for own in ("heartbeat", "under_way"):
        del values[own]
    progress = JobProgress(**{name: values.pop(name) for name in JobProgress.__slots__})
    values["result"] = json.loads(values["result"])
    return JobRow(progress=progress, **values)
