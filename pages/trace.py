"""From which organism the closest relatives of queries come."""

import hashlib
from collections.abc import Sequence

import streamlit as st

from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import compute
from components.shared.services import chosen_library, plain_errors, require_app_entry
from components.trace.input import trace_input
from components.trace.results import show_traced
from core.library.library import Library
from core.sequences.records import Record
from core.tracing import trace

_QUICK = 100
"""Queries that are traced while a person waits."""
_ASKED = "asked to trace"


def page() -> None:
    """Input, then where it is from."""
    st.title("Trace")
    library = chosen_library()
    if library is None or len(library.organism_names()) < 2:
        st.info(
            "With two organisms or more in the library, this page says from which of them the"
            " closest relatives of your sequences come. An organism is what you load as one: a"
            " species, a strain, a virus."
        )
        if st.button("Load another organism", type="primary"):
            st.switch_page("pages/library.py")
        return
    with plain_errors():
        records = trace_input()
        good = sum(record.problem is None for record in records)
        line, action = st.columns([5, 2], vertical_alignment="center")
        organisms = pluralize(len(library.organism_names()), "organism")
        where = f"{organisms} in the library {escape_markdown(library.name)}"
        line.caption(f"{pluralize(good, 'record')} · {where}")
        pressed = action.button(
            "Trace",
            type="primary",
            width="stretch",
            shortcut="Ctrl+Enter",
            disabled=not good,
            key="trace",
        )
        if pressed:
            st.session_state[_ASKED] = records
        _answer(library)


def _answer(library: Library) -> None:
    records: Sequence[Record] | None = st.session_state.get(_ASKED)
    if not records:
        return
    st.divider()
    traced = compute(
        ("traced", library.name, library.contents(), _digest(records)),
        f"Tracing {pluralize(len(records), 'record')}",
        lambda progress: trace(
            library, records, progress=lambda done, total: progress("Tracing", done, total)
        ),
        quick=len(records) <= _QUICK,
    )
    if traced is not None:
        show_traced(traced, library.families)


def _digest(records: Sequence[Record]) -> str:
    told = hashlib.sha256()
    for record in records:
        told.update(f"{record.name}\0{record.position}\0{record.residues}\n".encode())
    return told.hexdigest()


require_app_entry("pages/trace.py")
page()
