"""The input above a result: one line that opens to edit it, and a note if it has changed since."""

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from components.classify.input import apply_fill_in, entered_records, fill_in
from components.classify.submission import RunResult
from components.shared.formatting import escape_markdown
from components.shared.session import session
from core.runs.exports.fasta import format_queries
from core.stores.sql.job_row import JobRow

_MAX_EDITABLE_BASES = 2_000_000
"""Bases of all queries up to which the text area can take them."""
_MAX_NAME = 60
"""Characters of a name in the line."""


def result_input(result: RunResult) -> ExpanderContainer:
    """Draw the line of a result; return the container of its input.

    Opening it enters the queries of the result, unless they are there or have been edited since.
    """
    area = _line(describe_queries(result), f"input of {result.run.id}")
    edited = session.edited_run == result.run.id
    if area.open and not edited:
        session.edited_run = result.run.id
        if not (_too_large(result) or _is_entered(result)):
            fill_in(format_queries(result.queries))
            apply_fill_in()
    elif edited and not area.open and _is_entered(result):
        session.edited_run = ""
    if area.open and _too_large(result) and not entered_records():
        limit = f"{_MAX_EDITABLE_BASES:,} bp"
        area.caption(f"These queries are too large to edit here (more than {limit}).")
    return area


def job_input(job: JobRow) -> ExpanderContainer:
    """Draw the line of a classification in the background; return the container of its input."""
    return _line(escape_markdown(job.title), f"input of job {job.id}")


def warn_if_edited(result: RunResult) -> None:
    """Say so if the input has become another one than that of the result below."""
    records = entered_records()
    if session.edited_run == result.run.id and records and not _is_entered(result):
        st.warning(
            f"This result is for an earlier input: {describe_queries(result)}. Press Classify to"
            " classify the input above."
        )


def describe_queries(result: RunResult) -> str:
    """Return the name of a run and the size of its queries, as Markdown."""
    run = result.run
    name = run.name if len(run.name) <= _MAX_NAME else f"{run.name[: _MAX_NAME - 1]}…"
    size = f"{result.calls[0].length:,} bp" if run.queries == 1 else f"{run.queries:,} queries"
    return f"{escape_markdown(name)}, {size}"


def _line(subject: str, key: str) -> ExpanderContainer:
    return st.expander(f"{subject} · **Edit**", icon=":material/edit:", key=key, on_change="rerun")


def _is_entered(result: RunResult) -> bool:
    """Return whether the input has the sequences of the result."""
    records = entered_records()
    return len(records) == len(result.queries) and all(
        record.residues == query.residues
        for record, query in zip(records, result.queries, strict=True)
    )


def _too_large(result: RunResult) -> bool:
    return sum(len(query.residues) for query in result.queries) > _MAX_EDITABLE_BASES
