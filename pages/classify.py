"""Classify DNA sequences into gene families."""

import streamlit as st

from components.classify.batch import show_batch
from components.classify.downloads import offer_downloads, result_header, run_details
from components.classify.input import apply_fill_in, query_input
from components.classify.landing import find_load, show_landing
from components.classify.result import show_query
from components.classify.submission import (
    RUN_PARAMETER,
    RunResult,
    follow_submission,
    load_result,
    submit,
    submit_after,
)
from components.shared.errors import plain_errors
from components.shared.navigation import chosen_library, require_app_entry
from components.shared.session import session
from core.library.library import Library


def page() -> None:
    """Show the input, and the run that the address names."""
    st.title("Classify")
    apply_fill_in()
    library = chosen_library()
    load = None if library else find_load()
    st.write("Paste a DNA sequence and see its gene family, with the evidence.")
    if submission := query_input(library, enabled=bool(library or load)):
        with plain_errors():
            if library:
                submit(library, submission)
            elif load:
                submit_after(load, submission)
    if library is None:
        show_landing(load)
    with plain_errors():
        if not follow_submission() and (run_id := _run_id()):
            _show_result(load_result(run_id), library)


def _run_id() -> str | None:
    """Return the run that the address names, or the last one shown before another page."""
    if RUN_PARAMETER not in st.query_params and session.run:
        st.query_params[RUN_PARAMETER] = session.run
        del session.run
    run_id: str | None = st.query_params.get(RUN_PARAMETER)
    return run_id


def _show_result(result: RunResult, library: Library | None) -> None:
    session.run = result.run.id
    st.divider()
    files = result_header(result, library)
    if len(result.calls) == 1:
        show_query(result, 0)
    else:
        show_batch(result)
    run_details(result.run)
    with files:
        offer_downloads(result)


require_app_entry("pages/classify.py")
page()
