"""What is loaded; add, look at it, look after it."""

import streamlit as st

from components.library.add import add_panel
from components.library.organism_card import all_libraries, organism_card
from components.library.settings import broken_library_panel, settings_panel
from components.shared.formatting import legend, pluralize
from components.shared.jobs import job_list
from components.shared.services import (
    chosen_library,
    chosen_name,
    libraries,
    plain_errors,
    require_app_entry,
    show_error,
)
from core.errors import LibraryError
from core.library.library import Library


def page() -> None:
    """What is loaded, beside what can be added."""
    st.title("Library")
    left, right = st.columns(2, gap="large")
    library, problem = _chosen()
    with right:
        st.subheader("Add")
        with st.container(), plain_errors():
            add_panel(library)
        # Below: next to the button that was pressed, and nothing moves when a job comes or ends.
        job_list()
    with left:
        if problem:
            show_error(problem)
            broken_library_panel(chosen_name())
        elif library is None:
            st.info(
                "Nothing is loaded yet. Begin with the human reference: 3,629 genes in seven"
                " families, with one press of the button."
            )
        else:
            _loaded(library)
    if len(libraries().names()) > 1:
        with st.expander("All libraries"), plain_errors():
            all_libraries()


def _chosen() -> tuple[Library | None, LibraryError | None]:
    """The library that is chosen, or why it cannot be opened."""
    try:
        return chosen_library(), None
    except LibraryError as error:
        return None, error


def _loaded(library: Library) -> None:
    organisms, loads = library.organisms(), library.loads()
    total = pluralize(sum(organism.count for organism in organisms), "gene")
    st.subheader(f"{total} of {pluralize(len(organisms), 'organism')}")
    there = {family for organism in organisms for family in organism.families}
    st.html(legend({each: name for each, name in library.families.items() if each in there}))
    for organism in organisms:
        with st.container(border=True):
            organism_card(library, organism, loads.get(organism.id, ()))
    with st.expander("Settings of this library"), plain_errors():
        settings_panel(library)


require_app_entry("pages/library.py")
page()
