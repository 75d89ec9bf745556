"""The genes behind a figure: the closest and the farthest, each one click from its alignment."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.shared.formatting import escape_markdown, pluralize
from components.shared.services import plain_errors
from components.shared.session import remember
from core.alignment.pairwise import Alignment, as_text
from core.library.library import Library
from core.similarity import Similarity
from core.similarity.gene_alignment import align_genes

_MOST = 100
_FARTHEST, _CLOSEST = "Farthest", "Closest"
_DOUBLES = 0.9995
"""From here on an inner product is shown as 1.000."""


def show_genes(library: Library, pairs: Sequence[Similarity]) -> None:
    """Genes of an organism with their nearest of another; the alignment of the chosen one."""
    st.subheader("The genes themselves")
    organism, end = st.columns([3, 2], vertical_alignment="bottom")
    names = [pair.of for pair in pairs]
    chosen = organism.selectbox("Genes of", names, key=f"genes of {pairs[0].to}")
    which = end.segmented_control(
        "Which", [_FARTHEST, _CLOSEST], default=_FARTHEST, required=True, key="which genes"
    )
    pair = pairs[names.index(chosen)]
    places = pair.ranked(closest=which == _CLOSEST, most=_MOST)
    doubles = int((pair.best >= _DOUBLES).sum())
    nothing = int((pair.nearest < 0).sum())
    strangers = f", {nothing:,} share nothing with any" if nothing else ""
    st.caption(
        f"{pluralize(pair.n, 'gene')} of {escape_markdown(pair.of)} with the nearest of {escape_markdown(pair.to)}:"
        f" {doubles:,} have one that the encoder takes for the same{strangers}."
        f" The {len(places):,} {which.lower()} are shown; select one to align it."
    )
    selected = st.dataframe(
        _table(pair, places, library.families),
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0], "columns": [], "cells": []}},
        height=300,
        key=f"genes {pair.of} {pair.to} {which} {pair.n}",
        alt=f"The {which.lower()} genes of {pair.of}, with their nearest of {pair.to}",
    )
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(places):
        with plain_errors():
            _alignment(library, pair, places[rows[0]])


def _table(pair: Similarity, places: Sequence[int], names: Mapping[int, str]) -> pd.DataFrame:
    def family(number: int) -> str:
        return names.get(number, f"class {number}")

    return pd.DataFrame(
        {
            "gene": pair.genes[place].name,
            "family": family(pair.genes[place].family),
            "inner product": float(pair.best[place]),
            "nearest": nearest.name if nearest else "none",
            "its family": family(nearest.family) if nearest else "",
            "bases": pair.genes[place].length,
        }
        for place in places
        for nearest in [pair.nearest_gene(place)]
    )


def _alignment(library: Library, pair: Similarity, place: int) -> None:
    gene, nearest = pair.genes[place], pair.nearest_gene(place)
    if nearest is None:
        st.caption(
            f"{escape_markdown(gene.name)} shares nothing with any gene of {escape_markdown(pair.to)}."
        )
        return
    product = float(pair.best[place])
    key = (library.fingerprint, gene.id, nearest.id)
    found = remember("aligned genes", key, lambda: align_genes(library, gene, nearest, product))
    if found is None:
        st.caption(
            f"Nothing of {escape_markdown(gene.name)} aligns with {escape_markdown(nearest.name)}."
        )
        return
    st.caption(_about(gene.name, found))
    st.code(as_text(found), language=None)


def _about(name: str, found: Alignment) -> str:
    weak = "" if found.beyond_chance else " Chance alone may bring as much."
    what = "residues" if found.frame else "bases"
    return (
        f"{escape_markdown(name)}, bases {found.query_start:,} to {found.query_end:,}, with"
        f" {escape_markdown(found.of.name)} of {escape_markdown(found.of.organism)}, {what} {found.hit_start:,} to"
        f" {found.hit_end:,}: {found.identity:.0%} identical, {found.query_coverage:.0%} of the"
        f" gene and {found.hit_coverage:.0%} of the other.{weak}"
    )


_COLUMNS = {
    "inner product": st.column_config.ProgressColumn(
        format="%.3f",
        min_value=0.0,
        max_value=1.0,
        help="With the nearest gene. 1: the same words; 0: none shared.",
    ),
    "bases": st.column_config.NumberColumn(format="localized"),
}
