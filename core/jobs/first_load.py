"""First load: the human reference, in the background, when a deployment starts empty."""

from contextlib import suppress

from core import defaults
from core.errors import InputError
from core.jobs.kinds.library import LoadArguments
from core.jobs.queue import JobQueue, JobRequest
from core.jobs.user_jobs import UserJobs
from core.library.manager import Libraries
from core.sequences.references.human import FAMILIES, SOURCE
from core.stores.sql.job_row import JobRow

LOAD_KIND = "load"
"""Kind of the jobs that load organisms."""
_DIGEST = "first load"


def active_load(jobs: JobQueue | UserJobs) -> JobRow | None:
    """Return the load of organisms that is queued or running; None if there is none."""
    return next((job for job in jobs.active() if job.kind == LOAD_KIND), None)


def start_first_load(libraries: Libraries, jobs: JobQueue) -> None:
    """Start the first load, unless a library was ever loaded or somebody cancelled this.

    Several processes may do so at once: one of them loads.
    """
    if libraries.stores.labels.has_been_loaded() or libraries.names():
        return
    if any(job.digest == _DIGEST and job.cancel_asked for job in jobs.recent(defaults.LIBRARY)):
        return
    submit_human_reference(jobs, only_first=True)


def submit_human_reference(
    jobs: JobQueue | UserJobs, by: str = "", submitter: str = "", *, only_first: bool = False
) -> None:
    """Load the human reference into the default library, in the background.

    Nothing happens if this job is active already, in whichever process.

    Parameters
    ----------
    by, submitter
        The user who loads it, and whose turn it is.
    only_first
        Load nothing if another process has loaded a library by the time that the job starts.
    """
    arguments = LoadArguments(
        library=defaults.LIBRARY,
        families=tuple(FAMILIES.items()),
        source=SOURCE,
        origin="human",
        only_first=only_first,
    )
    request = JobRequest(
        LOAD_KIND,
        defaults.LIBRARY,
        f"{SOURCE} → human",
        _DIGEST,
        arguments,
        by=by,
        submitter=submitter,
    )
    with suppress(InputError):  # It is active.
        jobs.submit(request)
