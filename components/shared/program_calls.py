"""The panel *Use from a program*: the calls for what a page shows."""

from collections.abc import Callable, Sequence

import streamlit as st

from components.shared.errors import plain_errors
from components.shared.sign_in_mode import is_open
from core.runs import Run, StoredQuery
from core.runs.exports.fasta import format_queries
from core.web.program_calls import EXAMPLE_FILE, TOKEN_VARIABLE, Api, ProgramCalls, Sequences

TOKENS_PAGE = "pages/tokens.py"
_MAX_QUERIES = 50
"""Queries of a run up to which they may be part of a call."""


def program_calls(page: str, make: Callable[[Api], ProgramCalls]) -> None:
    """Show the calls for what a page shows; they are made when the panel is open.

    Parameters
    ----------
    page
        Last part of the page's address; empty for the first page.
    make
        Returns the calls of the API at an address.
    """
    panel = st.expander(
        "Use from a program",
        icon=":material/terminal:",
        key=f"program calls {page}",
        on_change="rerun",
    )
    if panel.open:
        with panel, plain_errors():
            _draw(make(Api(api_address(page), needs_token=not is_open())))


def api_address(page: str) -> str:
    """Return the address of this server as the browser has it, without a page's path."""
    address = st.context.url or f"http://localhost:{st.get_option('server.port')}"
    return address.rstrip("/").removesuffix(f"/{page}").rstrip("/")


def run_sequences(run: Run, read: Callable[[], Sequence[StoredQuery]]) -> Sequences:
    """Return the queries of a run as a program sends them.

    Parameters
    ----------
    read
        Returns the queries: called only if they are few, and not from a file.
    """
    if "." in run.source:  # Otherwise it is the name of another run.
        return Sequences.of_file(run.source)
    return query_sequences(read() if run.queries <= _MAX_QUERIES else ())


def query_sequences(queries: Sequence[StoredQuery]) -> Sequences:
    """Return queries as a program sends them; a file stands for many."""
    return Sequences.of_text(format_queries(queries) if len(queries) <= _MAX_QUERIES else "")


def _draw(calls: ProgramCalls) -> None:
    texts = {"curl": calls.curl, "Command line": calls.command, "Python": calls.python}
    shown = {title: text for title, text in texts.items() if text}
    for tab, text in zip(st.tabs(list(shown)), shown.values(), strict=True):
        # Without colours: those of Streamlit have too little contrast.
        tab.code(text, language=None, wrap_lines=True)
    if calls.has_example:
        st.caption(f"`{EXAMPLE_FILE}` stands for a file with your sequences.")
    if calls.command or calls.python:
        st.caption(
            "The command line and Python need GeneKin on the machine, and its settings for the same"
            " stores. curl needs neither."
        )
    if f"${TOKEN_VARIABLE}" in calls.curl:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"`${TOKEN_VARIABLE}` stands for a token of yours:", width="content")
            st.page_link(TOKENS_PAGE, label="API tokens")
