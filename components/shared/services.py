"""The opened stores, shared by all sessions, and errors shown in plain words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import streamlit as st

from components.shared.formatting import escape_markdown
from core.alignment.explanation import explain
from core.classify import classify
from core.errors import GeneKinError
from core.jobs.scheduler import Jobs
from core.library.library import Library
from core.library.manager import DEFAULT_LIBRARY, Libraries
from core.runs import Runs
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.references.examples import examples
from core.settings import Settings, read_settings
from core.stores import Stores

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Opened:
    """What all sessions of this process share."""

    libraries: Libraries
    jobs: Jobs

    def close(self) -> None:
        self.jobs.close()
        self.libraries.stores.close()


@st.cache_resource(show_spinner="Opening the library …", on_release=_Opened.close)
def _open(settings: Settings) -> _Opened:
    libraries = Libraries(Stores(settings), settings.cache_mb * 1_000_000)
    for name in libraries.names():
        with _logged():
            libraries.reconcile(name, timeout=0)
    Thread(target=_warm, args=(libraries,), daemon=True).start()
    return _Opened(libraries, Jobs(libraries.stores.database))


def _warm(libraries: Libraries) -> None:
    """Read and compile what the first query would wait for."""
    with _logged():
        queries = read_text_queries(examples(), "the examples", Limits())
        for name in libraries.names():
            library = libraries.open(name)
            calls = classify(library, queries)
            explain(library, queries[0].residues, calls[0])


def require_app_entry(page: str) -> None:
    """Make sure that app.py runs around this page.

    On a server that has not run app.py yet, Streamlit serves a link straight to a page by running
    that page alone, without the navigation. Then app.py is run first, and leads back here.
    """
    if "in_app" not in st.session_state:
        st.session_state["wanted"] = (page, st.query_params.to_dict())
        st.switch_page("app.py")


def return_to_wanted_page() -> None:
    """Lead to the page that :func:`through_app` was called for."""
    st.session_state["in_app"] = True
    if wanted := st.session_state.pop("wanted", None):
        page, parameters = wanted
        st.switch_page(page, query_params=parameters)


def preserve_widget(key: str) -> None:
    """Keep what was typed into a widget while other pages are shown."""
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]


def libraries() -> Libraries:
    """All libraries; the stores are opened once a process, and read by all sessions.

    Raises
    ------
    GeneKinError
        If a setting is not usable or a store cannot be opened.
    """
    return _open(read_settings()).libraries


def jobs() -> Jobs:
    """The jobs of this process, and what others say of theirs."""
    return _open(read_settings()).jobs


def runs() -> Runs:
    """The runs that are kept."""
    settings = read_settings()
    return Runs(_open(settings).libraries.stores.database, settings.keep_runs_days)


def current_user() -> str:
    """Who is signed in, by e-mail or name; empty where nobody has to sign in."""
    user = st.user.to_dict()
    return str(user.get("email") or user.get("name") or "")


def chosen_library() -> Library | None:
    """The library chosen in the sidebar; None where nothing is loaded yet."""
    name = chosen_name()
    if not name:
        return None
    library = libraries().open(name)
    return library if library.organism_names() else None  # Its first load may be under way.


def chosen_name() -> str:
    """Name of the library that is chosen; empty where there is none."""
    name = st.session_state.get("library", DEFAULT_LIBRARY)
    known = libraries().names()
    return name if name in known else next(iter(known), "")


def choose_library(name: str) -> None:
    """Choose a library from the next run on; in this one the sidebar has been drawn."""
    st.session_state["library to choose"] = name


def library_choice() -> None:
    """The choice in the sidebar, where there is one."""
    if name := st.session_state.pop("library to choose", None):
        st.session_state["library"] = name
    names = libraries().names()
    if len(names) > 1:
        st.sidebar.selectbox("Library", names, key="library")


def show_error(error: GeneKinError) -> None:
    """Show what was wrong and what to do, and note it in the log."""
    _log.warning("shown to the user: %s", error)
    st.error("  \n".join(escape_markdown(part) for part in (error.message, error.hint) if part))


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show an error where it happens, in plain words; what the person typed stays."""
    try:
        yield
    except GeneKinError as error:
        show_error(error)
    except Exception:  # noqa: BLE001  (the outermost layer: the log has it, the screen stays plain)
        _log.exception("a defect")
        st.error("Something went wrong inside GeneKin. The log says what; nothing was lost.")


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except GeneKinError as error:
        _log.warning("not reconciled: %s", error)
