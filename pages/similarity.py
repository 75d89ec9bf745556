"""Compare the organisms of a library gene by gene."""

import streamlit as st

from components.shared.computation import compute, is_computed
from components.shared.errors import plain_errors
from components.shared.figure import show_figure
from components.shared.navigation import LIBRARY_PAGE, chosen_library, require_app_entry
from components.shared.session import session
from components.similarity.charts import (
    distribution_figure,
    encoder_figure,
    family_figure,
    matrix_figure,
)
from components.similarity.gene_table import show_genes
from components.similarity.map import show_map
from components.similarity.summary import explanation, headline
from components.similarity.tree import tree_figure
from core.encoders import ENCODERS
from core.library.library import Library
from core.similarity import Comparison, compare, count_pairs
from core.similarity.tree import MIN_ORGANISMS, build_tree

_DEFAULT_LIMIT = 800
"""Genes per organism in the published demo."""
_QUICK = 500_000
"""Pairs of genes that are compared right away: about a second."""


def page() -> None:
    """Show the comparison, the best hits and the map of a library."""
    st.title("Similarity")
    library = chosen_library()
    organisms = library.organism_names() if library else []
    if library is None or len(organisms) < 2:
        st.info("Load at least two organisms to see how similar their genes are.")
        if st.button("Load another organism", type="primary"):
            st.switch_page(LIBRARY_PAGE)
        return
    organism, limit = _options(library)
    comparison = _compare(library, limit, library.encoder.name)
    if comparison is not None:
        with plain_errors():
            _show_comparison(library, comparison, organism, limit)
        with plain_errors():
            show_genes(library, comparison.rank_against(organism))
    with plain_errors():
        show_map(library)


def _options(library: Library) -> tuple[str, int | None]:
    """Ask for the reference organism and the number of genes per organism."""
    sizes = {organism.name: organism.count for organism in library.organisms()}
    largest = max(sizes, key=lambda name: sizes[name])
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    organism = left.selectbox(
        "Reference organism",
        list(sizes),
        index=list(sizes).index(largest),
        help="The genes of the other organisms are compared with its genes; best the organism with"
        " the most genes.",
        key=f"seen from {library.name}",
    )
    all_genes = right.toggle("All genes", help="Compare every gene of each organism.")
    limit = middle.number_input(
        "Genes per organism",
        min_value=1,
        value=_DEFAULT_LIMIT,
        disabled=all_genes,
        help="The first so many, in loading order. They are compared with all genes of the others.",
    )
    return organism, None if all_genes or limit >= sizes[largest] else int(limit)


def _compare(library: Library, limit: int | None, encoder: str) -> Comparison | None:
    sizes = [organism.count for organism in library.organisms()]
    return compute(
        _key(library, limit, encoder),
        f"Comparing the organisms of {library.name}",
        lambda progress: compare(
            library, limit=limit, encoder=ENCODERS[encoder], progress=progress
        ),
        quick=count_pairs(sizes, limit) <= _QUICK,
    )


def _key(library: Library, limit: int | None, encoder: str) -> tuple[object, ...]:
    return "comparison", library.name, library.contents(), limit, encoder


def _show_comparison(
    library: Library, comparison: Comparison, organism: str, limit: int | None
) -> None:
    pairs = comparison.rank_against(organism)
    st.markdown(f"### {headline(comparison, organism)}")
    st.caption(explanation(comparison, organism))
    show_figure(matrix_figure(comparison))
    show_figure(distribution_figure(pairs, comparison.encoder))
    show_figure(family_figure(pairs, library.families, comparison.encoder))
    if len(comparison.organisms) >= MIN_ORGANISMS:
        show_figure(tree_figure(build_tree(comparison), comparison))
    _show_other_encoder(library, comparison, organism, limit)


def _show_other_encoder(
    library: Library, comparison: Comparison, organism: str, limit: int | None
) -> None:
    """Compare by the other encoder too, on demand."""
    (other,) = [name for name in ENCODERS if name != comparison.encoder]
    if not (library.name in session.encoders_requested or is_computed(_key(library, limit, other))):
        if not st.button(f"Compare with the {other} encoder"):
            return
        session.encoders_requested |= {library.name}
    second = _compare(library, limit, other)
    if second is not None:
        show_figure(encoder_figure([comparison, second], organism))


require_app_entry("pages/similarity.py")
page()
