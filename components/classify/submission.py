"""Classification of the queries of the page: right away if few, else in the background."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.shared.formatting import pluralize
from components.shared.jobs import follow_job, submit_job
from components.shared.navigation import RUN_PARAMETER
from components.shared.services import current_user, jobs, libraries, runs
from components.shared.session import Slot, remember, session
from core import defaults
from core.calls import Call
from core.classify import classify
from core.library.library import Library
from core.progress import Progress, no_progress
from core.runs import Run, RunSettings, StoredQuery
from core.sequences.records import Record
from core.stores.sql.jobs import JobRow

MAX_IMMEDIATE = 100
MAX_IMMEDIATE_BASES = 300_000
"""Queries, and their bases, up to which the page waits for the result instead of a job."""
_JOB_PARAMETER = "job"
"""Query parameter of the page's address: the token of the job being followed."""
_KIND = "classify"


@dataclass(frozen=True, slots=True)
class Submission:
    """Queries, and how to classify them.

    Attributes
    ----------
    settings
        None for the library's defaults.
    name
        Name of the run; that of the first query, if empty.
    source
        Name of the file that the queries are from; empty for text.
    """

    records: Sequence[Record]
    settings: RunSettings | None
    name: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run with its calls and queries, in the same order."""

    run: Run
    calls: Sequence[Call]
    queries: Sequence[StoredQuery]


def submit(library: Library, submission: Submission) -> None:
    """Classify queries; the page's address then names the run, or the job that will make it."""
    bases = sum(len(record.residues) for record in submission.records)
    if len(submission.records) > MAX_IMMEDIATE or bases > MAX_IMMEDIATE_BASES:
        token = secrets.token_hex(8)
        # A queue of its own, so that no load delays it.
        _submit_job(f"run {token}", token, lambda: library, submission)
        return
    run, calls = _classify(library, submission, current_user(), no_progress)
    _remember_job("")
    queries = [StoredQuery(record.name, record.residues) for record in submission.records]
    remember(Slot.RESULT, run.id, lambda: (calls, queries))  # As they have just been stored.
    session.run = run.id
    st.query_params[RUN_PARAMETER] = run.id


def submit_after(load: JobRow, submission: Submission) -> None:
    """Classify queries once the load of their library has ended, in the background."""
    opened, name = libraries(), load.library
    # Jobs of one library wait for each other.
    _submit_job(name, secrets.token_hex(8), lambda: opened.open(name), submission)


def follow_submission() -> JobRow | None:
    """Show the progress of the job that the address or the session names.

    Reloading the page, or opening its address elsewhere, follows the job too.

    Returns
    -------
    JobRow or None
        The job, if it is queued or running.
    """
    token = st.query_params.get(_JOB_PARAMETER) or session.run_job
    job = _find_job(token) if token else None
    if job is not None and follow_job(job, _open_run):
        _remember_job(token)
        return job
    _remember_job("")  # Last: a click meanwhile runs the script from its start.
    return None


def load_result(run_id: str) -> RunResult:
    """Return a run with its calls and queries, read once for as long as it is shown.

    Raises
    ------
    InputError
        If there is no such run.
    """
    run = runs().get(run_id)
    calls, queries = remember(Slot.RESULT, run.id, lambda: (runs().calls(run), runs().queries(run)))
    return RunResult(run, calls, queries)


def _submit_job(
    queue: str, token: str, open_library: Callable[[], Library], submission: Submission
) -> None:
    user = current_user()

    def work(progress: Progress) -> dict[str, str]:
        run, _ = _classify(open_library(), submission, user, progress)
        return {"run": run.id}

    title = f"Classify {pluralize(len(submission.records), 'record')}"
    if submit_job(_KIND, queue, title, token, work) is not None:
        _remember_job(token)
        st.query_params.pop(RUN_PARAMETER, None)
        del session.run  # Should the job be cancelled, no earlier result takes its place.


def _find_job(token: str) -> JobRow | None:
    return next((job for job in jobs().recent() if (job.kind, job.digest) == (_KIND, token)), None)


def _remember_job(token: str) -> None:
    """Keep the token of the job to follow in the session and the address, or drop it if empty."""
    session.run_job = token
    if token:
        st.query_params[_JOB_PARAMETER] = token
    else:
        st.query_params.pop(_JOB_PARAMETER, None)


def _open_run(result: Mapping[str, str]) -> None:
    """Put the run of a finished job into the page's address."""
    st.query_params[RUN_PARAMETER] = result["run"]


def _classify(
    library: Library, submission: Submission, user: str, progress: Progress
) -> tuple[Run, Sequence[Call]]:
    settings = submission.settings or RunSettings(None, defaults.NEIGHBOURS, library.threshold)
    started = time.perf_counter()
    calls = classify(
        library,
        submission.records,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
        progress=progress,
    )
    seconds = time.perf_counter() - started
    run = runs().store(
        library,
        submission.records,
        calls,
        settings,
        seconds=seconds,
        name=submission.name,
        source=submission.source,
        by=user,
    )
    return run, calls
