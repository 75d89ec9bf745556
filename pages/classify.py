"""Paste sequences, see their gene families and why."""

import streamlit as st

from components.answer import show_answer
from components.answering import Answered, answer, answered, pending
from components.answers import show_answers
from components.asking import ask, put_text
from components.state import chosen_library, plain_errors, through_app
from components.taking import take_away


def page() -> None:
    """Input, then answers."""
    st.title("Classify")
    put_text()
    library = chosen_library()
    if library is None:
        st.info(
            "There is no reference yet to compare with. Load one first: the human genes come with"
            " GeneKin, and take less than a minute."
        )
        if st.button("Go to Library", type="primary"):
            st.switch_page("pages/library.py")
    else:
        question = ask(library)
        if question:
            with plain_errors():
                answer(library, question)
    with plain_errors():
        if not pending() and (run_id := st.query_params.get("run")):
            _show(answered(run_id))


def _show(shown: Answered) -> None:
    st.divider()
    if len(shown.calls) == 1:
        show_answer(shown, 0)
    else:
        show_answers(shown)
    take_away(shown)


through_app("pages/classify.py")
page()
