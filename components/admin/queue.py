"""The queue of jobs of all users, and the latest that ended."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.shared.formatting import pluralize
from components.shared.services import jobs
from core.stores.sql.job_row import QUEUED, RUNNING, JobRow

_SHOWN = 20
_COLUMNS: Mapping[str, ColumnConfig | str] = {
    "job": st.column_config.NumberColumn("Job", format="%d"),
    "kind": "Kind",
    "title": "Title",
    "library": "Library",
    "user": "User",
    "state": "State",
    "progress": st.column_config.ProgressColumn("Progress", format="percent", max_value=1.0),
    "submitted": st.column_config.DatetimeColumn("Submitted", format="YYYY-MM-DD HH:mm:ss"),
    "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
    "message": "Message",
}
_OPTIONAL = ("user", "progress", "message")
"""Columns that are left out if they are empty."""


def draw_queue() -> None:
    """Draw the jobs that are queued or running, then the latest others."""
    recent = jobs().recent()
    active = [job for job in recent if job.active]
    states = {state: sum(job.state == state for job in active) for state in (RUNNING, QUEUED)}
    st.caption(f"{states[RUNNING]:,} running, {states[QUEUED]:,} queued. Times in UTC.")
    listed = (active + [job for job in recent if not job.active])[: max(_SHOWN, len(active))]
    if not listed:
        st.info("No jobs yet.")
        return
    rows = job_rows(listed)
    st.dataframe(
        rows,
        column_order=[
            name
            for name in _COLUMNS
            if name not in _OPTIONAL or any(row[name] not in {"", None} for row in rows)
        ],
        hide_index=True,
        column_config=_COLUMNS,
        alt=f"The latest {pluralize(len(rows), 'job')}",
    )


def job_rows(listed: Sequence[JobRow]) -> list[dict[str, object]]:
    """Return a row for each job."""
    return [
        {
            "job": job.id,
            "kind": job.kind,
            "title": job.title,
            "library": job.library,
            "user": job.by,
            "state": job.state,
            "progress": job.progress.fraction if job.active else None,
            "submitted": job.submitted_at,
            "seconds": _seconds(job),
            "message": " ".join(filter(None, (job.message, job.hint))),
        }
        for job in listed
    ]


def _seconds(job: JobRow) -> float | None:
    """Return how long a job has run that has ended."""
    if job.started_at is None or job.finished_at is None:
        return None
    return (job.finished_at - job.started_at).total_seconds()
