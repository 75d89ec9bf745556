"""Results that a page computes: at once if that is quick, else in the background.

They are kept in memory for all sessions of this process, under keys that change with the library,
so that a page that somebody has opened before opens at once.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

import streamlit as st
from cachetools import LRUCache

from components.shared.formatting import escape_markdown
from components.shared.jobs import follow_job, submit_job
from components.shared.services import jobs
from components.shared.session import session
from core.progress import Progress, no_progress
from core.stores.sql.jobs import DONE, JobRow

_Result = TypeVar("_Result")

_MAX_RESULTS = 24
_QUEUE = " computing"
"""Computations wait for each other, not for loads; no library can have this name."""


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


def compute(
    key: Hashable, title: str, work: Callable[[Progress], _Result], *, quick: bool
) -> _Result | None:
    """Return the result of work, computed once; while that goes on, show its progress.

    Parameters
    ----------
    key
        All that the result depends on.
    title
        What the page calls it.
    quick
        Whether to compute it here and now.

    Returns
    -------
    object or None
        The result; None while it is being computed, and after it failed or was cancelled.
    """
    results = _results()
    if quick and results.get(key) is None:
        with st.spinner(f"{escape_markdown(title)} …"):
            results.put(key, work(no_progress))
    job = _submitted(key)  # Before the result: a job that has ended has put it there.
    if result := results.get(key):
        return cast("_Result", result[0])

    def compute_result(progress: Progress) -> None:
        results.put(key, work(progress))

    if job is None or job.state == DONE:  # Done, but crowded out of memory since.
        job = _submit(key, title, compute_result)
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


def _submit(key: Hashable, title: str, work: Callable[[Progress], None]) -> JobRow | None:
    """Submit a job that computes this, or join that of another session."""
    digest = repr(key)
    running = (job.id for job in jobs().active() if (job.library, job.digest) == (_QUEUE, digest))
    number = next(running, None)
    if number is None:
        number = submit_job("compute", _QUEUE, title, digest, work)
    if number is None:
        return None
    session.computations = {**session.computations, key: number}
    return jobs().get(number)
