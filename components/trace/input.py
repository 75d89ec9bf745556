"""What a person gives to be traced: a text, a file, or the queries of a past run."""

from collections.abc import Sequence

import streamlit as st

from components.shared.formatting import pluralize
from components.shared.sequence_input import (
    LONGEST_TEXT,
    enable_live_input,
    file_input,
    named_problems,
    read_input,
)
from components.shared.services import runs, show_error
from components.shared.session import remember
from core.errors import GeneKinError
from core.runs import Run
from core.runs.exports.fasta import as_typed
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.records import Record
from core.sequences.references.examples import examples
from core.settings import read_settings

TEXT = "trace text"
"""The key of the text area."""
_GIVEN, _RUN = "Sequences", "A past run"
_RUNS = 50


def trace_input() -> Sequence[Record]:
    """The records that were given; none where there are none yet, or they cannot be read."""
    source = st.segmented_control(
        "What", [_GIVEN, _RUN], default=_GIVEN, required=True, label_visibility="collapsed"
    )
    try:
        records = _of_run() if source == _RUN else _given()
    except GeneKinError as error:
        show_error(error)
        return []
    problems = [record.problem.message for record in records if record.problem]
    if problems:
        count = pluralize(len(problems), "record")
        st.warning(f"{count} cannot be used.  \n{named_problems(problems)}")
    return records


def _given() -> Sequence[Record]:
    text = st.text_area(
        "DNA: bare, FASTA or FASTQ",
        key=TEXT,
        height=150,
        max_chars=LONGEST_TEXT,
        placeholder=">read 1\nATGGCC…",
    )
    enable_live_input()
    st.button("Example", on_click=_show_example)
    file = file_input("trace file")
    if file is None and not text.strip():
        return []
    return read_input("to trace", file, text, Limits.of(read_settings()))


def _show_example() -> None:
    st.session_state[TEXT] = examples()


def _of_run() -> list[Record]:
    found = runs().find("", 0, _RUNS)
    if not found:
        st.caption("Nothing was classified yet.")
        return []
    run = st.selectbox("Run", found, format_func=_named, key="run to trace")
    return remember("to trace", run.id, lambda: _records(run))


def _named(run: Run) -> str:
    return f"{run.name} · {pluralize(run.queries, 'query', 'queries')} · {run.created_at:%Y-%m-%d}"


def _records(run: Run) -> list[Record]:
    return read_text_queries(as_typed(runs().queries(run)), run.name, Limits.of(read_settings()))
