"""Classify DNA sequences into gene families."""

import streamlit as st

from components.classify.batch import forget_filters, show_batch, show_summary
from components.classify.downloads import result_header, run_details
from components.classify.input import apply_fill_in, query_input, take_submission
from components.classify.landing import show_landing
from components.classify.program_calls import input_calls, result_calls
from components.classify.result import show_evidence, show_verdict
from components.classify.result_input import job_input, result_input, warn_if_edited
from components.classify.submission import (
    RunResult,
    follow_submission,
    load_result,
    submit,
    submit_after,
)
from components.shared.errors import plain_errors
from components.shared.markup import scroll_to_top
from components.shared.navigation import RUN_PARAMETER, chosen_library, require_app_entry
from components.shared.services import jobs
from components.shared.session import session
from core.jobs.first_load import active_load
from core.library.library import Library
from core.stores.sql.job_row import JobRow


def page() -> None:
    """Show the input, and the run that the address names."""
    st.title("Classify")
    apply_fill_in()
    library = chosen_library()
    load = None if library else active_load(jobs())
    question, answer = st.container(), st.container()
    job, result = None, None
    with answer, plain_errors():
        _submit(library, load)
    with answer, plain_errors():
        job = follow_submission()
        if job is None and (run_id := _run_id()):
            result = load_result(run_id)
    with question:
        _ask(library, load, job, result)
    if result is not None:
        with answer, plain_errors():
            _show_result(result, library)
    elif library is not None and job is None:
        input_calls(library)


def _submit(library: Library | None, load: JobRow | None) -> None:
    """Submit what was entered, if the button was pressed."""
    submission = take_submission(library)
    if submission is None:
        return
    forget_filters()
    if library:
        submit(library, submission)
    elif load:
        submit_after(load, submission)


def _ask(
    library: Library | None, load: JobRow | None, job: JobRow | None, result: RunResult | None
) -> None:
    """Draw the input, as one line above a result."""
    line = result_input(result) if result else job_input(job) if job else None
    if line is None:
        st.write("Paste a DNA sequence and see its gene family, with the evidence.")
    with line or st.container():
        query_input(
            library,
            enabled=bool(library or load),
            in_view=line is None or bool(line.open),
        )
    if library is None:
        show_landing(load)
    if result is not None:
        warn_if_edited(result)


def _run_id() -> str | None:
    """Return the run that the address names, or the last one shown before another page."""
    if RUN_PARAMETER not in st.query_params and session.run:
        st.query_params[RUN_PARAMETER] = session.run
        del session.run
    run_id: str | None = st.query_params.get(RUN_PARAMETER)
    return run_id


def _show_result(result: RunResult, library: Library | None) -> None:
    session.run = result.run.id
    if len(result.calls) == 1:
        why = show_verdict(result, 0)
        result_header(result, library)
        show_evidence(result, 0, why)
    else:
        show_summary(result)
        result_header(result, library)
        show_batch(result)
    run_details(result.run)
    result_calls(result)
    st.html(scroll_to_top(result.run.id), unsafe_allow_javascript=True)


require_app_entry("pages/classify.py")
page()
