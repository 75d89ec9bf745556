"""What is computed for a page: at once where that is quick, else in the background, and kept.

It is kept in memory for all sessions of this process, under a key that changes with the library: a
page that was seen once is there at once.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

import streamlit as st
from cachetools import LRUCache

from components.job_list import follow_job
from components.state import jobs, person
from components.text import plain
from core.errors import InputError
from core.loading import Progress
from core.stores.job_table import CANCELLED, DONE, FAILED, JobRow

_Made = TypeVar("_Made")

_MOST = 24
_LINE = " computing"
"""What is computed waits for each other, not for loads; no library can be called so."""


class _Kept:
    """What was computed last, by key; safe to share between threads."""

    def __init__(self) -> None:
        self._results: LRUCache[Hashable, tuple[object]] = LRUCache(_MOST)
        self._lock = Lock()

    def get(self, key: Hashable) -> tuple[object] | None:
        with self._lock:
            return self._results.get(key)

    def put(self, key: Hashable, result: object) -> None:
        with self._lock:
            self._results[key] = (result,)


@st.cache_resource
def _kept() -> _Kept:
    return _Kept()


def is_kept(key: Hashable) -> bool:
    """Whether this was computed already."""
    return _kept().get(key) is not None


def computed(
    key: Hashable, title: str, work: Callable[[Progress], _Made], *, quick: bool
) -> _Made | None:
    """What work brings; None while it is under way: then the page shows how far it is.

    Parameters
    ----------
    key
        Of all that the result depends on.
    title
        What the person calls it.
    quick
        Whether it takes no longer than a person waits without asking.
    """
    kept = _kept()
    if quick and kept.get(key) is None:
        with st.spinner(f"{plain(title)} …"):
            kept.put(key, work(_silent))
    job = _asked(key)  # Before what is kept: a job that has ended has kept what it made.
    if found := kept.get(key):
        return cast("_Made", found[0])

    def kept_work(progress: Progress) -> None:
        kept.put(key, work(progress))

    if job is None or not (job.active or job.state in {FAILED, CANCELLED}):
        job = _begin(key, title, kept_work)
    _follow(job)
    return None


def _silent(_doing: str, _done: int, _total: int) -> None:
    """It is over soon."""


def _asked(key: Hashable) -> JobRow | None:
    """The job that this session saw begin to compute this, if there is one."""
    number = _mine().get(key)
    return None if number is None else jobs().get(number)


def _begin(key: Hashable, title: str, work: Callable[[Progress], object]) -> JobRow:
    """A new job that computes this, or that of another session that does."""
    try:
        number = jobs().submit("compute", _LINE, title, repr(key), work, person())
    except InputError:  # Somebody else asked for it, and it is under way.
        number = next(each.id for each in jobs().recent(_LINE) if each.digest == repr(key))
    _mine()[key] = number
    return cast("JobRow", jobs().get(number))


def _mine() -> dict[Hashable, int]:
    found: dict[Hashable, int] = st.session_state.setdefault("computing", {})
    return found


def _follow(job: JobRow) -> None:
    if job.active:
        st.fragment(follow_job, run_every=0.5)(job.id)
        return
    if job.state == DONE:  # As soon as it was begun.
        st.rerun()
    if job.state == CANCELLED:
        st.info("Cancelled.")
    else:
        st.error(f"{plain(job.message)} {plain(job.hint)}")
    if st.button("Start again", key=f"again {job.id}"):
        st.session_state["computing"] = {
            key: each for key, each in _mine().items() if each != job.id
        }
        st.rerun()
