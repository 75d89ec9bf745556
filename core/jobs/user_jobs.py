"""The jobs of a deployment, with the rights of one user."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from core.access import Action
from core.errors import ForbiddenError
from core.jobs.queue import JobQueue, JobRequest
from core.library.manager import Libraries
from core.stores.sql.job_row import JobRow

REQUIRED_ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "classify": Action.SEARCH,
        "trace": Action.SEARCH,
        "compare": Action.SEARCH,
        "map": Action.SEARCH,
        "load": Action.LOAD,
        "import": Action.IMPORT,
        "refit": Action.REFIT,
        "profiles": Action.PROFILES,
        "repair": Action.REPAIR,
        "export": Action.EXPORT,
        "benchmark": Action.BENCHMARK,
    }
)
"""The action that each kind of job is."""
_HIDDEN_TITLE = "Another user's job"


class UserJobs:
    """Jobs as :class:`JobQueue`, submitted and cancelled with the rights of a user.

    The jobs of other users have no title, message and result, unless they change a library that
    the user may use.

    Parameters
    ----------
    libraries
        With the rights of the user.
    """

    def __init__(self, jobs: JobQueue, libraries: Libraries) -> None:
        self._jobs = jobs
        self._libraries = libraries
        self._access = libraries.access

    def submit(self, request: JobRequest) -> int:
        """Queue a job as :meth:`JobQueue.submit` does, in the user's name and with these rights.

        Raises
        ------
        ForbiddenError
            If the user may not do such work.
        """
        user = self._access.require(REQUIRED_ACTIONS.get(request.kind, Action.SEE_ALL))
        by = request.by if request.by and user.may(Action.SEE_ALL) else user.name
        return self._jobs.submit(replace(request, by=by, role=user.role))

    def cancel(self, job_id: int) -> bool:
        """Request the cancellation of a job; return False if it is not active.

        Raises
        ------
        ForbiddenError
            If the user may not.
        """
        job = self._jobs.get(job_id)
        if job is not None and not self.may_cancel(job):
            message = "This job is another user's."
            raise ForbiddenError(message, "Ask its user, or an administrator, to cancel it.")
        return self._jobs.cancel(job_id)

    def may_cancel(self, job: JobRow) -> bool:
        """Return whether the user may cancel a job."""
        user = self._access.current()
        if user.owns(job.by) or user.may(Action.SEE_ALL):
            return True
        action = REQUIRED_ACTIONS.get(job.kind, Action.SEE_ALL)
        known = self._is_known(job, self._libraries.names())
        return changes_library(job.kind) and user.may(action) and known

    def get(self, job_id: int) -> JobRow | None:
        """Return the current state of a job, or None if there is none, or it was deleted."""
        job = self._jobs.get(job_id)
        return self._visible([job])[0] if job else None

    def active(self) -> list[JobRow]:
        """Return the active jobs, oldest first."""
        return self._visible(self._jobs.active())

    def recent(self, library: str | None = None) -> list[JobRow]:
        """Return the current state of the last jobs of a library, or of all, newest first."""
        return self._visible(self._jobs.recent(library))

    def published(self, job_id: int, name: str) -> bytes:
        """Return what a running job of the user has published last; empty if nothing."""
        job = self._jobs.get(job_id)
        if job is None or not self._is_known(job, self._libraries.names()):
            return b""
        return self._jobs.published(job_id, name)

    def _visible(self, jobs: Sequence[JobRow]) -> list[JobRow]:
        """Return the jobs, with what the user may know of them."""
        user = self._access.user
        if user.may(Action.SEE_ALL):
            return list(jobs)
        others = any(not user.owns(job.by) for job in jobs)
        usable = {*self._libraries.names()} if others else set()
        return [job if self._is_known(job, usable) else _hidden(job) for job in jobs]

    def _is_known(self, job: JobRow, usable: Collection[str]) -> bool:
        if self._access.user.owns(job.by):
            return True
        if changes_library(job.kind):
            return job.library in usable or not job.by  # GeneKin's own first load.
        return not job.by  # A visitor's, found by the token in its address.


def changes_library(kind: str) -> bool:
    """Return whether jobs of a kind change a library, or read all of it for a file."""
    return REQUIRED_ACTIONS.get(kind) not in {Action.SEARCH, Action.BENCHMARK}


def _hidden(job: JobRow) -> JobRow:
    result = {"said": ""} if changes_library(job.kind) else job.result
    return replace(job, title=_HIDDEN_TITLE, message="", hint="", result=result, by="")
