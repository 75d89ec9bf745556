"""Inventory of a deployment: libraries with their fingerprints and counts, and versions."""

import streamlit as st

from components.shared.markup import fact_table
from components.shared.services import libraries
from core.library.summary import LibrarySummary, summarize_all
from core.runs.run import run_versions
from core.stores.sql.migrations import HEAD


def draw_libraries() -> None:
    """Draw a table of all libraries."""
    rows = [library_row(summary) for summary in summarize_all(libraries())]
    if not rows:
        st.info("No libraries yet.")
        return
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "library": "Library",
            "status": "Status",
            "organisms": "Organisms",
            "genes": st.column_config.NumberColumn("Genes", format="localized"),
            "added": st.column_config.NumberColumn(
                "Added since fit",
                format="localized",
                help="Genes added after the encoder was fitted.",
            ),
            "encoder": "Encoder",
            "index": "Index",
            "fingerprint": "Fingerprint",
        },
        alt="All libraries with their fingerprints, sizes and status",
    )


def library_row(summary: LibrarySummary) -> dict[str, object]:
    """Return the row of a library."""
    return {
        "library": summary.name,
        "status": summary.problem or summary.unfinished or "Ready",
        "organisms": len(summary.organisms),
        "genes": summary.count,
        "added": summary.added_since_fit,
        "encoder": summary.encoder,
        "index": summary.index,
        "fingerprint": summary.fingerprint,
    }


def draw_versions() -> None:
    """Draw the versions of the program, its packages and its tables."""
    st.html(fact_table({**run_versions(), "Database schema": HEAD}))
