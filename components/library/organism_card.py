"""The organisms of a library, and all libraries, at a glance."""

from collections.abc import Sequence

import streamlit as st

from components.library.charts import (
    describe_families,
    describe_lengths,
    family_chart,
    length_chart,
)
from components.shared.deletion import delete_button
from components.shared.figure import show_chart
from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import libraries
from core.library.library import Library
from core.library.summary import LibrarySummary, summarize_all
from core.stores.sql import LoadRow, OrganismRow

_MAX_LOADS = 3


def organism_card(library: Library, organism: OrganismRow, loads: Sequence[LoadRow]) -> None:
    """Draw an organism: its genes by family and by length, its sources, its deletion."""
    genes = pluralize(organism.count, "gene")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape_markdown(organism.name)}** · {genes}", width="stretch")
        delete_button(
            "Delete",
            f"delete {organism.name}",
            organism.name,
            f"All {genes} of {organism.name} will be deleted from the library {library.name}."
            " Loading them again can take minutes.",
            lambda: libraries().remove_organism(library.name, organism.name),
        )
    families, lengths = organism.families, _lengths(library, organism, loads)
    show_chart(
        family_chart(families, library.families), describe_families(families, library.families)
    )
    show_chart(length_chart(lengths), describe_lengths(lengths))
    st.caption("  \n".join(map(_load_text, loads[-_MAX_LOADS:])))
    if len(loads) > _MAX_LOADS:
        st.caption(f"The last {_MAX_LOADS} of {len(loads):,} loads.")


def all_libraries() -> None:
    """Draw a table of all libraries, and under it what is wrong with some of them."""
    summaries = summarize_all(libraries())
    st.dataframe(
        [
            {
                "library": summary.name,
                "encoder": summary.encoder,
                "index": summary.index,
                "organisms": len(summary.organisms),
                "genes": summary.count,
                "threshold": summary.threshold,
                "status": _status(summary),
            }
            for summary in summaries
        ],
        hide_index=True,
        column_config={
            "library": "Library",
            "encoder": "Encoder",
            "index": "Index",
            "organisms": "Organisms",
            "genes": st.column_config.NumberColumn("Genes", format="localized"),
            "threshold": st.column_config.NumberColumn("Threshold", format="percent"),
            "status": "Status",
        },
        alt="All libraries with their encoders, sizes and status",
    )
    for summary in summaries:
        for sentences in filter(None, (summary.problem, summary.unfinished)):
            st.caption(f"**{escape_markdown(summary.name)}**: {escape_markdown(sentences)}")


def _status(summary: LibrarySummary) -> str:
    if summary.problem:
        return "cannot be searched"
    return "unfinished change" if summary.unfinished else "ready"


def _load_text(load: LoadRow) -> str:
    """Return the source of a load, its genes, its date, and who loaded it."""
    parts = [pluralize(load.count, "gene"), f"{load.date:%Y-%m-%d %H:%M} UTC"]
    if load.source:
        parts.insert(0, escape_markdown(load.source))
    if load.by:
        parts.append(f"by {escape_markdown(load.by)}")
    return " · ".join(parts)


def _lengths(library: Library, organism: OrganismRow, loads: Sequence[LoadRow]) -> dict[int, int]:
    """Return how many sequences have each length, read once for the same loads."""
    dates = tuple(load.date for load in loads)
    address = libraries().stores.database.address
    key = (address, library.identity, organism.partition, organism.count, dates)
    return _read_lengths(key, library, organism)


@st.cache_data(max_entries=500, show_spinner=False)
def _read_lengths(
    key: tuple[object, ...],  # noqa: ARG001  (the cache's key: it changes with every load)
    _library: Library,
    _organism: OrganismRow,
) -> dict[int, int]:
    return _library.lengths(_organism)
