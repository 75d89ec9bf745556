"""How close the organisms' genes are."""

import streamlit as st

from components.shared.figure import show_figure
from components.shared.jobs import compute, is_kept
from components.shared.services import chosen_library, plain_errors, require_app_entry
from components.similarity.charts import by_encoder, by_family, distributions, matrix
from components.similarity.gene_table import show_genes
from components.similarity.map import show_map
from components.similarity.summary import headline, meaning
from components.similarity.tree import tree_figure
from core.encoders import ENCODERS
from core.library.library import Library
from core.similarity import Comparison, compare, compared_pairs
from core.similarity.tree import FEWEST, organism_tree

SEED_LIMIT = 800
"""The published demo compared the first 800 genes of an organism."""
_QUICK = 500_000
"""Pairs of genes that are compared while a person waits: a second or so."""


def page() -> None:
    """The sentence first, then the matrix, the distributions, the genes, the map."""
    st.title("Similarity")
    library = chosen_library()
    organisms = library.organism_names() if library else []
    if library is None or len(organisms) < 2:
        st.info("With two organisms or more in the library, this page shows how close they are.")
        if st.button("Load another organism", type="primary"):
            st.switch_page("pages/library.py")
        return
    organism, limit = _options(library)
    found = _compared(library, limit, library.encoder.name)
    if found is not None:
        with plain_errors():
            _organisms(library, found, organism, limit)
        with plain_errors():
            show_genes(library, found.seen_from(organism))
    with plain_errors():
        show_map(library)


def _options(library: Library) -> tuple[str, int | None]:
    """From which organism it is looked, and how many genes of each are compared."""
    sizes = {organism.name: organism.count for organism in library.organisms()}
    largest = max(sizes, key=lambda name: sizes[name])
    seen, first, every = st.columns([3, 2, 2], vertical_alignment="bottom")
    organism = seen.selectbox(
        "Seen from",
        list(sizes),
        index=list(sizes).index(largest),
        help="Genes of the others are compared with those of this one; best one that has most.",
        key=f"seen from {library.name}",
    )
    everything = every.toggle("All genes", help="Not only the first of each organism.")
    limit = first.number_input(
        "First genes of each",
        min_value=1,
        value=SEED_LIMIT,
        disabled=everything,
        help="In the order in which they were loaded. They are compared with all of the others.",
    )
    return organism, None if everything or limit >= sizes[largest] else int(limit)


def _compared(library: Library, limit: int | None, encoder: str) -> Comparison | None:
    sizes = [organism.count for organism in library.organisms()]
    return compute(
        _key(library, limit, encoder),
        f"Comparing the organisms of {library.name}",
        lambda progress: compare(
            library, limit=limit, encoder=ENCODERS[encoder], progress=progress
        ),
        quick=compared_pairs(sizes, limit) <= _QUICK,
    )


def _key(library: Library, limit: int | None, encoder: str) -> tuple[object, ...]:
    return "comparison", library.name, library.contents(), limit, encoder


def _organisms(library: Library, found: Comparison, organism: str, limit: int | None) -> None:
    pairs = found.seen_from(organism)
    st.markdown(f"### {headline(found, organism)}")
    st.caption(meaning(found, organism))
    show_figure(matrix(found))
    show_figure(distributions(pairs, found.encoder))
    show_figure(by_family(pairs, library.families, found.encoder))
    if len(found.organisms) >= FEWEST:
        show_figure(tree_figure(organism_tree(found), found))
    _encoders(library, found, organism, limit)


def _encoders(library: Library, found: Comparison, organism: str, limit: int | None) -> None:
    """The same by the other encoder, when it is asked for."""
    (other,) = [name for name in ENCODERS if name != found.encoder]
    wanted = f"other encoder {library.name}"
    if not (st.session_state.get(wanted) or is_kept(_key(library, limit, other))):
        if not st.button(f"Compare by the encoder {other} too"):
            return
        st.session_state[wanted] = True
    again = _compared(library, limit, other)
    if again is not None:
        show_figure(by_encoder([found, again], organism))


require_app_entry("pages/similarity.py")
page()
