"""Navigation: from page to page, and from library to library."""

import streamlit as st

from components.shared.services import libraries, library_names, open_library
from components.shared.session import LIBRARY_KEY, session
from core import defaults
from core.errors import LibraryError
from core.library.library import Library

CLASSIFY_PAGE = "pages/classify.py"
LIBRARY_PAGE = "pages/library.py"
TRACE_PAGE = "pages/trace.py"
OPEN_FILE_PAGE = "pages/open_file.py"
RUN_PARAMETER = "run"
"""Query parameter of a page's address: the id of the run shown."""


def require_app_entry(page: str) -> None:
    """Make sure that app.py runs around this page.

    A server that has not run app.py yet answers a direct link by running the page alone, without
    the navigation. Then run app.py first, which comes back here.
    """
    if not session.in_app:
        session.requested_page = page, st.query_params.to_dict()
        st.switch_page("app.py")


def open_requested_page() -> None:
    """Switch to the page that :func:`require_app_entry` was called for."""
    session.in_app = True
    if requested := session.requested_page:
        del session.requested_page
        page, parameters = requested
        st.switch_page(page, query_params=parameters)


def library_selector() -> None:
    """Draw the choice of a library in the sidebar, if there is more than one."""
    if name := session.next_library:
        del session.next_library
        session.library = name
    names = library_names()
    if len(names) > 1:
        session.library = chosen_name()
        st.sidebar.selectbox("Library", names, key=LIBRARY_KEY)


def choose_library(name: str) -> None:
    """Choose a library from the next run on: in this one its widget has been drawn."""
    session.next_library = name


def chosen_name() -> str:
    """Return the name of the chosen library, else of the default one; empty if there is none."""
    names = library_names()
    candidates = (session.library, defaults.LIBRARY, *names)
    return next((name for name in candidates if name in names), "")


def chosen_library() -> Library | None:
    """Return the chosen library, read once a run of the script; None if it has no organisms yet.

    Raises
    ------
    LibraryError
        If its vectors are missing or another encoder's.
    """
    name = chosen_name()
    if not name:
        return None
    try:
        library = open_library(name)
    except LibraryError:
        if libraries().has_organisms(name):
            raise
        return None  # Its first load is creating it.
    return library if library.organism_names() else None  # Its first load may be running.
