"""What is loaded; add, look at it, remove."""

import streamlit as st

from components.adding import add_panel
from components.figures import family_stack
from components.job_list import job_list
from components.state import choose_library, chosen_library, libraries, plain_errors, through_app
from components.text import counted, legend, plain
from core.library import Library
from core.stores.labels import OrganismRow


def page() -> None:
    """What is loaded, beside what can be added."""
    st.title("Library")
    left, right = st.columns(2, gap="large")
    library = chosen_library()
    with right:
        st.subheader("Add")
        with st.container(), plain_errors():
            add_panel()
        # Below: next to the button that was pressed, and nothing moves when a job comes or ends.
        job_list(library.name if library else None)
    with left:
        if library is None:
            st.info(
                "Nothing is loaded yet. Begin with the human reference: 3,629 genes in seven"
                " families, with one press of the button."
            )
        else:
            _loaded(library)


def _loaded(library: Library) -> None:
    organisms = library.organisms()
    total = counted(sum(organism.count for organism in organisms), "gene")
    st.subheader(f"{total} of {counted(len(organisms), 'organism')}")
    st.html(legend(library.families))
    for organism in organisms:
        with st.container(border=True):
            _organism(library, organism)
    with st.expander("Settings of this library"), plain_errors():
        _settings(library)


def _settings(library: Library) -> None:
    st.caption(
        f"Encoder {library.encoder.name} · index {library.index.kind} · fingerprint"
        f" {library.fingerprint}"
    )
    threshold = st.slider(
        "Name a family from this confidence on",
        0.0,
        1.0,
        library.threshold,
        key=f"threshold {library.name}",
    )
    if st.button("Keep this threshold", disabled=threshold == library.threshold):
        libraries().set_threshold(library.name, threshold)
        st.rerun()
    name = st.text_input("Name of the library", library.name)
    if st.button("Rename", disabled=name == library.name):
        libraries().rename(library.name, name)
        choose_library(name)
        st.rerun()
    typed = st.text_input("To remove the library with all its genes, type its name")
    if st.button("Remove the library", disabled=typed != library.name):
        libraries().delete(library.name)
        st.rerun()


def _organism(library: Library, organism: OrganismRow) -> None:
    name, action = st.columns([3, 1], vertical_alignment="center")
    name.markdown(f"**{plain(organism.name)}** · {counted(organism.count, 'gene')}")
    with action.popover("Remove"):
        st.write(f"Remove {plain(organism.name)} with its {counted(organism.count, 'gene')}?")
        if st.button("Yes, remove", key=f"remove {organism.name}", type="primary"):
            with plain_errors():
                libraries().remove_organism(library.name, organism.name)
                st.rerun()
    st.altair_chart(family_stack(organism.families, library.families))


through_app("pages/library.py")
page()
