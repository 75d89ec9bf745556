"""What can be done with a run: read it as a file, link to it, ask it again."""

import html
from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.classify.input import RUN, Answer, show_text
from components.shared.formatting import escape_markdown
from components.shared.palette import family_colour
from components.shared.services import libraries
from core.alignment.explanation import explain
from core.alignment.pairwise import Alignment
from core.errors import LibraryError
from core.library.library import Library
from core.runs import Run, changed_since
from core.runs.exports.downloads import Download, download, facts, table
from core.runs.exports.excel import workbook
from core.runs.exports.fasta import as_typed, fasta, fasta_by_family
from core.runs.exports.report import MOST_DETAILS, html_report

_MOST_TEXT = 2_000_000
"""Letters of queries up to which they can be edited in the page."""


def download_panel(answered: Answer, chosen: Library | None) -> DeltaGenerator:
    """What the run is, its files and its link, and asking again; in one row.

    `chosen` is the library that was opened just now; most often it is that of the run. Returns
    where :func:`offer` puts the files: nobody sees them before that is opened, and the answer need
    not wait for them.
    """
    run = answered.run
    same = chosen is not None and chosen.name == run.library
    if changed := changed_since(run, chosen if same else _library(run.library)):
        st.warning(escape_markdown(changed))
    made = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    told, files, again = st.columns([6, 2, 3], vertical_alignment="center")
    told.caption(f"{escape_markdown(run.name)} · {made} · library {escape_markdown(run.library)}")
    large = sum(len(query.residues) for query in answered.queries) > _MOST_TEXT
    help_ = f"Only up to {_MOST_TEXT:,} bases: these are more." if large else None
    if again.button("Edit and run again", width="stretch", disabled=large, help=help_):
        show_text(as_typed(answered.queries))
        st.rerun()
    return files.popover("Take away", width="stretch")


def offer(answered: Answer) -> None:
    """The files of a run, and its link."""
    run, link = answered.run, _link(answered.run)
    for label, ending, make in _files(answered, link):
        st.download_button(
            label,
            partial(_data, make),
            file_name=download(run, ending, "", b"").name,
            on_click="ignore",
            width="stretch",
            key=f"take {ending} {run.id}",
        )
    st.caption("The link that reopens this run. It is the address of this page, too.")
    st.code(link, language=None, wrap_lines=True)


def about(run: Run) -> None:
    """What has to be known of a run to make it again."""
    with st.expander("About this run"):
        rows = (
            f'<tr><th scope="row" style="font-weight:400;text-align:left;vertical-align:top;'
            f'padding-right:1.5em;opacity:.75">{html.escape(name)}</th>'
            f'<td style="overflow-wrap:anywhere"><bdi>{html.escape(value)}</bdi></td></tr>'
            for name, value in facts(run).items()
        )
        st.html(f'<table style="font-size:.87rem">{"".join(rows)}</table>')


def _link(run: Run) -> str:
    """Address of the run; empty where the browser did not say where it is."""
    address = st.context.url
    return f"{address.rstrip('/')}/?{RUN}={run.id}" if address else ""


def _files(answered: Answer, link: str) -> list[tuple[str, str, Callable[[], Download]]]:
    """What there is to take: a label, how the file's name ends, and how it is made."""
    run, calls, queries = answered.run, answered.calls, answered.queries
    return [
        ("Table, tab-separated", ".tsv", partial(table, run, calls, "tsv")),
        ("Table, comma-separated", ".csv", partial(table, run, calls, "csv")),
        ("Excel", ".xlsx", partial(workbook, run, calls, link)),
        ("JSON, with all hits", ".json", partial(table, run, calls, "json")),
        ("Sequences, FASTA", ".fasta", partial(fasta, run, queries, calls)),
        ("Sequences by family", "_by_family.zip", partial(fasta_by_family, run, queries, calls)),
        ("Report to mail or print", ".html", partial(_report, answered, link)),
    ]


def _data(make: Callable[[], Download]) -> bytes:
    return make().data


def _report(answered: Answer, link: str) -> Download:
    alignments: dict[int, tuple[Alignment, ...]] = {}
    library = _library(answered.run.library)
    if library is not None:
        for place, call in enumerate(answered.calls[:MOST_DETAILS]):
            if call.hits:
                residues = answered.queries[place].residues
                alignments[place] = explain(library, residues, call, most=1).alignments
    return html_report(
        answered.run, answered.calls, colour=family_colour, alignments=alignments, link=link
    )


def _library(name: str) -> Library | None:
    try:
        return libraries().open(name)
    except LibraryError:
        return None
