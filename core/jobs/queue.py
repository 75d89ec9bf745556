"""Queue of the jobs of a deployment, as those see it who submit, follow and cancel them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.access import Role
from core.errors import Cancelled, InputError
from core.jobs.job import JOB_CANCELLED, NO_RESULTS
from core.stores.sql.database import Database
from core.stores.sql.job_files import JobFiles
from core.stores.sql.job_row import SUBMITTING, JobRow
from core.stores.sql.jobs import JobTable
from core.stores.sql.tables import utc_now
from core.stores.sql.workers import WorkerTable

if TYPE_CHECKING:
    from core.schema import StrictModel

MAX_USER_JOBS = 20
MAX_JOBS = 200
"""Jobs of one user, and of all, that can be active."""
_ALIVE_SECONDS = 20.0
"""Seconds since its last heartbeat for which a worker counts as running."""
_WAIT_HINT = "Wait until one has ended, or cancel one."


class DuplicateJobError(InputError):
    """The same job is active already."""


class QueueFullError(InputError):
    """Too many jobs are queued or running."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to submit.

    Attributes
    ----------
    kind
        Name of one of :data:`core.jobs.kinds.KINDS`.
    library
        Library that it works on: jobs of one library run one after the other.
    title
        Short description for the user, such as a file name.
    digest
        Digest of all inputs: no two active jobs of a library may have the same.
    arguments
        Those of its kind.
    files
        Its input by name, as bytes that are cut anywhere.
    by
        The user who submits it; may be empty.
    submitter
        Whose turn it is; the user, if empty.
    role
        Role with which it works; GeneKin's own work has all rights.
    awaits
        Id of a job that must end before this one starts.
    """

    kind: str
    library: str
    title: str
    digest: str
    arguments: "StrictModel"
    files: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    by: str = ""
    submitter: str = ""
    role: Role = Role.ADMIN
    awaits: int | None = None


class JobQueue:
    """The jobs of a deployment; safe to share between threads.

    Workers run them (:mod:`core.jobs.worker`), in whichever process.

    Parameters
    ----------
    max_user_jobs, max_jobs
        Jobs of one user, and of all, that can be active.

    Attributes
    ----------
    on_submit
        Called when a job has been queued.

    Raises
    ------
    StoreError
        If the database fails; from every method.
    """

    def __init__(
        self, database: Database, *, max_user_jobs: int = MAX_USER_JOBS, max_jobs: int = MAX_JOBS
    ) -> None:
        self._table = JobTable(database)
        self._files = JobFiles(database)
        self._workers = WorkerTable(database)
        self._max_user_jobs = max_user_jobs
        self._max_jobs = max_jobs
        self.on_submit: Callable[[], None] = lambda: None

    def submit(self, request: JobRequest) -> int:
        """Queue a job, and return its id.

        Raises
        ------
        DuplicateJobError
            If the same job is active already.
        QueueFullError
            If too many jobs are.
        Cancelled
            If it was cancelled while its input was written.
        """
        submitter = request.submitter or request.by
        self._require_room(submitter)
        row = JobRow(
            0,
            request.kind,
            request.library,
            request.title,
            request.digest,
            request.by,
            utc_now(),
            submitter=submitter[:64],
            role=request.role,
            awaits=request.awaits,
            state=SUBMITTING,
        )
        job_id = self._table.add(row, request.arguments.model_dump_json())
        if job_id is None:
            raise DuplicateJobError(
                "This job is already running.", "See its progress in the job list."
            )
        try:
            for name, content in request.files.items():
                self._files.write(job_id, name, content)
        except BaseException:
            self.cancel(job_id)
            raise
        if not self._table.finish_submitting(job_id):
            raise Cancelled(JOB_CANCELLED, NO_RESULTS)
        self.on_submit()
        return job_id

    def cancel(self, job_id: int) -> bool:
        """Request the cancellation of a job; return False if it is not active.

        A running job ends at its next progress report, and undoes what it did.
        """
        return self._table.request_cancel(job_id, JOB_CANCELLED, NO_RESULTS)

    def get(self, job_id: int) -> JobRow | None:
        """Return the current state of a job, or None if there is none, or it was deleted."""
        return self._table.get(job_id)

    def active(self) -> list[JobRow]:
        """Return the active jobs, oldest first."""
        return self._table.active()

    def recent(self, library: str | None = None) -> list[JobRow]:
        """Return the current state of the last jobs of a library, or of all, newest first."""
        return self._table.recent(library)

    def published(self, job_id: int, name: str) -> bytes:
        """Return what a running job has published last under a name; empty if nothing."""
        try:
            return b"".join(self._files.read(job_id, name))
        except ValueError:  # It was replaced between two pieces.
            return b""

    def has_worker(self) -> bool:
        """Return whether a worker is running."""
        return self._workers.count_alive(_ALIVE_SECONDS) > 0

    def _require_room(self, submitter: str) -> None:
        active = self.active()
        own = sum(job.submitter == submitter[:64] for job in active)
        if own >= self._max_user_jobs:
            raise QueueFullError(f"{own:,} of your jobs are queued or running.", _WAIT_HINT)
        if len(active) >= self._max_jobs:
            message = f"{len(active):,} jobs of all users are queued or running."
            raise QueueFullError(message, "Try again when some have ended.")
