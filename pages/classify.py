"""Paste sequences, see their gene families and why."""

import streamlit as st

from components.classify.batch import show_answers
from components.classify.downloads import about, download_panel, offer
from components.classify.input import (
    RUN,
    Answer,
    classify_question,
    load_answer,
    put_text,
    query_input,
    show_pending,
)
from components.classify.result import show_answer
from components.shared.services import chosen_library, plain_errors, require_app_entry
from core.library.library import Library


def page() -> None:
    """Input, then answers."""
    st.title("Classify")
    put_text()
    library = chosen_library()
    if library is None:
        st.info(
            "There is no reference yet to compare with. Load one first: the human genes come with"
            " GeneKin, and take about a minute."
        )
        if st.button("Go to Library", type="primary"):
            st.switch_page("pages/library.py")
    else:
        question = query_input(library)
        if question:
            with plain_errors():
                classify_question(library, question)
    with plain_errors():
        if not show_pending() and (run_id := _run_id()):
            _show(load_answer(run_id), library)


def _run_id() -> str | None:
    """The run of the address; back from another page, the one that was shown last."""
    if RUN not in st.query_params and RUN in st.session_state:
        st.query_params[RUN] = st.session_state.pop(RUN)
    run_id: str | None = st.query_params.get(RUN)
    return run_id


def _show(shown: Answer, library: Library | None) -> None:
    st.session_state[RUN] = shown.run.id
    st.divider()
    files = download_panel(shown, library)
    if len(shown.calls) == 1:
        show_answer(shown, 0)
    else:
        show_answers(shown)
    about(shown.run)
    with files:
        offer(shown)


require_app_entry("pages/classify.py")
page()
