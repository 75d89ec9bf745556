"""Paste sequences, see their gene families and why."""

import streamlit as st

from components.answer import show_answer
from components.answering import RUN, Answered, answer, answered, pending
from components.answers import show_answers
from components.asking import ask, put_text
from components.state import chosen_library, plain_errors, through_app
from components.taking import about, offer, take_away
from core.library import Library


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
        question = ask(library)
        if question:
            with plain_errors():
                answer(library, question)
    with plain_errors():
        if not pending() and (run_id := _run_id()):
            _show(answered(run_id), library)


def _run_id() -> str | None:
    """The run of the address; back from another page, the one that was shown last."""
    if RUN not in st.query_params and RUN in st.session_state:
        st.query_params[RUN] = st.session_state.pop(RUN)
    run_id: str | None = st.query_params.get(RUN)
    return run_id


def _show(shown: Answered, library: Library | None) -> None:
    st.session_state[RUN] = shown.run.id
    st.divider()
    files = take_away(shown, library)
    if len(shown.calls) == 1:
        show_answer(shown, 0)
    else:
        show_answers(shown)
    about(shown.run)
    with files:
        offer(shown)


through_app("pages/classify.py")
page()
