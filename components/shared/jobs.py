"""Background jobs on the pages: submit one, follow it, list them."""

from collections.abc import Callable, Mapping, Sequence
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
from components.shared.services import current_user, draw_fragment, jobs
from components.shared.session import session
from core.errors import GeneKinError
from core.jobs.job import Work
from core.stores.sql.jobs import CANCELLED, DONE, QUEUED, JobProgress, JobRow

_MAX_LISTED = 5
_FOLLOWED_BY_PAGES = {
    "classify": ("",),
    "compute": ("similarity", "trace"),
    "benchmark": ("benchmark",),
}
"""Kinds of jobs that change no library, and the paths of the pages that show their outcome."""
_JOB_LIST_PAGE = "library"


def submit_job(kind: str, library: str, title: str, digest: str, work: Work) -> int | None:
    """Run work in the background, for the current user.

    Parameters
    ----------
    kind
        A word, such as ``"load"``.
    library
        What it works on: jobs of one library wait for each other.
    title
        What the page calls it.
    digest
        Stands for all that the result depends on: of the same, one job runs at a time.

    Returns
    -------
    int or None
        The job's id; None if it was not accepted, which is then shown as an error.
    """
    try:
        job = jobs().submit(kind, library, title, digest, work, current_user())
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
        draw_fragment(_draw_followed, 1.0, show=page != _JOB_LIST_PAGE)


def _changes_library(job: JobRow) -> bool:
    return job.kind not in _FOLLOWED_BY_PAGES


def _follow(number: int, *, can_cancel: bool) -> None:
    with plain_errors():
        active = jobs().active()
        job = next((job for job in active if job.id == number), None)
        if job is None:
            st.rerun()  # The page shows its outcome.
        draw_job(job, active, can_cancel=can_cancel)


def _follow_loads(active: Sequence[JobRow]) -> None:
    session.followed_jobs |= {job.id for job in active if _changes_library(job)}


def _draw_followed(*, show: bool) -> None:
    with plain_errors():
        active = jobs().active()
        _follow_loads(active)
        if session.followed_jobs - {job.id for job in active}:
            st.rerun()  # The page shows what it changed, and announces it.
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
    if job.state == QUEUED:
        ahead = sum(other.library == job.library and other.id < job.id for other in active)
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
