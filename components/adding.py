"""The part of the Library page that adds: from a source to a job that loads it."""

from functools import partial

import streamlit as st

from components.archiving import import_panel
from components.own_file import folder_file, uploaded_file
from components.submitting import References, Target, submit, submit_records
from components.targets import target_choice
from core.library import Library
from core.loading import Progress
from core.sequences.published import published
from core.sequences.records import Record
from core.sequences.reference import FAMILIES, SOURCE, human_reference
from core.sequences.simulated import simulate, simulated_name, simulated_source
from core.settings import read_settings

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
