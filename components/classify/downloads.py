"""A run's files, link and details."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.classify.files import RunAlignments, describe_limit, list_files
from components.classify.submission import RunResult
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown
from components.shared.markup import fact_table
from components.shared.run_downloads import downloads_button, offer_file, run_link, show_link
from components.shared.services import open_library
from components.shared.session import Slot, remember
from core.alignment.explanation import GeneSource
from core.errors import LibraryError
from core.library.library import Library
from core.runs import Run, changed_since
from core.runs.exports.downloads import Download, describe_run


def result_header(result: RunResult, chosen: Library | None) -> None:
    """Show what a run is, with its downloads, and whether its library has changed.

    Parameters
    ----------
    chosen
        The library chosen on the page, which most often is that of the run.
    """
    run = result.run
    same = chosen is not None and chosen.name == run.library
    date = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    row.caption(
        f"{escape_markdown(run.name)} · {date} · library {escape_markdown(run.library)}",
        width="content",
    )
    with row:
        offer_downloads(result)
    if changed := changed_since(run, chosen if same else _library(run.library)):
        st.warning(escape_markdown(changed))


def offer_downloads(result: RunResult) -> None:
    """Show the button behind which a run's files and link are; they are listed when it is open."""
    files = downloads_button(result.run)
    if files.open:
        with files, plain_errors():
            if result.is_stored:
                _list_stored(result)
            else:
                _list_files(result, result.genes, "", "")


def _list_stored(result: RunResult) -> None:
    """Show the download buttons of a stored run, and its link."""
    run, link = result.run, run_link(result.run)
    library = _library(run.library)
    _list_files(result, library, library.contents() if library else "", link)
    show_link(run)


def _list_files(result: RunResult, genes: GeneSource | None, contents: str, link: str) -> None:
    """Show the download buttons of a run.

    Parameters
    ----------
    contents
        Digest of the library that the genes are from; empty for those of a file.
    """
    run = result.run
    alignments = remember(Slot.ALIGNMENTS, (run.id, contents), lambda: RunAlignments(result, genes))
    for title, files in list_files(result, genes, alignments, link).items():
        st.caption(title)
        with st.container(horizontal=True, gap="small"):
            for file in files:
                offer_file(run, file.label, file.ending, partial(_data, file.make))
    if limit := describe_limit(result, genes):
        st.caption(limit)


def run_details(run: Run) -> None:
    """Show the settings and versions needed to reproduce a run."""
    with st.expander("Run details"):
        st.html(fact_table(describe_run(run)))


def _data(make: Callable[[], Download]) -> bytes:
    return make().data


def _library(name: str) -> Library | None:
    try:
        return open_library(name)
    except LibraryError:  # Or it is another user's.
        return None
