"""A run's files, link and details, and the button that edits its queries."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.classify.input import fill_in
from components.classify.submission import RUN_PARAMETER, RunResult
from components.shared.formatting import escape_markdown
from components.shared.markup import fact_table
from components.shared.palette import family_colour
from components.shared.services import open_library
from core.alignment.explanation import explain
from core.alignment.pairwise import Alignment
from core.errors import LibraryError
from core.library.library import Library
from core.runs import Run, changed_since
from core.runs.exports.downloads import Download, describe_run, export_table, make_download
from core.runs.exports.excel import export_workbook
from core.runs.exports.fasta import export_fasta, export_fasta_by_family, format_queries
from core.runs.exports.report import MAX_DETAILS, export_report

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
    for label, ending, make in _files(result, link):
        st.download_button(
            label,
            partial(_data, make),
            file_name=make_download(run, ending, "", b"").name,
            on_click="ignore",
            width="stretch",
            key=f"take {ending} {run.id}",
        )
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


def _files(result: RunResult, link: str) -> list[tuple[str, str, Callable[[], Download]]]:
    """Return the label, the end of the file name and the maker of each download."""
    run, calls, queries = result.run, result.calls, result.queries
    return [
        ("Table (TSV)", ".tsv", partial(export_table, run, calls, "tsv")),
        ("Table (CSV)", ".csv", partial(export_table, run, calls, "csv")),
        ("Excel (XLSX)", ".xlsx", partial(export_workbook, run, calls, link)),
        ("All hits (JSON)", ".json", partial(export_table, run, calls, "json")),
        ("Sequences (FASTA)", ".fasta", partial(export_fasta, run, queries, calls)),
        (
            "Sequences by family (ZIP)",
            "_by_family.zip",
            partial(export_fasta_by_family, run, queries, calls),
        ),
        ("Report (HTML)", ".html", partial(_report, result, link)),
    ]


def _data(make: Callable[[], Download]) -> bytes:
    return make().data


def _report(result: RunResult, link: str) -> Download:
    alignments: dict[int, tuple[Alignment, ...]] = {}
    library = _library(result.run.library)
    if library is not None:
        for index, call in enumerate(result.calls[:MAX_DETAILS]):
            if call.hits:
                residues = result.queries[index].residues
                alignments[index] = explain(
                    library, residues, call, max_hits=1, searched=result.run.searched_genes
                ).alignments
    return export_report(
        result.run, result.calls, colour=family_colour, alignments=alignments, link=link
    )


def _library(name: str) -> Library | None:
    try:
        return open_library(name)
    except LibraryError:
        return None
