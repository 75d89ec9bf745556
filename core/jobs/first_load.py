"""First load: the human reference, in the background, when a deployment starts empty."""

from contextlib import suppress

from core import defaults
from core.errors import InputError
from core.jobs.scheduler import Jobs
from core.jobs.user_jobs import UserJobs
from core.library.load import LoadReport, load
from core.library.manager import Libraries
from core.progress import Progress
from core.sequences.references.human import FAMILIES, SOURCE, load_human_reference
from core.stores.sql.jobs import JobRow

LOAD_KIND = "load"
"""Kind of the jobs that load organisms."""
_ORGANISM = "human"
_DIGEST = "first load"


def active_load(jobs: Jobs | UserJobs) -> JobRow | None:
    """Return the load of organisms that is queued or running; None if there is none."""
    return next((job for job in jobs.active() if job.kind == LOAD_KIND), None)


def start_first_load(libraries: Libraries, jobs: Jobs) -> None:
    """Start the first load, unless a library was ever loaded or somebody cancelled this.

    Several processes may do so at once: one of them loads.
    """
    if libraries.stores.labels.has_been_loaded() or libraries.names():
        return
    if any(job.digest == _DIGEST and job.cancel_asked for job in jobs.recent(defaults.LIBRARY)):
        return
    submit_human_reference(libraries, jobs, only_first=True)


def submit_human_reference(
    libraries: Libraries, jobs: Jobs | UserJobs, by: str = "", *, only_first: bool = False
) -> None:
    """Load the human reference into the default library, in the background.

    Nothing happens if this job is active already, in whichever process.

    Parameters
    ----------
    by
        The user who loads it.
    only_first
        Load nothing if another process has loaded a library by the time that the job starts.
    """

    def work(progress: Progress) -> LoadReport | dict[str, str]:
        if only_first and libraries.stores.labels.has_been_loaded():
            return {"said": "A library is there already."}
        progress("Reading the human reference", 0, 0)
        return load(
            libraries,
            {_ORGANISM: load_human_reference()},
            families=FAMILIES,
            source=SOURCE,
            by=by,
            progress=progress,
        )

    title = f"{SOURCE} → {_ORGANISM}"
    with suppress(InputError):  # It is active.
        jobs.submit(LOAD_KIND, defaults.LIBRARY, title, _DIGEST, work, by)
