"""A pairwise alignment with its key figures."""

import streamlit as st

from components.shared.formatting import escape_markdown
from core.alignment.pairwise import Alignment, format_alignment, format_evalue


def show_alignment(query: str, alignment: Alignment, *, nucleotides: bool = False) -> None:
    """Show an alignment letter by letter, under a line with its positions and figures.

    Parameters
    ----------
    query
        Name of the first sequence.
    nucleotides
        Show the bases of the query under its residues.
    """
    hit = alignment.hit
    letters = "residues" if alignment.frame else "bases"
    note = "" if alignment.significant else " Not significant."
    st.caption(
        f"{escape_markdown(query)}, bases {alignment.query_start:,} to {alignment.query_end:,},"
        f" with {escape_markdown(hit.name)} ({escape_markdown(hit.organism)}), {letters}"
        f" {alignment.hit_start:,} to {alignment.hit_end:,}: {alignment.identity:.0%} identical,"
        f" query coverage {alignment.query_coverage:.0%}, hit coverage"
        f" {alignment.hit_coverage:.0%}, {alignment.bits:,.0f} bits, E-value"
        f" {format_evalue(alignment.evalue)}.{note}"
    )
    st.code(format_alignment(alignment, dna=nucleotides), language=None)
