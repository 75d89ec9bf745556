"""Classification of the queries of the page: right away if few, else in the background."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.shared.formatting import pluralize
from components.shared.jobs import follow_job, submit_job
from components.shared.navigation import RUN_PARAMETER
from components.shared.services import jobs, runs
from components.shared.session import Slot, remember, session
from components.shared.turns import question_turn
from core.alignment.explanation import GeneSource
from core.calls import Call
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.queries import QUERIES, QueryArguments, check_size, classify_and_store
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.runs import Run, RunSettings, StoredQuery, new_run_id
from core.sequences.record_lines import pack_records
from core.sequences.records import Record
from core.settings import read_settings
from core.stores.sql import Identity
from core.stores.sql.job_row import JobRow

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

    def arguments(self, library: str, identity: Identity | None) -> QueryArguments:
        """Return the arguments of a classification by a library; None: found by its name."""
        return QueryArguments(
            library=library,
            identity=identity,
            run=new_run_id(),
            settings=self.settings,
            name=self.name,
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run with its calls and queries, in the same order.

    Attributes
    ----------
    is_stored
        False if it is from a file.
    genes
        Of a run from a file: where the residues of its hits are; None if the file has none.
    """

    run: Run
    calls: Sequence[Call]
    queries: Sequence[StoredQuery]
    is_stored: bool = True
    genes: GeneSource | None = None


def submit(library: Library, submission: Submission) -> None:
    """Classify queries; the page's address then names the run, or the job that will make it."""
    check_size(submission.records, read_settings())
    bases = sum(len(record.residues) for record in submission.records)
    if len(submission.records) > MAX_IMMEDIATE or bases > MAX_IMMEDIATE_BASES:
        token = secrets.token_hex(8)
        # A queue of its own, so that no load delays it.
        _submit_job(f"run {token}", token, library.name, library.identity, submission)
        return
    arguments = submission.arguments(library.name, library.identity)
    with question_turn():
        run, calls = classify_and_store(library, submission.records, arguments, runs())
    _remember_job("")
    queries = [StoredQuery(record.name, record.residues) for record in submission.records]
    remember(Slot.RESULT, run.id, lambda: (calls, queries))  # As they have just been stored.
    session.run = run.id
    st.query_params[RUN_PARAMETER] = run.id


def submit_after(load: JobRow, submission: Submission) -> None:
    """Classify queries once the load of their library has ended, in the background."""
    check_size(submission.records, read_settings())
    token = secrets.token_hex(8)
    _submit_job(load.library, token, load.library, None, submission, awaits=load.id)


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


def _submit_job(  # noqa: PLR0917
    queue: str,
    token: str,
    library: str,
    identity: Identity | None,
    submission: Submission,
    awaits: int | None = None,
) -> None:
    request = JobRequest(
        _KIND,
        queue,
        f"Classify {pluralize(len(submission.records), 'record')}",
        token,
        submission.arguments(library, identity),
        {RECORDS: pack_records({QUERIES: submission.records})},
        awaits=awaits,
    )
    if submit_job(request) is not None:
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
