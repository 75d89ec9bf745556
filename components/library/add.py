"""Which library to load into: the one that is chosen, or a new one beside it.

The part of the Library page that adds: from a source to a job that loads it.
"""

from functools import partial

import streamlit as st

from components.library.settings import import_panel
from components.library.upload import (
    References,
    Target,
    folder_file,
    submit,
    submit_records,
    uploaded_file,
)
from components.shared.services import libraries
from core.encoders import ENCODERS
from core.library.library import Library
from core.library.manager import DEFAULT_LIBRARY
from core.library.naming import check_library_name
from core.progress import Progress
from core.sequences.records import Record
from core.sequences.references.human import FAMILIES, SOURCE, human_reference
from core.sequences.references.published import published
from core.sequences.references.simulated import simulate, simulated_name, simulated_source
from core.settings import read_settings
from core.stores.milvus.index import INDEX_KINDS, VectorIndex

NEW = "A new library"


def target_choice(library: Library | None) -> tuple[Library | None, Target | None]:
    """The library to load into, if it is there, and what a load is to know of it.

    There is no target where a new library is wanted and cannot be called so.
    """
    if library is not None:
        into = st.segmented_control(
            "Into",
            (library.name, NEW),
            default=library.name,
            required=True,
            key=f"into {library.name}",
        )
        if into != NEW:
            return library, Target(library.name, identity=library.identity)
    return None, _new_library(beside=library)


def _new_library(beside: Library | None) -> Target | None:
    with st.expander("Options of a new library", expanded=beside is not None):
        proposed = DEFAULT_LIBRARY if beside is None else ""
        name = st.text_input("Name", proposed, key="new_library").strip() or proposed
        encoder = st.selectbox(
            "Encoder",
            list(ENCODERS),
            help="translated compares what the DNA codes for; count is the published demo's.",
        )
        kind = st.selectbox(
            "Index",
            INDEX_KINDS,
            disabled=encoder != "count",
            help="FLAT is exact. The others are for large libraries on a Milvus server.",
        )
    if beside is not None and not name:
        st.info("Give the new library a name.")
        return None
    check_library_name(name)
    if beside is not None and name in libraries().names():
        st.warning("There is a library of that name already: choose it in the sidebar.")
        return None
    index = VectorIndex.of_kind(kind) if encoder == "count" else None
    return Target(name, encoder, index)


_SOURCES = ("Human", "Your file", "Server folder", "Published", "Simulated", "Exported")


def add_panel(library: Library | None) -> None:
    """Choose a source, see what is in it, and load it in the background."""
    source = st.segmented_control(
        "Source",
        _SOURCES,
        default=_SOURCES[0],
        required=True,
        label_visibility="collapsed",
        key="source",
    )
    if source == _SOURCES[5]:
        import_panel()
        return
    library, target = target_choice(library)
    if target is None:
        return
    if source == _SOURCES[1]:
        uploaded_file(library, target)
    elif source == _SOURCES[2]:
        folder_file(library, target)
    elif source == _SOURCES[3]:
        _published_set(target)
    elif source == _SOURCES[4]:
        _simulated(library, target)
    else:
        st.write(
            "The human reference comes with GeneKin: 4,380 records, 3,629 distinct genes of seven"
            " families."
        )
        if st.button("Load the human reference", type="primary"):
            submit_records(target, {"human": human_reference()}, FAMILIES, SOURCE)


def _published_set(target: Target) -> None:
    st.write("Human, chimpanzee and dog, as published: 6,121 distinct genes. It is downloaded.")
    if st.button("Download and load", type="primary"):
        settings = read_settings()
        fetched = partial(published, settings.home / "published", settings.max_record_bases)
        submit(target, fetched, "", FAMILIES, "the published data set")


def _simulated(library: Library | None, target: Target) -> None:
    if library is None:
        st.info("Load an organism first: its genes are what is changed.")
        return
    st.write("Genes of an organism with some of their bases substituted. They are simulated.")
    organism = st.selectbox("Organism", library.organism_names())
    divergence = st.slider("Divergence", 0.01, 0.30, 0.05, format="percent")
    if st.button("Simulate and load", type="primary"):

        def simulated(progress: Progress) -> References:
            name = simulated_name(organism, divergence)
            progress("Simulating", 0, 0)
            records = [
                Record(row.name, row.residues, row.position, row.position, row.family)
                for row in library.sequences(organism)
            ]
            return {name: simulate(records, divergence, seed=1)}

        source = simulated_source(organism, divergence, 1)
        submit(target, simulated, "", library.families, source)
