"""Organisms of a library, beside the sources to add from, and the library's settings."""

import streamlit as st

from components.library.add import add_panel
from components.library.organism_card import all_libraries, organism_card
from components.library.program_calls import library_calls
from components.library.settings import broken_library_panel, settings_panel
from components.shared.errors import plain_errors, show_error
from components.shared.formatting import pluralize
from components.shared.jobs import job_list
from components.shared.markup import legend
from components.shared.navigation import chosen_library, chosen_name, require_app_entry
from components.shared.services import library_names, may
from core.access import Action
from core.errors import LibraryError
from core.library.library import MAX_EMBEDDED_GENES, Library


def page() -> None:
    """Show the chosen library on the left, and what can be added on the right."""
    st.title("Library")
    left, right = st.columns(2, gap="large") if may(Action.LOAD) else (st.container(),) * 2
    library, error = _open_chosen()
    with right:
        if may(Action.LOAD):
            st.subheader("Add")
            with st.container(), plain_errors():
                add_panel(library)
        job_list()  # At the end, so that nothing moves when a job comes or goes.
    with left:
        if error:
            show_error(error)
            if may(Action.REPAIR):
                broken_library_panel(chosen_name())
        elif library is None:
            _show_empty()
        else:
            _show_library(library)
    if len(library_names()) > 1:
        with st.expander("All libraries"), plain_errors():
            all_libraries()
    if library is not None:
        library_calls(library.name)


def _open_chosen() -> tuple[Library | None, LibraryError | None]:
    """Return the chosen library, or the reason why it cannot be opened."""
    try:
        return chosen_library(), None
    except LibraryError as error:
        return None, error


def _show_empty() -> None:
    if may(Action.LOAD):
        st.info(
            "No organisms loaded yet. Start with the human reference: 3,629 genes of seven"
            " families, included in GeneKin."
        )
    else:
        st.info("There is no library that you may use. Ask a curator to load or share one.")


def _show_library(library: Library) -> None:
    organisms, loads = library.organisms(), library.loads()
    total = pluralize(sum(organism.count for organism in organisms), "gene")
    st.subheader(f"{total} of {pluralize(len(organisms), 'organism')}")
    if library.outgrows_process:
        st.info(
            f"Beyond {MAX_EMBEDDED_GENES:,} genes, a library belongs on a Milvus server: in this"
            " process, every gene takes 13 kB of memory and makes opening slower. Export the"
            " library, set `GENEKIN_MILVUS_URI`, and import it there."
        )
    used = {family for organism in organisms for family in organism.families}
    st.html(legend({family: name for family, name in library.families.items() if family in used}))
    for organism in organisms:
        with st.container(border=True):
            organism_card(library, organism, loads.get(organism.id, ()))
    if may(Action.CALIBRATE):
        with st.expander("Library settings"), plain_errors():
            settings_panel(library)


require_app_entry("pages/library.py")
page()
