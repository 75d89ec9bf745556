"""Which library to load into: the one that is chosen, or a new one beside it."""

import streamlit as st

from components.state import libraries
from components.submitting import Target
from core.encoders import ENCODERS
from core.libraries import DEFAULT_LIBRARY
from core.library import Library
from core.names import check_library_name
from core.stores.vector_index import INDEX_KINDS, VectorIndex

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
