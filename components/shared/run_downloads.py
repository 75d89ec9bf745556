"""Downloads of a run, whatever was asked: their button, their files, and the link."""

from collections.abc import Callable

import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from components.shared.navigation import RUN_PARAMETER
from components.shared.services import runs
from components.shared.sign_in_mode import is_open
from core.runs import Run, RunKind
from core.runs.exports.downloads import make_download


def downloads_button(run: Run) -> PopoverContainer:
    """Draw the button behind which a run's files are; list them in it when it is open."""
    return st.popover(
        "Download",
        icon=":material/download:",
        width="content",
        key=f"downloads of {run.id}",
        on_change="rerun",
    )


def offer_file(run: Run, label: str, ending: str, make: Callable[[], bytes]) -> None:
    """Draw the button for a file of a run, which is made when it is clicked.

    Parameters
    ----------
    ending
        End of the file name.
    """
    st.download_button(
        label,
        make,
        file_name=make_download(run, ending, "", b"").name,
        on_click="ignore",
        key=f"take {ending} {run.id}",
    )


def run_link(run: Run) -> str:
    """Return the address of a run, on whose page this is; empty if the browser did not send it."""
    if not (address := st.context.url):
        return ""
    # That of the first page is a folder.
    folder = "/" if run.kind is RunKind.CLASSIFY else ""
    return f"{address.rstrip('/')}{folder}?{RUN_PARAMETER}={run.id}"


def show_link(run: Run) -> None:
    """Show the link to a run, and the choice of who can open it where people sign in."""
    st.caption("Link to this result")
    st.code(run_link(run), language=None, wrap_lines=True)
    if not is_open():
        _share_choice(run)


def _share_choice(run: Run) -> None:
    """Say who can open a run, and let its owner share it."""
    if not runs().may_change(run):
        st.caption("Shared by its owner." if run.by else "Everyone who has the link can open it.")
        return
    shared = st.toggle(
        "Shared",
        run.shared,
        help="Others can open the link, and find the result in their History. Otherwise only you"
        " and administrators can.",
        key=f"share {run.id} {run.shared}",
    )
    if shared != run.shared:
        runs().share(run.id, shared=shared)
        st.rerun()
