"""Jobs: list, follow, cancel."""

import time
from typing import Annotated

from anyio import sleep
from fastapi import APIRouter, Path, Query, Request

from core.api.callers import Asking, AskingLong, Caller
from core.api.documentation import problems
from core.api.schemas import JobInfo, JobList
from core.errors import LibraryError, NotFoundError
from core.stores.sql.job_row import JobRow

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[int, Path(ge=1, le=2_000_000_000, examples=[12])]
_MAX_WAIT = 60.0
_LOOK_SECONDS = 0.5


class _EndedError(LibraryError):
    """A job that has ended cannot be cancelled."""


@router.get("", summary="List jobs", responses=problems(401, 403, 422, 500, 503))
async def list_jobs(
    caller: Asking,
    library: Annotated[
        str | None, Query(max_length=64, description="Only those of this library.")
    ] = None,
) -> JobList:
    """List the last jobs, newest first. Those of other users have no title and no result."""

    def read() -> JobList:
        return JobList(jobs=[describe_job(job) for job in caller.jobs.recent(library)])

    return await caller.run(read)


@router.get(
    "/{job_id}", summary="Follow a job", responses=problems(401, 403, 404, 422, 429, 500, 503)
)
async def get_job(
    request: Request,
    caller: AskingLong,
    job_id: JobId,
    wait: Annotated[
        float,
        Query(ge=0, le=_MAX_WAIT, description="Seconds to wait for the end of the job."),
    ] = 0.0,
) -> JobInfo:
    """Describe a job; with `wait`, as soon as it has ended, or after that time."""
    until = time.monotonic() + wait
    while True:
        job = await caller.run(lambda: _find(caller, job_id))
        left = until - time.monotonic()
        if not job.active or left <= 0 or await request.is_disconnected():
            return describe_job(job)
        await sleep(min(_LOOK_SECONDS, left))


@router.delete(
    "/{job_id}",
    summary="Cancel a job",
    status_code=202,
    responses=problems(401, 403, 404, 409, 422, 500, 503),
)
async def cancel_job(caller: Asking, job_id: JobId) -> JobInfo:
    """Ask a job to end; it undoes what it did. One that waits is cancelled at once."""

    def cancel() -> JobInfo:
        job = _find(caller, job_id)
        if not caller.jobs.cancel(job_id):
            raise _EndedError(f"The job {job_id} has ended already: {job.state}.")
        return describe_job(_find(caller, job_id))

    return await caller.run(cancel)


def describe_job(job: JobRow) -> JobInfo:
    """Return a job as the API shows it."""
    return JobInfo(
        id=job.id,
        kind=job.kind,
        state=job.state,
        active=job.active,
        library=job.library,
        title=job.title,
        by=job.by,
        step=job.progress.step,
        done=job.progress.done,
        total=job.progress.total,
        seconds_left=job.progress.seconds_left,
        message=job.message,
        hint=job.hint,
        result=job.result,
        cancel_asked=job.cancel_asked,
        submitted_at=job.submitted_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _find(caller: Caller, job_id: int) -> JobRow:
    job = caller.jobs.get(job_id)
    if job is None:
        raise NotFoundError(f"There is no job {job_id}.", "The last 200 jobs are kept.")
    return job
