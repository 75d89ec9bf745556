"""Session state: every entry that code reads or writes, with its type.

Widgets keep their own values in the session state too. Only those that other code reads or sets
have their keys here.
"""

from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import streamlit as st
from streamlit.elements.arrow import DataframeStateInput
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.access import Access
from core.library.library import Library
from core.sequences.records import Record

if TYPE_CHECKING:
    from components.shared.loads import PendingLoad
    from components.shared.notices import Notice

_Value = TypeVar("_Value")

LIBRARY_KEY = "library"
"""Key of the sidebar's choice of a library."""
QUERY_TEXT_KEY = "text"
"""Key of the text area of the Classify page."""
TRACE_TEXT_KEY = "trace text"
"""Key of the text area of the Trace page."""

BENCHMARK_TAB_KEY = "benchmark tab"
"""Key of the tabs of the Benchmark page."""

TOKENS_PATH = "tokens"
"""Path of the page that shows a new API token."""


class _Entry(Generic[_Value]):
    """An entry of the session state, which reads as its default until it is set."""

    def __init__(self, key: str, default: _Value) -> None:
        self._key = key
        self._default = default

    def __get__(self, session: object, owner: type | None = None) -> _Value:
        return cast("_Value", st.session_state.get(self._key, self._default))

    def __set__(self, session: object, value: _Value) -> None:
        st.session_state[self._key] = value

    def __delete__(self, session: object) -> None:
        st.session_state.pop(self._key, None)


class Session:
    """Session state that the pages share.

    Attributes
    ----------
    access
        Rights of the user, and when they were read, in seconds of the monotonic clock.
    in_app
        Whether app.py has run in this session.
    requested_page
        A page to open once app.py has run, with its query parameters.
    library_names, opened_libraries
        What this run of the script has read of the libraries.
    library, next_library
        Name of the library chosen in the sidebar, and of the one to choose in the next run.
    query_text, next_query_text
        Text on the Classify page, and the one to show in the next run.
    run, run_job
        Id of the run shown last, and token of the classification job being followed.
    edited_run
        Id of the run whose queries the input on the Classify page began as.
    submitted
        Whether the input of the Classify page was submitted, before this run of the script.
    selected_query
        Id of the run, and index of the query selected in it.
    asked_again
        Id of the run from a file whose queries are answered by a library of today too.
    trace_text
        Text on the Trace page.
    traced_records, traced_name, trace_token
        The records submitted on the Trace page, the name of their file or run (empty for text), and
        a token that stands for this submission.
    reference_organisms, gene_limit
        Reference organism on the Similarity page by library, and the number of genes of each
        organism to compare; None for all.
    map_requested, encoders_requested
        Whether the t-SNE map is wanted, and the libraries to compare by the other encoder too.
    benchmark_job
        The benchmark that this session submitted last.
    computations
        Jobs of this session that compute something for a page, by key.
    watched_jobs
        Jobs that were running when the list of jobs was drawn last.
    followed_jobs, notices
        Jobs whose end this session announces, and what it has announced lately.
    loads
        Loads that this session has submitted, by the id of their jobs, until they have ended.
    files, cleared_files
        Files that the user has given, and how often each was cleared: its widget gets a new key.
    new_token
        Name of the API token that was just created, and the token; until its page is left.
    deletion
        Key of the button whose deletion is to be confirmed.
    """

    access = _Entry[tuple[Access, float] | None]("access", None)
    in_app = _Entry("in_app", default=False)
    requested_page = _Entry[tuple[str, dict[str, Any]] | None]("requested page", None)
    library_names = _Entry[list[str] | None]("library names", None)
    opened_libraries = _Entry[Mapping[str, Library]]("opened libraries", {})
    library = _Entry(LIBRARY_KEY, "")
    next_library = _Entry("next library", "")
    query_text = _Entry(QUERY_TEXT_KEY, "")
    next_query_text = _Entry("next text", "")
    run = _Entry("run", "")
    run_job = _Entry("job", "")
    edited_run = _Entry("edited run", "")
    submitted = _Entry("submitted", default=False)
    selected_query = _Entry("selected query", ("", 0))
    asked_again = _Entry("classified again", "")
    trace_text = _Entry(TRACE_TEXT_KEY, "")
    traced_records = _Entry[tuple[Record, ...]]("traced records", ())
    traced_name = _Entry("traced name", "")
    trace_token = _Entry("trace token", "")
    reference_organisms = _Entry[Mapping[str, str]]("reference organisms", {})
    gene_limit = _Entry[int | None]("gene limit", None)
    map_requested = _Entry("map requested", default=False)
    encoders_requested = _Entry[frozenset[str]]("encoders requested", frozenset())
    benchmark_job = _Entry[int | None]("benchmark job", None)
    computations = _Entry[Mapping[Hashable, int]]("computations", {})
    watched_jobs = _Entry[frozenset[int]]("watched jobs", frozenset())
    followed_jobs = _Entry[frozenset[int]]("followed jobs", frozenset())
    notices = _Entry[tuple["Notice", ...]]("notices", ())
    loads = _Entry[Mapping[int, "PendingLoad"]]("loads", {})
    files = _Entry[Mapping[str, UploadedFile]]("files", {})
    cleared_files = _Entry[Mapping[str, int]]("cleared files", {})
    new_token = _Entry[tuple[str, str] | None]("new token", None)
    deletion = _Entry("deletion", "")


session = Session()


class Slot(StrEnum):
    """Values that :func:`remember` keeps between runs of the script, one each."""

    QUERIES = "read queries"
    TRACE_QUERIES = "read trace queries"
    RESULT = "result"
    REMARKS = "remarks"
    RESULT_TABLE = "result table"
    EXPLANATION = "explained"
    OPENED_FILE = "opened file"
    ANSWERS_TODAY = "answers today"
    COMPOSITION = "composition"
    SUBJECT_FAMILIES = "subject families"
    ALIGNMENTS = "alignments"
    IMPORT_PREVIEW = "import preview"
    IMPORT_REPORT = "import report"
    SIMILAR_FAMILIES = "similar families"
    GENE_ALIGNMENT = "gene alignment"
    EVALUATION = "evaluation"
    PUBLISHED_REPORT = "published report"
    OTHER_EVALUATION = "other evaluation"
    BENCHMARK_FIGURES = "benchmark figures"


def remember(slot: Slot, key: Hashable, make: Callable[[], _Value]) -> _Value:
    """Return what the slot holds for this key, or make it and keep it.

    Pages run again at every click, and reading a large file takes long.
    """
    kept: tuple[Hashable, _Value] | None = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        forget(slot)  # Never hold two of them at a time.
        kept = key, make()
        st.session_state[slot] = kept
    return kept[1]


def forget(*slots: Slot) -> None:
    """Empty these slots."""
    for slot in slots:
        st.session_state.pop(slot, None)


def widget_value(key: str) -> object:
    """Return the value of a widget before it is drawn; None if there is none."""
    return st.session_state.get(key)


def keep_widget(key: str, default: _Value) -> _Value:
    """Return what was chosen in a widget, and keep it while the widget is not drawn.

    Parameters
    ----------
    default
        What it begins with. The widget itself must have none.
    """
    value: _Value = st.session_state.get(key, default)
    st.session_state[key] = value
    return value


def preserve_widget(key: str) -> None:
    """Keep what was typed into a widget while other pages are shown.

    In a new session, the browser may know of a text that the session state does not have yet: that
    of a session on a server that is gone. So nothing is set where nothing is known.
    """
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]


def forget_new_token(page: str) -> None:
    """Forget an API token that was shown, on another page than its own."""
    if page != TOKENS_PATH:
        del session.new_token


def select_row(table: str, row: int) -> None:
    """Select a row of the table with this key."""
    st.session_state[table] = row_selection(row)


def row_selection(row: int) -> DataframeStateInput:
    """Return the state of a table with one row selected."""
    return {"selection": {"rows": [row], "columns": [], "cells": []}}
