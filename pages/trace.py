"""Find the organism that sequences come from."""

import hashlib
from collections.abc import Sequence

import streamlit as st

from components.shared.computation import compute
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown, pluralize
from components.shared.navigation import LIBRARY_PAGE, chosen_library, require_app_entry
from components.shared.session import session
from components.trace.input import TraceInput, trace_input
from components.trace.results import show_source, show_traced
from core.library.library import Library
from core.sequences.records import Record
from core.tracing import trace

_QUICK = 100
"""Number of queries up to which they are traced right away."""


def page() -> None:
    """Show the input, and the result of the last trace."""
    st.title("Trace")
    library = chosen_library()
    if library is None or len(library.organism_names()) < 2:
        st.info(
            "Load at least two organisms to find out which of them your sequences come from. An"
            " organism is whatever you load as one: a species, a strain, a virus."
        )
        if st.button("Load another organism", type="primary"):
            st.switch_page(LIBRARY_PAGE)
        return
    with plain_errors():
        entered = trace_input()
        valid = sum(record.problem is None for record in entered.records)
        line, action = st.columns([5, 2], vertical_alignment="center")
        organisms = pluralize(len(library.organism_names()), "organism")
        line.caption(
            f"{pluralize(valid, 'valid record')} · {organisms} in the library"
            f" {escape_markdown(library.name)}"
        )
        pressed = action.button(
            "Trace",
            type="primary",
            width="stretch",
            shortcut="Ctrl+Enter",
            disabled=not valid,
            key="trace",
        )
        if pressed:
            session.traced_records = tuple(entered.records)
            session.traced_name = entered.name
        _show_result(library, entered)


def _show_result(library: Library, entered: TraceInput) -> None:
    records = session.traced_records
    if not records:
        return
    st.divider()
    show_source(records, session.traced_name, current=records == tuple(entered.records))
    traced = compute(
        ("traced", library.name, library.contents(), _digest(records)),
        f"Tracing {pluralize(len(records), 'record')}",
        lambda progress: trace(library, records, progress=progress),
        quick=len(records) <= _QUICK,
    )
    if traced is not None:
        show_traced(traced, library.families)


def _digest(records: Sequence[Record]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(f"{record.name}\0{record.position}\0{record.residues}\n".encode())
    return digest.hexdigest()


require_app_entry("pages/trace.py")
page()
