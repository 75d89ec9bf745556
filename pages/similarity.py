"""Compare the organisms of a library gene by gene."""

from functools import partial

import streamlit as st

from components.shared.computation import Computation, compute, is_computed
from components.shared.errors import plain_errors
from components.shared.figure import show_figure
from components.shared.navigation import LIBRARY_PAGE, chosen_library, require_app_entry
from components.shared.program_calls import program_calls
from components.shared.services import stored_results
from components.shared.session import session
from components.similarity.charts import (
    MAX_BESIDE_MATRIX,
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
from core.errors import GeneKinError
from core.jobs.kinds.similarity import CompareArguments, comparison_key, similarity_queue
from core.jobs.queue import JobRequest
from core.library.library import Library
from core.similarity import Comparison, compare, count_pairs
from core.similarity.tree import MIN_ORGANISMS, build_tree
from core.web.page_calls import similarity_call
from core.web.program_calls import Api, ProgramCalls

_DEFAULT_LIMIT = 800
"""Genes per organism in the published demo."""
_QUICK = 500_000
"""Pairs of genes that are compared right away: about a second."""


def page() -> None:
    """Show the comparison, the best hits and the map of a library."""
    try:
        library = chosen_library()
        organisms = library.organism_names() if library else []
    except GeneKinError:
        st.title("Similarity")  # Otherwise it is drawn beside the options.
        raise
    if library is None or len(organisms) < 2:
        st.title("Similarity")
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
    program_calls("similarity", partial(_calls, library, organism, limit))


def _calls(library: Library, organism: str, limit: int | None, api: Api) -> ProgramCalls:
    others = [name for name in library.organism_names() if name != organism]
    call = similarity_call(api, library.name, others, organism, limit)
    return ProgramCalls.join([call], library.name)


def _options(library: Library) -> tuple[str, int | None]:
    """Draw the title, and beside it the reference organism and the number of genes to compare."""
    sizes = {organism.name: organism.count for organism in library.organisms()}
    largest = max(sizes, key=lambda name: sizes[name])
    chosen = session.reference_organisms.get(library.name, largest)
    title, left, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    title.title("Similarity")
    organism = left.selectbox(
        "Reference organism",
        list(sizes),
        index=list(sizes).index(chosen if chosen in sizes else largest),
        help="The genes of the other organisms are compared with its genes; best the organism with"
        " the most genes.",
        key=f"seen from {library.name}",
    )
    session.reference_organisms = {**session.reference_organisms, library.name: organism}
    with right.popover("Options", width="stretch"):
        session.gene_limit = limit = _ask_limit()
    return organism, None if limit is None or limit >= sizes[largest] else limit


def _ask_limit() -> int | None:
    """Ask how many genes of each organism to compare; None for all."""
    all_genes = st.toggle(
        "All genes",
        value=session.gene_limit is None,
        help="Compare every gene of each organism.",
        key="compare all genes",
    )
    limit = st.number_input(
        "Genes per organism",
        min_value=1,
        value=session.gene_limit or _DEFAULT_LIMIT,
        disabled=all_genes,
        help="The first so many, in loading order. They are compared with all genes of the others.",
        key="genes to compare",
    )
    return None if all_genes else int(limit)


def _compare(library: Library, limit: int | None, encoder: str) -> Comparison | None:
    key = comparison_key(library, limit, encoder)
    title = f"Comparing the organisms of {library.name}"
    stored = stored_results()
    sizes = [organism.count for organism in library.organisms()]

    def find_or_compare() -> Comparison:
        return stored.comparison(
            *key, make=lambda: compare(library, limit=limit, encoder=ENCODERS[encoder])
        )

    def request() -> JobRequest:
        arguments = CompareArguments(identity=library.identity, limit=limit, encoder=encoder)
        return JobRequest("compare", similarity_queue(library), title, repr(key), arguments)

    return compute(
        Computation(key, find_or_compare, request, lambda _: stored.find_comparison(*key)),
        title,
        quick=count_pairs(sizes, limit) <= _QUICK or stored.has(*key),
    )


def _show_comparison(
    library: Library, comparison: Comparison, organism: str, limit: int | None
) -> None:
    pairs = comparison.rank_against(organism)
    st.markdown(f"### {headline(comparison, organism)}")
    st.caption(explanation(comparison, organism))
    _show_overview(comparison, organism)
    show_figure(family_figure(pairs, library.families, comparison.encoder))
    if len(comparison.organisms) >= MIN_ORGANISMS:
        show_figure(tree_figure(build_tree(comparison), comparison))
    _show_other_encoder(library, comparison, organism, limit)


def _show_overview(comparison: Comparison, organism: str) -> None:
    """Show the matrix and the distributions, beside each other where both fit on one screen."""
    pairs = comparison.rank_against(organism)
    beside = len(pairs) <= MAX_BESIDE_MATRIX
    left, right = st.columns(2, gap="medium") if beside else (st.container(), st.container())
    with left:
        show_figure(matrix_figure(comparison))
    with right:
        show_figure(distribution_figure(pairs, comparison.encoder), columns=1 if beside else 2)


def _show_other_encoder(
    library: Library, comparison: Comparison, organism: str, limit: int | None
) -> None:
    """Compare by the other encoder too, on demand."""
    (other,) = [name for name in ENCODERS if name != comparison.encoder]
    key = comparison_key(library, limit, other)
    ready = is_computed(key) or stored_results().has(*key)
    if not (ready or library.name in session.encoders_requested):
        if not st.button(f"Compare with the {other} encoder"):
            return
        session.encoders_requested |= {library.name}
    second = _compare(library, limit, other)
    if second is not None:
        show_figure(encoder_figure([comparison, second], organism))


require_app_entry("pages/similarity.py")
page()
