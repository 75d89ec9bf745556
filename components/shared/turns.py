"""Turns of the questions that pages answer at once, so that many people share a process fairly."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.shared.formatting import format_ordinal
from components.shared.services import current_submitter
from core.settings import read_settings
from core.turns import process_turns


@contextmanager
def question_turn() -> Iterator[None]:
    """Answer a question in the block, when it is its turn; show the position meanwhile.

    Raises
    ------
    BusyError
        If its turn does not come in time.
    """
    slot = st.empty()

    def show(position: int) -> None:
        slot.caption(f"Waiting: {format_ordinal(position)} in line.")

    with process_turns(read_settings().question_slots).take(current_submitter(), show):
        slot.empty()
        yield
