"""Errors on the page: the message and what to do, never a traceback or an address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from threading import Lock
from weakref import WeakSet

import streamlit as st
from cachetools import TTLCache, cached
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.shared.formatting import escape_markdown
from components.shared.services import server_libraries
from core.errors import GeneKinError, StoreError, UnavailableError
from core.stores.availability import wait_once

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 10.0
_shown: WeakSet[UnavailableError] = WeakSet()
"""Every part of a page that needs a store fails with the same error; it is shown once."""


def show_error(error: GeneKinError) -> None:
    """Show an error's message and hint, and log it; offer to try again if a store failed."""
    if isinstance(error, UnavailableError):  # The store has logged it, once while it is down.
        if error in _shown:
            return
        _shown.add(error)
    else:
        _log.warning("shown to the user: %s", error.log_text())
    st.error(error_text(error))
    if isinstance(error, StoreError):
        _try_again_button(error.reference or token_hex(4))
    if isinstance(error, UnavailableError):
        _run_again_when_back()


def error_text(error: GeneKinError) -> str:
    """Return an error for visitors as Markdown: the message, what still works, and the hint."""
    public = error.redacted()
    parts = [public.message, public.hint]
    if isinstance(error, UnavailableError):
        parts.insert(1, error.meanwhile)
    return "  \n".join(escape_markdown(part) for part in parts if part)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show errors where they occur, and let the rest of the page go on.

    The parts of a page wait for a store that is down only once.
    """
    try:
        with wait_once():
            yield
    except GeneKinError as error:
        show_error(error)
    except Exception:  # noqa: BLE001  (the outermost layer: the traceback goes to the log)
        reference = token_hex(4)
        _log.exception("[%s] unexpected error", reference)
        st.error(
            "Something went wrong in GeneKin. Nothing was lost; the log has the details under"
            f" {reference}."
        )
        _try_again_button(reference)


def _run_again_when_back() -> None:
    """Run the page again when the stores answer; look a few times a minute."""
    context = get_script_run_ctx()
    if context is None or context.fragment_ids_this_run:  # A fragment runs again by itself.
        return
    drawn = False

    def look() -> None:
        nonlocal drawn
        if drawn and _stores_answer():
            st.rerun()
        drawn = True

    st.fragment(look, run_every=_LOOK_SECONDS)()


@cached(TTLCache(maxsize=1, ttl=_LOOK_SECONDS / 2), lock=Lock())
def _stores_answer() -> bool:
    """Ask both stores, once for all sessions."""
    try:
        stores = server_libraries().stores
        stores.labels.library_names()
        stores.vectors.version()
    except GeneKinError:
        return False
    return True


def _try_again_button(reference: str) -> None:
    if st.button("Try again", key=f"try again {reference}"):
        st.rerun()
