"""The Classify page before there is a library: the load to wait for, or the button to start one."""

import streamlit as st

from components.shared.jobs import draw_job, follow_job
from components.shared.navigation import LIBRARY_PAGE
from components.shared.services import current_submitter, current_user, jobs, may
from core.access import Action
from core.jobs.first_load import LOAD_KIND, submit_human_reference
from core.stores.sql.job_row import DONE, JobRow


def show_landing(load: JobRow | None) -> None:
    """Show the progress of a load; if there is none, what to do.

    Parameters
    ----------
    load
        That is queued or running.
    """
    if load is not None:
        st.info("The library is being loaded. Submit now: you get the answer when it is ready.")
        follow_job(load, lambda _: None, can_cancel=False)
        return
    if not may(Action.LOAD):
        st.info("There is no library that you may use. Ask a curator to load or share one.")
        return
    st.info("No library loaded yet. The human reference comes with GeneKin.")
    _show_failure()
    with st.container(horizontal=True):
        if st.button("Load the human reference", type="primary"):
            submit_human_reference(jobs(), current_user(), current_submitter())
            st.rerun()
        if st.button("Go to Library"):
            st.switch_page(LIBRARY_PAGE)


def _show_failure() -> None:
    """Show how the last load ended, if it did not succeed."""
    last = next((job for job in jobs().recent() if job.kind == LOAD_KIND), None)
    if last is not None and last.state != DONE:
        draw_job(last)
