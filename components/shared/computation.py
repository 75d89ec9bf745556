"""Results that a page computes: at once if that is quick, else in the background.

They are kept in memory for all sessions of this process, under keys that change with the library,
so that a page that somebody has opened before opens at once. What a worker computes is read from
the database.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar, cast

import streamlit as st
from cachetools import LRUCache

from components.shared.formatting import escape_markdown
from components.shared.jobs import follow_job, submit_job
from components.shared.services import jobs
from components.shared.session import session
from components.shared.turns import question_turn
from core.jobs.queue import JobRequest
from core.stores.sql.job_row import DONE, JobRow

_Result = TypeVar("_Result")

_MAX_RESULTS = 24


@dataclass(frozen=True, slots=True)
class Computation(Generic[_Result]):
    """A result to compute.

    Attributes
    ----------
    key
        All that the result depends on.
    work
        Computes it here and now.
    request
        Makes the job that computes it; its digest stands for the key.
    read
        Returns what the job has stored, from the job's result; None if it is no longer there.
    """

    key: Hashable
    work: Callable[[], _Result]
    request: Callable[[], JobRequest]
    read: Callable[[Any], _Result | None]


class _Results:
    """The latest results by key; safe to share between threads."""

    def __init__(self) -> None:
        self._results: LRUCache[Hashable, tuple[object]] = LRUCache(_MAX_RESULTS)
        self._lock = Lock()

    def get(self, key: Hashable) -> tuple[object] | None:
        with self._lock:
            return self._results.get(key)

    def put(self, key: Hashable, result: object) -> None:
        with self._lock:
            self._results[key] = (result,)


@st.cache_resource
def _results() -> _Results:
    return _Results()


def is_computed(key: Hashable) -> bool:
    """Return whether the result for this key is there."""
    return _results().get(key) is not None


def compute(computation: Computation[_Result], title: str, *, quick: bool) -> _Result | None:
    """Return a result, computed once; while that goes on, show its progress.

    Parameters
    ----------
    title
        What the page calls it.
    quick
        Whether to compute it here and now.

    Returns
    -------
    object or None
        The result; None while it is being computed, and after it failed or was cancelled.
    """
    results, key = _results(), computation.key
    if quick and results.get(key) is None:
        with question_turn(), st.spinner(f"{escape_markdown(title)} …"):
            results.put(key, computation.work())
    if result := results.get(key):
        return cast("_Result", result[0])
    job = _submitted(key)
    if job is not None and job.state == DONE:
        stored = computation.read(job.result)
        if stored is not None:
            results.put(key, stored)
            return stored
    if job is None or job.state == DONE:  # Done, but no longer stored.
        job = _submit(key, computation.request())
    if job is None or follow_job(job, lambda _result: st.rerun()):
        return None
    if st.button("Run again", key=f"run again {job.id}"):
        session.computations = {
            other: number for other, number in session.computations.items() if other != key
        }
        st.rerun()
    return None


def _submitted(key: Hashable) -> JobRow | None:
    """Return the job of this session that computes this, if there is one."""
    number = session.computations.get(key)
    return None if number is None else jobs().get(number)


def _submit(key: Hashable, request: JobRequest) -> JobRow | None:
    """Submit a job that computes this, or join that of another session."""
    wanted = request.library, request.digest
    running = (job.id for job in jobs().active() if (job.library, job.digest) == wanted)
    number = next(running, None)
    if number is None:
        number = submit_job(request)
    if number is None:
        return None
    session.computations = {**session.computations, key: number}
    return jobs().get(number)
