"""Notices of jobs that have ended, on every page: a toast, and the title in the browser's tab."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from components.shared.formatting import escape_markdown, isolate_bidi
from components.shared.services import jobs
from components.shared.session import session
from core.stores.sql.job_row import CANCELLED, DONE, JobRow

_SECONDS = 10.0
"""Seconds for which pages that run again, by themselves or at a click, repeat a notice."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A job that has ended, and when this session noticed it.

    Attributes
    ----------
    time
        Seconds of the monotonic clock.
    """

    job: JobRow
    time: float


def announce_ended_jobs(active: Sequence[JobRow], is_shown: Callable[[JobRow], bool]) -> None:
    """Announce the followed jobs that have ended, unless they were cancelled.

    The title stays until the page runs again, so that it is seen by who comes back to the tab. All
    runs within a few seconds repeat the toast: a run that does not draw it would remove it.

    Parameters
    ----------
    active
        All jobs that are queued or running.
    is_shown
        Tells of a job whether the page in view shows its outcome: then there is no toast above it.
    """
    now = time.monotonic()
    ended = session.followed_jobs - {job.id for job in active}
    session.followed_jobs -= ended
    new = [Notice(job, now) for number in sorted(ended) if (job := jobs().get(number))]
    shown = [notice for notice in session.notices if now - notice.time < _SECONDS]
    shown += [notice for notice in new if notice.job.state != CANCELLED]
    session.notices = tuple(shown)
    for notice in shown:
        if not is_shown(notice.job):
            _draw_toast(notice.job)
    if shown:
        st.set_page_config(page_title=_page_title(shown[-1].job))


def _draw_toast(job: JobRow) -> None:
    title = f"**{escape_markdown(job.title)}**"
    if job.state == DONE:
        st.toast(f"{title} · Done", icon=":material/check_circle:", duration="long")
    else:
        text = f"{title} · {escape_markdown(job.message)} {escape_markdown(job.hint)}"
        st.toast(text, icon=":material/error:", duration="long")


def _page_title(job: JobRow) -> str:
    outcome = "Done" if job.state == DONE else "Failed"
    return f"{outcome}: {isolate_bidi(' '.join(job.title.split()))} · GeneKin"
