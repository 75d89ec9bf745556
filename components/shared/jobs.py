"""Jobs, followed while they run: in a list, one by itself, and beside every page.

What is computed for a page: at once where that is quick, else in the background, and kept.

It is kept in memory for all sessions of this process, under a key that changes with the library: a
page that was seen once is there at once.
"""

from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any, TypeVar, cast

import streamlit as st
from cachetools import LRUCache

from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import current_user, jobs, plain_errors
from core.errors import InputError
from core.progress import Progress
from core.stores.sql.jobs import CANCELLED, DONE, FAILED, QUEUED, JobRow

_SHOWN = 5
_WATCHED = "watched jobs"
_ANSWERED_ELSEWHERE = ("classify", "compute", "benchmark")
"""Kinds of jobs that change no library; what became of them is shown where they were asked for."""


def watch(job: int) -> None:
    """See to it that the page is drawn anew when this job has ended, however soon that is."""
    st.session_state[_WATCHED] = {*st.session_state.get(_WATCHED, ()), job}


def job_list() -> None:
    """The last jobs of all libraries, and what else is under way, which it follows."""
    with plain_errors():
        st.fragment(_draw, run_every=1.0 if jobs().active() else None)()


def loads_under_way() -> None:
    """How far loads and the like are, as a line each; nothing where there is none."""
    if _loads():
        st.fragment(_draw_loads, run_every=1.0)()


def follow_job(number: int) -> None:
    """How far a job is, and a button that cancels it; the page is drawn anew when it has ended."""
    job = jobs().get(number)
    if job is None or not job.active:
        st.rerun()
    bar, action = st.columns([5, 2], vertical_alignment="center")
    with bar:
        _bar(job)
    if action.button("Cancel", key=f"cancel {number}", width="stretch", disabled=job.cancel_asked):
        jobs().cancel(number)


def _loads() -> list[JobRow]:
    """Jobs under way that change a library, the first to be asked for first."""
    return [job for job in jobs().active() if job.kind not in _ANSWERED_ELSEWHERE]


def _draw_loads() -> None:
    with plain_errors():
        loads = _loads()
        if not loads:
            st.rerun()  # The page shows what they did.
        for job in loads:
            _bar(job)


def _draw() -> None:
    with plain_errors():
        found = jobs().recent()
        shown = [job for job in found if job.active or job.kind not in _ANSWERED_ELSEWHERE]
        for job in shown[:_SHOWN]:
            _job(job)
        watched = st.session_state.get(_WATCHED, set())
        active = {job.id for job in found if job.active}
        st.session_state[_WATCHED] = active
        if watched - active:  # One has ended: the rest of the page shows what it did.
            st.rerun()


def _job(job: JobRow) -> None:
    title = escape_markdown(job.title)
    if job.active:
        bar, action = st.columns([3, 1], vertical_alignment="center")
        with bar:
            _bar(job)
        if action.button("Cancel", key=f"cancel {job.id}", disabled=job.cancel_asked):
            jobs().cancel(job.id)
    elif job.state == DONE:
        st.success(f"**{title}** · {_done(job)}")
    elif job.state == CANCELLED:
        st.info(f"**{title}** · cancelled. Nothing of it was kept.")
    else:
        st.error(f"**{title}** · {escape_markdown(job.message)} {escape_markdown(job.hint)}")


def _bar(job: JobRow) -> None:
    st.progress(job.progress.fraction, f"**{escape_markdown(job.title)}** · {_progress_line(job)}")


def _progress_line(job: JobRow) -> str:
    """How far a job is, in words; safe to show as Markdown."""
    if job.state == QUEUED:
        return "waits for its turn"
    if job.cancel_asked:
        return "ends as soon as it can"
    progress = job.progress
    text = escape_markdown(progress.doing) or "begins"
    if progress.total:
        text += f": {progress.done:,} of {progress.total:,}"
    if progress.rate and progress.rate >= 1:
        text += f" · {progress.rate:,.0f} a second"
    if progress.seconds_left and progress.seconds_left >= 1:
        text += f" · {progress.seconds_left:,.0f} s left"
    return text


def _how(organism: Mapping[str, Any]) -> str:
    return f"in the place of {organism['replaced']:,}" if organism["replaced"] else "added"


def _done(job: JobRow) -> str:
    """What a job did, from the report that it left."""
    report = job.result or {}
    if "said" in report:
        return escape_markdown(report["said"])
    parts = []
    for each in report.get("organisms", []):
        part = (
            f"{escape_markdown(each['organism'])}: {pluralize(each['added'], 'gene')} {_how(each)}"
        )
        part += f"; {pluralize(each['records'], 'record')} read"
        if each["copies"]:
            part += f", {pluralize(each['copies'], 'exact copy', 'exact copies')}"
        if each["known"]:
            part += f", {each['known']:,} there already"
        if lost := each["without_vector"]:
            part += f"; no search finds {lost:,} of them: too short, ambiguous or unusual"
        parts.append(part)
    return f"{'. '.join(parts)}. {report.get('seconds', 0):.1f} s."


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


def compute(
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
        with st.spinner(f"{escape_markdown(title)} …"):
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
        number = jobs().submit("compute", _LINE, title, repr(key), work, current_user())
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
        st.error(f"{escape_markdown(job.message)} {escape_markdown(job.hint)}")
    if st.button("Start again", key=f"again {job.id}"):
        st.session_state["computing"] = {
            key: each for key, each in _mine().items() if each != job.id
        }
        st.rerun()
