"""How close the organisms' genes are."""

from itertools import permutations

import streamlit as st

from components.figures import similarity_matrix
from components.state import chosen_library, through_app
from components.text import plain
from core.library import Library
from core.similarity import Similarity, similarity

SEED_LIMIT = 800
"""The published demo compared the first 800 genes of an organism."""


def page() -> None:
    """The sentence first, then the matrix."""
    st.title("Similarity")
    library = chosen_library()
    organisms = [organism.name for organism in library.organisms()] if library else []
    if library is None or len(organisms) < 2:
        st.info("With two organisms or more in the library, this page shows how close they are.")
        if st.button("Load another organism", type="primary"):
            st.switch_page("pages/library.py")
        return
    limit = st.number_input(
        "Genes of each organism to compare, in the order they were loaded",
        min_value=1,
        value=SEED_LIMIT,
        width=420,
    )
    pairs = _compared(library, organisms, int(limit))
    for sentence in _sentences(pairs):
        st.markdown(sentence)
    st.altair_chart(similarity_matrix(pairs))
    st.caption(
        "For every gene of one organism, the inner product with its nearest gene in the other,"
        " averaged. It compares the words of these genes; it is not the percent identity of"
        " genomes."
    )


def _compared(library: Library, organisms: list[str], limit: int) -> list[Similarity]:
    sizes = tuple((organism.name, organism.count) for organism in library.organisms())
    key = (library.name, library.fingerprint, sizes, limit)
    kept: dict[tuple[object, ...], list[Similarity]] = st.session_state.setdefault("compared", {})
    if key not in kept:
        bar = st.progress(0.0)
        found = []
        wanted = list(permutations(organisms, 2))
        for done, (of, to) in enumerate(wanted):
            bar.progress(done / len(wanted), f"Comparing {of} with {to} …")
            found.append(similarity(library, of, to, limit))
        bar.empty()
        kept.clear()
        kept[key] = found
    return kept[key]


def _sentences(pairs: list[Similarity]) -> list[str]:
    """What a reader should take away, one sentence an organism."""
    sentences = []
    for of in dict.fromkeys(pair.of for pair in pairs):
        ranked = sorted(
            (pair for pair in pairs if pair.of == of), key=lambda pair: pair.mean, reverse=True
        )
        name = plain(of)
        nearest, *others = ranked
        sentence = f"**{name}** genes are closest to {plain(nearest.to)} ({nearest.mean:.2f})"
        if others:
            listed = ", ".join(f"{plain(pair.to)} ({pair.mean:.2f})" for pair in others)
            sentence += f", then {listed}"
        sentences.append(f"{sentence}; n = {nearest.n:,}.")
    return sentences


through_app("pages/similarity.py")
page()
