"""What a person gives to be traced: a text, a file, or the queries of a past run."""

from collections.abc import Sequence

import streamlit as st

from components.own_file import largest_upload
from components.remembering import remembered
from components.state import runs, show_error
from components.text import counted, plain
from core.errors import GeneKinError
from core.exports.fasta import as_typed
from core.runs import Run
from core.sequences.examples import examples
from core.sequences.limits import Limits
from core.sequences.queries import read_queries, read_text_queries
from core.sequences.records import Record
from core.settings import read_settings

TEXT = "trace text"
"""The key of the text area."""
_GIVEN, _RUN = "Sequences", "A past run"
_RUNS = 50
_LONGEST_TEXT = 5_000_000
_MOST_PROBLEMS = 3


def ask() -> Sequence[Record]:
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
        listed = "\n".join(f"- {plain(problem)}" for problem in problems[:_MOST_PROBLEMS])
        more = len(problems) - _MOST_PROBLEMS
        listed += f"\n- and {more:,} more" if more > 0 else ""
        st.warning(f"{counted(len(problems), 'record')} cannot be used:\n{listed}")
    return records


def _given() -> list[Record]:
    text = st.text_area(
        "DNA: bare, FASTA or FASTQ",
        key=TEXT,
        height=150,
        max_chars=_LONGEST_TEXT,
        placeholder=">read 1\nATGGCC…",
    )
    st.button("Example", on_click=_show_example)
    file = st.file_uploader(
        "or a file: FASTA, FASTQ, a table or Excel; plain, gzipped or zipped",
        max_upload_size=largest_upload(),
        key="trace file",
    )
    limits = Limits.of(read_settings())
    if file is not None:
        name, content = file.name, file.getvalue()
        return remembered("to trace", file.file_id, lambda: read_queries(content, name, limits))
    if not text.strip():
        return []
    return remembered("to trace", text, lambda: read_text_queries(text, "The text", limits))


def _show_example() -> None:
    st.session_state[TEXT] = examples()


def _of_run() -> list[Record]:
    found = runs().find("", 0, _RUNS)
    if not found:
        st.caption("Nothing was classified yet.")
        return []
    run = st.selectbox("Run", found, format_func=_named, key="run to trace")
    return remembered("to trace", run.id, lambda: _records(run))


def _named(run: Run) -> str:
    return f"{run.name} · {counted(run.queries, 'query', 'queries')} · {run.created_at:%Y-%m-%d}"


def _records(run: Run) -> list[Record]:
    return read_text_queries(as_typed(runs().queries(run)), run.name, Limits.of(read_settings()))
