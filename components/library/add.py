"""Adding organisms: choose a source and a target library, and load in the background."""

import streamlit as st

from components.library.settings import access_input, import_panel
from components.library.source_cards import Source, choose_source
from components.library.submission import Target, submit
from components.library.upload import folder_file, uploaded_file
from components.shared.formatting import escape_markdown
from components.shared.loads import is_being_created
from components.shared.services import library_names
from components.shared.sign_in_mode import is_open
from core import defaults
from core.access import LibraryAccess
from core.encoders import ENCODERS
from core.jobs.kinds.library import Simulation
from core.library.library import Library
from core.library.naming import check_library_name
from core.sequences.references.human import FAMILIES, SOURCE
from core.sequences.references.simulated import simulated_source
from core.stores.milvus.index import INDEX_KINDS, VectorIndex

_NEW = "New library"
_SEED = 1


def add_panel(library: Library | None) -> None:
    """Draw the choice of a source, what it holds, and the button that loads it.

    Parameters
    ----------
    library
        The chosen library; None if there is none yet.
    """
    source = choose_source(Source.UPLOAD if library else Source.PUBLISHED)
    if source is Source.IMPORT:
        import_panel()
        return
    library, target = _choose_target(library)
    if target is None:
        return
    if source is Source.UPLOAD:
        uploaded_file(library, target)
    elif source is Source.FOLDER:
        folder_file(library, target)
    elif source is Source.SIMULATE:
        _simulation_panel(library, target)
    else:
        _published_panel(target)


def _choose_target(library: Library | None) -> tuple[Library | None, Target | None]:
    """Return the library to load into, None if it is new, and the target of the load.

    There is no target while a new library has no valid name.
    """
    if library is not None:
        choice = st.segmented_control(
            "Target library",
            (library.name, _NEW),
            default=library.name,
            format_func=escape_markdown,
            required=True,
            key=f"into {library.name}",
        )
        if choice != _NEW:
            return library, Target(library.name, identity=library.identity)
    return None, _new_library(first=library is None)


def _new_library(*, first: bool) -> Target | None:
    """Return the target for a new library; None while it has no valid name."""
    default_name = defaults.LIBRARY if first else ""
    with st.expander("New library settings", expanded=not first):
        name = st.text_input("Name", default_name, key="new_library").strip() or default_name
        encoder = st.selectbox(
            "Encoder",
            list(ENCODERS),
            help="translated compares the encoded proteins; count is the encoder of the published"
            " demo.",
        )
        kind = st.selectbox(
            "Index",
            INDEX_KINDS,
            disabled=encoder != "count",
            help="FLAT is exact. The others are for large libraries on a Milvus server.",
        )
        access = LibraryAccess.LAB
        if not is_open():
            access = access_input(LibraryAccess.LAB, "access of the new library")
    if not name:
        st.info("Enter a name for the new library.")
        return None
    check_library_name(name)
    if not first and name in library_names() and not is_being_created(name):
        st.warning("A library with this name exists. Choose it in the sidebar.")
        return None
    index = VectorIndex.of_kind(kind) if encoder == "count" else None
    return Target(name, encoder, index, access=access)


def _published_panel(target: Target) -> None:
    st.write(
        "The published data set: 6,121 distinct genes of human, chimpanzee and dog, in seven"
        " families. The human reference of 3,629 genes is included in GeneKin; the complete set"
        " is downloaded and requires internet."
    )
    with st.container(horizontal=True):
        if st.button("Load the human reference", type="primary"):
            arguments = target.arguments(FAMILIES, f"{SOURCE} → human")
            submit(target, arguments.model_copy(update={"origin": "human"}))
        if st.button("Download and load all three"):
            arguments = target.arguments(FAMILIES, "the published data set")
            submit(target, arguments.model_copy(update={"origin": "published"}))


def _simulation_panel(library: Library | None, target: Target) -> None:
    if library is None:
        st.info("Load an organism first: simulations start from its genes.")
        return
    st.write("Copies the genes of an organism and substitutes some of their bases at random.")
    organism = st.selectbox("Organism", library.organism_names())
    divergence = st.slider("Divergence", 0.01, 0.30, 0.05, format="percent")
    if st.button("Simulate and load", type="primary"):
        simulation = Simulation(organism=organism, divergence=divergence, seed=_SEED)
        source = simulated_source(organism, divergence, _SEED)
        arguments = target.arguments(library.families, source)
        made = {"origin": "simulated", "simulation": simulation, "simulated_from": library.identity}
        submit(target, arguments.model_copy(update=made))
