"""Jobs, followed while they run: in a list, one by itself, and beside every page."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.state import jobs, plain_errors
from components.text import counted, plain
from core.stores.job_table import CANCELLED, DONE, QUEUED, JobRow

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
    title = plain(job.title)
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
        st.error(f"**{title}** · {plain(job.message)} {plain(job.hint)}")


def _bar(job: JobRow) -> None:
    st.progress(job.progress.fraction, f"**{plain(job.title)}** · {_progress_line(job)}")


def _progress_line(job: JobRow) -> str:
    """How far a job is, in words; safe to show as Markdown."""
    if job.state == QUEUED:
        return "waits for its turn"
    if job.cancel_asked:
        return "ends as soon as it can"
    progress = job.progress
    text = plain(progress.doing) or "begins"
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
        return plain(report["said"])
    parts = []
    for each in report.get("organisms", []):
        part = f"{plain(each['organism'])}: {counted(each['added'], 'gene')} {_how(each)}"
        part += f"; {counted(each['records'], 'record')} read"
        if each["copies"]:
            part += f", {counted(each['copies'], 'exact copy', 'exact copies')}"
        if each["known"]:
            part += f", {each['known']:,} there already"
        if lost := each["without_vector"]:
            part += f"; no search finds {lost:,} of them: too short, ambiguous or unusual"
        parts.append(part)
    return f"{'. '.join(parts)}. {report.get('seconds', 0):.1f} s."
