"""From a question to a run: at once where it is small, in the background where it is large."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from components.asking import Question
from components.job_list import follow_job
from components.remembering import remembered
from components.state import jobs, person, runs
from components.text import counted, plain
from core.classifier import Call, classify
from core.library import Library
from core.loading import Progress
from core.runs import Query, Run
from core.stores.job_table import CANCELLED, DONE, JobRow

MOST_AT_ONCE = 100
MOST_BASES_AT_ONCE = 300_000
"""Queries, and bases, up to which an answer is so near that no job is worth while."""
RUN = "run"
"""What the address calls the run that is shown, and the session the one that was shown last."""
_JOB = "job"
"""What the address calls the job that is followed, and the session the one followed last."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A run with all of its calls and queries."""

    run: Run
    calls: Sequence[Call]
    queries: Sequence[Query]


def answer(library: Library, question: Question) -> None:
    """Answer a question; the run is then the one that the page's address names."""
    bases = sum(len(record.residues) for record in question.records)
    if len(question.records) > MOST_AT_ONCE or bases > MOST_BASES_AT_ONCE:
        _begin(library, question)
        return
    run = _run(library, question, person(), lambda _done, _total: None)
    _follow("")
    st.query_params[RUN] = run.id


def pending() -> bool:
    """Show how far the job of the address is, if there is one; False when there is none.

    A page that is loaded anew, and a colleague who has the address, follow it all the same.
    """
    token = st.query_params.get(_JOB) or st.session_state.get(_JOB, "")
    job = next(iter(jobs().recent(_line(token))), None) if token else None
    if job is not None and job.active:
        _follow(token)
        st.fragment(follow_job, run_every=0.5)(job.id)
        return True
    if job is not None:
        _tell(job)
    _follow("")  # Last: a click meanwhile draws the page anew from its beginning.
    return False


def _tell(job: JobRow) -> None:
    """What came of a job that has ended; its run is then the one that the page's address names."""
    if job.state == DONE:
        st.query_params[RUN] = job.result["run"]
    elif job.state == CANCELLED:
        st.info("Cancelled. Nothing of it was kept.")
    else:
        st.error(f"{plain(job.message)} {plain(job.hint)}")


def answered(run_id: str) -> Answered:
    """The run of that id, read once a session as long as it is shown.

    Raises
    ------
    InputError
        If there is none (any more).
    """
    run = runs().get(run_id)
    calls, queries = remembered(
        "answered", run.id, lambda: (runs().calls(run), runs().queries(run))
    )
    return Answered(run, calls, queries)


def _begin(library: Library, question: Question) -> None:
    """Have it answered in the background."""
    by = person()

    def work(progress: Progress) -> dict[str, str]:
        run = _run(library, question, by, lambda done, total: progress("Classifying", done, total))
        return {"run": run.id}

    token = secrets.token_hex(8)
    title = f"Classify {counted(len(question.records), 'record')}"
    jobs().submit("classify", _line(token), title, token, work, by)
    _follow(token)
    st.query_params.pop(RUN, None)


def _line(token: str) -> str:
    """A line of waiting of its own: no load has to end before it."""
    return f"run {token}"


def _follow(token: str) -> None:
    """Follow that job from now on, wherever the person goes; none, where it is empty."""
    if token:
        st.session_state[_JOB] = st.query_params[_JOB] = token
    else:
        st.session_state.pop(_JOB, None)
        st.query_params.pop(_JOB, None)


def _run(
    library: Library, question: Question, by: str, progress: Callable[[int, int], None]
) -> Run:
    settings = question.settings
    started = time.perf_counter()
    calls = classify(
        library,
        question.records,
        organisms=settings.organisms,
        neighbours=settings.neighbours,
        threshold=settings.threshold,
        progress=progress,
    )
    seconds = time.perf_counter() - started
    return runs().store(library, question.records, calls, settings, seconds=seconds, by=by)
