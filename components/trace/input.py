"""Input of the Trace page: text, a file, or the queries of an earlier run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from components.shared.errors import show_error
from components.shared.formatting import pluralize
from components.shared.kept_file import clear_file, given_file
from components.shared.sequence_input import (
    MAX_TEXT_LENGTH,
    enable_live_input,
    file_input,
    list_problems,
    read_input,
    show_notes,
)
from components.shared.services import runs
from components.shared.session import (
    TRACE_TEXT_KEY,
    Slot,
    remember,
    session,
)
from core.errors import GeneKinError
from core.runs import Run
from core.runs.exports.fasta import format_queries
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.records import Record
from core.sequences.references.examples import make_examples
from core.settings import read_settings
from core.web.program_calls import Sequences

_FILE = "trace file"
_SEQUENCES, _RUN = "Sequences", "Earlier run"
_MAX_RUNS = 50


@dataclass(frozen=True, slots=True)
class TraceInput:
    """Records to trace.

    Attributes
    ----------
    records
        Empty if nothing was entered, or it cannot be read.
    name
        Name of their file or run; empty for text.
    sequences
        The same for a program.
    """

    records: Sequence[Record] = ()
    name: str = ""
    sequences: Sequences = field(default_factory=lambda: Sequences.of_text(""))


def trace_input() -> TraceInput:
    """Ask for the records to trace, and name the invalid ones."""
    source = st.segmented_control(
        "Input",
        [_SEQUENCES, _RUN],
        default=_SEQUENCES,
        required=True,
        label_visibility="collapsed",
        key="trace source",
    )
    try:
        entered = _read_run() if source == _RUN else _read_sequences()
    except GeneKinError as error:
        show_error(error)
        return TraceInput()
    show_notes(entered.records)
    if invalid := sum(record.problem is not None for record in entered.records):
        count = pluralize(invalid, "record")
        st.warning(f"{count} invalid.  \n{list_problems(entered.records)}")
    return entered


def _read_sequences() -> TraceInput:
    text = st.text_area(
        "DNA sequences (raw, FASTA or FASTQ)",
        key=TRACE_TEXT_KEY,
        height=150,
        max_chars=MAX_TEXT_LENGTH,
        placeholder=">read 1\nATGGCC…",
    )
    enable_live_input()
    st.button("Example", on_click=_show_example)
    file = file_input(_FILE)
    if file is None and not text.strip():
        return TraceInput()
    records = read_input(Slot.TRACE_QUERIES, file, text, Limits.of(read_settings()))
    if file is None:
        return TraceInput(records, "", Sequences.of_text(text))
    return TraceInput(records, file.name, Sequences.of_file(file.name))


def _show_example() -> None:
    session.trace_text = make_examples()
    if given_file(_FILE):
        clear_file(_FILE)


def _read_run() -> TraceInput:
    recent = runs().find("", 0, _MAX_RUNS)
    if not recent:
        st.caption("No runs yet.")
        return TraceInput()
    run = st.selectbox("Run", recent, format_func=_label, key="run to trace")
    return TraceInput(remember(Slot.TRACE_QUERIES, run.id, lambda: _queries(run)), run.name)


def _label(run: Run) -> str:
    return f"{run.name} · {pluralize(run.queries, 'query', 'queries')} · {run.created_at:%Y-%m-%d}"


def _queries(run: Run) -> list[Record]:
    text = format_queries(runs().queries(run))
    return read_text_queries(text, run.name, Limits.of(read_settings()))
