"""The genes of an organism with their best hits in another, and the alignment of one of them."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.shared.alignment import show_alignment
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown, pluralize
from components.shared.session import Slot, remember
from core.library.library import Library
from core.sequences.families import family_name
from core.similarity import Similarity
from core.similarity.comparison import align_genes

_MAX_ROWS = 100
_LEAST, _MOST = "Least similar", "Most similar"
_IDENTICAL = 0.9995
"""Similarity that is displayed as 1.000."""


def show_genes(library: Library, pairs: Sequence[Similarity]) -> None:
    """Show the genes of a chosen organism with their best hits, and align the selected one."""
    st.subheader("Best hits")
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    names = [pair.organism for pair in pairs]
    organism = left.selectbox("Genes of", names, key=f"genes of {pairs[0].reference}")
    end = right.segmented_control(
        "Show", [_LEAST, _MOST], default=_LEAST, required=True, key="which genes"
    )
    pair = pairs[names.index(organism)]
    indices = pair.rank_genes(closest=end == _MOST, max_genes=_MAX_ROWS)
    st.caption(_caption(pair, len(indices), end))
    selected = st.dataframe(
        _table(pair, indices, library.families),
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0], "columns": [], "cells": []}},
        height=300,
        key=f"genes {pair.organism} {pair.reference} {end} {pair.n}",
        alt=f"{end} genes of {pair.organism} with their best hits in {pair.reference}",
    )
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(indices):
        with plain_errors():
            _show_alignment(library, pair, indices[rows[0]])


def _caption(pair: Similarity, rows: int, end: str) -> str:
    identical = int((pair.best >= _IDENTICAL).sum())
    without = int((pair.nearest < 0).sum())
    missing = f", {without:,} have no hit" if without else ""
    return (
        f"{pluralize(pair.n, 'gene')} of {escape_markdown(pair.organism)} against"
        f" {escape_markdown(pair.reference)}: the encoder considers {identical:,} of them identical"
        f" to their best hit{missing}. Showing the {rows:,} {end.lower()}; select one to see its"
        " alignment."
    )


def _table(pair: Similarity, indices: Sequence[int], names: Mapping[int, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene": pair.genes[index].name,
            "family": family_name(names, pair.genes[index].family),
            "cosine similarity": float(pair.best[index]),
            "best hit": hit.name if hit else "none",
            "family of the hit": family_name(names, hit.family) if hit else "",
            "length (bp)": pair.genes[index].length,
        }
        for index in indices
        for hit in [pair.nearest_gene(index)]
    )


def _show_alignment(library: Library, pair: Similarity, index: int) -> None:
    gene, hit = pair.genes[index], pair.nearest_gene(index)
    if hit is None:
        st.caption(f"{escape_markdown(gene.name)} has no hit in {escape_markdown(pair.reference)}.")
        return
    similarity = float(pair.best[index])
    key = (library.fingerprint, gene.id, hit.id)
    alignment = remember(
        Slot.GENE_ALIGNMENT, key, lambda: align_genes(library, gene, hit, similarity)
    )
    if alignment is None:
        st.caption(
            f"No alignment of {escape_markdown(gene.name)} with {escape_markdown(hit.name)} found."
        )
        return
    show_alignment(gene.name, alignment)


_COLUMNS = {
    "cosine similarity": st.column_config.ProgressColumn(
        format="%.3f",
        min_value=0.0,
        max_value=1.0,
        help="With the best hit. 1: same k-mers; 0: none shared.",
    ),
    "length (bp)": st.column_config.NumberColumn(format="localized"),
}
