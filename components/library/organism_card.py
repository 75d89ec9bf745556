"""An organism of a library, and all libraries, at a glance."""

from collections.abc import Sequence

import streamlit as st

from components.shared.charts import family_stack, family_text, length_bars, length_text
from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import libraries, plain_errors
from core.library.library import Library
from core.library.summary import summarize_all
from core.stores.sql import LoadRow, OrganismRow

_SOURCES = 3
"""Loads of an organism that are told of one by one."""


def organism_card(library: Library, organism: OrganismRow, loads: Sequence[LoadRow]) -> None:
    """Its genes by family and by length, where they came from, and how it is removed."""
    name, action = st.columns([3, 1], vertical_alignment="center")
    name.markdown(f"**{escape_markdown(organism.name)}** · {pluralize(organism.count, 'gene')}")
    with action.popover("Remove"):
        st.write(
            f"Remove {escape_markdown(organism.name)} with its {pluralize(organism.count, 'gene')}?"
        )
        if st.button("Yes, remove", key=f"remove {organism.name}", type="primary"):
            with plain_errors():
                libraries().remove_organism(library.name, organism.name)
                st.rerun()
    families, lengths = organism.families, _lengths(library, organism, loads)
    st.altair_chart(
        family_stack(families, library.families), alt=family_text(families, library.families)
    )
    st.altair_chart(length_bars(lengths), alt=length_text(lengths))
    st.caption("  \n".join(map(_told, loads[-_SOURCES:])))
    if len(loads) > _SOURCES:
        st.caption(f"The last {_SOURCES} of {len(loads):,} loads.")


def all_libraries() -> None:
    """A table of all libraries."""
    found = summarize_all(libraries())
    st.dataframe(
        [
            {
                "library": each.name,
                "encoder": each.encoder,
                "index": each.index,
                "organisms": len(each.organisms),
                "genes": each.count,
                "threshold": each.threshold,
                "state": each.problem or "ready",
            }
            for each in found
        ],
        hide_index=True,
        column_config={
            "genes": st.column_config.NumberColumn(format="localized"),
            "threshold": st.column_config.NumberColumn(format="percent"),
        },
        alt="All libraries, with what they hold",
    )


def _told(load: LoadRow) -> str:
    """Where genes came from, when, and by whom."""
    parts = [pluralize(load.count, "gene"), f"{load.date:%Y-%m-%d %H:%M} UTC"]
    if load.source:
        parts.insert(0, escape_markdown(load.source))
    if load.by:
        parts.append(f"by {escape_markdown(load.by)}")
    return " · ".join(parts)


def _lengths(library: Library, organism: OrganismRow, loads: Sequence[LoadRow]) -> dict[int, int]:
    """Measured once for what is there: it reads every sequence."""
    dates = tuple(load.date for load in loads)
    address = libraries().stores.database.address
    key = (address, library.identity, organism.partition, organism.count, dates)
    return _measured(key, library, organism)


@st.cache_data(max_entries=500, show_spinner=False)
def _measured(
    key: tuple[object, ...],  # noqa: ARG001  (it says whether anything has changed)
    _library: Library,
    _organism: OrganismRow,
) -> dict[int, int]:
    return _library.lengths(_organism)
