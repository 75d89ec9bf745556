"""Background jobs on the pages: submit one, follow it, list them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from components.shared.errors import plain_errors, show_error
from components.shared.formatting import (
    escape_markdown,
    format_duration,
    format_ordinal,
    pluralize,
)
from components.shared.notices import announce_ended_jobs
from components.shared.services import (
    current_submitter,
    current_user,
    draw_fragment,
    is_worker_missing,
    jobs,
)
from components.shared.session import session
from core.errors import GeneKinError
from core.jobs.order import jobs_ahead
from core.jobs.queue import JobRequest
from core.stores.sql.job_row import CANCELLED, DONE, JobProgress, JobRow

_MAX_LISTED = 5
_FOLLOWED_BY_PAGES = {
    "classify": ("",),
    "trace": ("trace",),
    "compare": ("similarity",),
    "map": ("similarity",),
    "benchmark": ("benchmark",),
}
"""Kinds of jobs that change no library, and the paths of the pages that show their outcome."""
_JOB_LIST_PAGE = "library"
_OWN_SECONDS, _OTHERS_SECONDS = 1.0, 3.0
"""Time between two looks at the jobs that this session, or only others, have submitted: while a
library is loaded, every open tab looks."""
_NO_WORKER = "No worker is running: jobs wait."


def submit_job(request: JobRequest) -> int | None:
    """Submit a job for the current user.

    Returns
    -------
    int or None
        The job's id; None if it was not accepted, which is then shown as an error.
    """
    request = replace(request, by=current_user(), submitter=current_submitter())
    try:
        job = jobs().submit(request)
    except GeneKinError as error:
        show_error(error)
        return None
    session.watched_jobs |= {job}
    session.followed_jobs |= {job}
    return job


def follow_job(job: JobRow, on_done: Callable[[Any], None], *, can_cancel: bool = True) -> bool:
    """Show a job's progress until it ends, then its outcome.

    Parameters
    ----------
    on_done
        Called with the job's result, in place of a message, if it is done.
    can_cancel
        Whether there is a button that cancels it.

    Returns
    -------
    bool
        Whether it is still queued or running.
    """
    if job.active:
        draw_fragment(_follow, 0.5, job.id, can_cancel=can_cancel)
    elif job.state == DONE:
        on_done(job.result)
    else:
        draw_job(job)
    return job.active


def draw_job(job: JobRow, active: Sequence[JobRow] = (), *, can_cancel: bool = True) -> None:
    """Draw a job: its progress, with a button that cancels it, or its outcome.

    Parameters
    ----------
    active
        All jobs that are queued or running, in the order they came.
    """
    title = f"**{escape_markdown(job.title)}**"
    if job.active:
        can_cancel = can_cancel and jobs().may_cancel(job)
        bar, action = st.columns([3, 1], vertical_alignment="center") if can_cancel else (st, None)
        bar.progress(job.progress.fraction, f"{title} · {_progress_text(job, active)}")
        if action and action.button("Cancel", key=f"cancel {job.id}", disabled=job.cancel_asked):
            jobs().cancel(job.id)
    elif job.state == DONE:
        st.success(f"{title} · {_result_text(job.result or {})}")
    elif job.state == CANCELLED:
        st.info(f"{title} · Cancelled. No results saved.")
    else:
        st.error(f"{title} · {escape_markdown(job.message)} {escape_markdown(job.hint)}")


def job_list() -> None:
    """Draw the latest jobs of all libraries, and every job that is queued or running."""
    with plain_errors():
        draw_fragment(_draw_list, 1.0 if jobs().active() else None)


def followed_jobs(page: str) -> None:
    """Announce the jobs that have ended, and follow those that go on, until one of them ends.

    Followed are the jobs that this session has submitted, and all that change a library.

    Parameters
    ----------
    page
        Path of the page in view. The progress of loads is drawn, unless it lists all jobs.
    """
    active = jobs().active()
    _follow_loads(active)
    announce_ended_jobs(active, lambda job: page in _FOLLOWED_BY_PAGES.get(job.kind, ()))
    if session.followed_jobs:
        own = any(job.submitter == current_submitter() for job in active)
        seconds = _OWN_SECONDS if own else _OTHERS_SECONDS
        draw_fragment(_draw_followed, seconds, show=page != _JOB_LIST_PAGE)
    elif active:
        _warn_without_worker()


def _changes_library(job: JobRow) -> bool:
    return job.kind not in _FOLLOWED_BY_PAGES


def _follow(number: int, *, can_cancel: bool) -> None:
    with plain_errors():
        active = jobs().active()
        job = next((job for job in active if job.id == number), None)
        if job is None:
            st.rerun()  # The page shows its outcome.
        draw_job(job, active, can_cancel=can_cancel)


def _warn_without_worker() -> None:
    if is_worker_missing():
        st.warning(_NO_WORKER)


def _follow_loads(active: Sequence[JobRow]) -> None:
    session.followed_jobs |= {job.id for job in active if _changes_library(job)}


def _draw_followed(*, show: bool) -> None:
    with plain_errors():
        active = jobs().active()
        _follow_loads(active)
        if session.followed_jobs - {job.id for job in active}:
            st.rerun()  # The page shows what it changed, and announces it.
        _warn_without_worker()
        for job in filter(_changes_library, active if show else ()):
            draw_job(job, active, can_cancel=False)


def _draw_list() -> None:
    with plain_errors():
        recent = jobs().recent()
        active = [job for job in reversed(recent) if job.active]
        listed = [job for job in recent if job.active or _changes_library(job)]
        for job in listed[:_MAX_LISTED]:
            draw_job(job, active)
        watched, running = session.watched_jobs, frozenset(job.id for job in active)
        session.watched_jobs = running
        if watched - running:  # One has ended: the rest of the page shows what it changed.
            st.rerun()


def _progress_text(job: JobRow, active: Sequence[JobRow]) -> str:
    """Return how far a job is, as Markdown."""
    if job.cancel_asked:
        return "Cancelling…"
    if job.waiting:
        ahead = jobs_ahead(job, active)
        return f"Queued ({format_ordinal(ahead + 1)})" if ahead else "Queued"
    progress: JobProgress = job.progress
    text = escape_markdown(progress.step) or "Starting"
    if progress.total:
        text += f": {progress.done:,} of {progress.total:,}"
    if progress.rate and progress.rate >= 1:
        text += f" · {progress.rate:,.0f}/s"
    if progress.seconds_left and progress.seconds_left >= 1:
        text += f" · about {format_duration(progress.seconds_left)} left"
    return text


def _result_text(result: Mapping[str, Any]) -> str:
    """Return what a job did, as Markdown, from the report that it left."""
    if "said" in result:
        return escape_markdown(result["said"])
    parts = [_load_text(organism) for organism in result.get("organisms", ())]
    return f"{'. '.join(parts)}. {result.get('seconds', 0):.1f} s."


def _load_text(organism: Mapping[str, Any]) -> str:
    """Return what a load did for one organism."""
    text = f"{escape_markdown(organism['organism'])}: {pluralize(organism['added'], 'gene')}"
    replaced = organism["replaced"]
    text += f", replacing {replaced:,}" if replaced else " added"
    text += f"; {pluralize(organism['records'], 'record')} read"
    if copies := organism["copies"]:
        text += f", {pluralize(copies, 'exact copy', 'exact copies')}"
    if known := organism["known"]:
        text += f", {known:,} already present"
    if unindexed := organism["without_vector"]:
        text += f"; {unindexed:,} not indexed (too short, ambiguous or unusual)"
    return text
