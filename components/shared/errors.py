"""Errors on the page: the message and what to do, never a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.shared.formatting import escape_markdown
from core.errors import GeneKinError

_log = logging.getLogger(__name__)


def show_error(error: GeneKinError) -> None:
    """Show an error's message and hint, and log it."""
    _log.warning("shown to the user: %s", error)
    st.error(error_text(error))


def error_text(error: GeneKinError) -> str:
    """Return an error's message and hint as Markdown, a line each."""
    return "  \n".join(escape_markdown(part) for part in (error.message, error.hint) if part)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show errors where they occur, and let the rest of the page go on."""
    try:
        yield
    except GeneKinError as error:
        show_error(error)
    except Exception:  # noqa: BLE001  (the outermost layer: the traceback goes to the log)
        _log.exception("unexpected error")
        st.error("Something went wrong in GeneKin. Nothing was lost; the log has the details.")
