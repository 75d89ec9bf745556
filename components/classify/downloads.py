"""A run's files, link and details, and the button that edits its queries."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.classify.files import RunAlignments, describe_limit, list_files
from components.classify.input import fill_in
from components.classify.submission import RUN_PARAMETER, RunResult
from components.shared.formatting import escape_markdown
from components.shared.markup import fact_table
from components.shared.services import open_library
from components.shared.session import Slot, remember
from core.errors import LibraryError
from core.library.library import Library
from core.runs import Run, changed_since
from core.runs.exports.downloads import Download, describe_run, make_download
from core.runs.exports.fasta import format_queries

_MAX_EDITABLE_BASES = 2_000_000
"""Bases of all queries up to which the text area can take them."""


def result_header(result: RunResult, chosen: Library | None) -> DeltaGenerator:
    """Show what a run is, with buttons to edit and download it.

    Parameters
    ----------
    chosen
        The library chosen on the page, which most often is that of the run.

    Returns
    -------
    DeltaGenerator
        The popover for :func:`offer_downloads`, which can be filled after the result is shown.
    """
    run = result.run
    same = chosen is not None and chosen.name == run.library
    if changed := changed_since(run, chosen if same else _library(run.library)):
        st.warning(escape_markdown(changed))
    line, files, edit = st.columns([6, 2, 3], vertical_alignment="center")
    date = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    line.caption(f"{escape_markdown(run.name)} · {date} · library {escape_markdown(run.library)}")
    large = sum(len(query.residues) for query in result.queries) > _MAX_EDITABLE_BASES
    tip = f"Only up to {_MAX_EDITABLE_BASES:,} bp in total." if large else None
    if edit.button("Edit and resubmit", width="stretch", disabled=large, help=tip):
        fill_in(format_queries(result.queries))
        st.rerun()
    return files.popover("Download", width="stretch")


def offer_downloads(result: RunResult) -> None:
    """Show the download buttons of a run, and its link."""
    run, link = result.run, _link(result.run)
    library = _library(run.library)
    contents = library.contents() if library else ""
    alignments = remember(
        Slot.ALIGNMENTS, (run.id, contents), lambda: RunAlignments(result, library)
    )
    for title, files in list_files(result, library, alignments, link).items():
        st.caption(title)
        buttons = st.container(horizontal=True, gap="small")
        for file in files:
            buttons.download_button(
                file.label,
                partial(_data, file.make),
                file_name=make_download(run, file.ending, "", b"").name,
                on_click="ignore",
                key=f"take {file.ending} {run.id}",
            )
    if limit := describe_limit(result, library):
        st.caption(limit)
    st.caption("Link to this result")
    st.code(link, language=None, wrap_lines=True)


def run_details(run: Run) -> None:
    """Show the settings and versions needed to reproduce a run."""
    with st.expander("Run details"):
        st.html(fact_table(describe_run(run)))


def _link(run: Run) -> str:
    """Return the address of a run; empty if the browser did not send its own."""
    address = st.context.url
    return f"{address.rstrip('/')}/?{RUN_PARAMETER}={run.id}" if address else ""


def _data(make: Callable[[], Download]) -> bytes:
    return make().data


def _library(name: str) -> Library | None:
    try:
        return open_library(name)
    except LibraryError:
        return None
