"""What can be done with a run: read it as a file, link to it, ask it again."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.answering import Answered
from components.asking import show_text
from components.palette import family_colour
from components.state import libraries
from components.text import plain
from core.alignment.aligned import Alignment
from core.alignment.explaining import explain
from core.errors import LibraryError
from core.exports.excel import workbook
from core.exports.fasta import as_typed, fasta, fasta_by_family
from core.exports.parts import Download, download
from core.exports.report import MOST_DETAILS, html_report
from core.exports.texts import table
from core.library import Library
from core.runs import changed_since

_MOST_TEXT = 2_000_000
"""Letters of queries up to which they can be edited in the page."""


def take_away(answered: Answered) -> None:
    """Files, the link, and asking again."""
    run = answered.run
    st.divider()
    library = _library(run.library)
    if changed := changed_since(run, library):
        st.warning(plain(changed))
    made = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    st.caption(
        f"{plain(run.name)} · {made} · library {plain(run.library)} · encoder {run.encoder} ·"
        f" GeneKin {run.versions.get('GeneKin', '')}. The address of this page reopens this run."
    )
    files, again = st.columns([5, 2])
    with files.popover("Take it away", icon=":material/download:"):
        for label, ending, make in _files(answered, library):
            st.download_button(
                label,
                partial(_data, make),
                file_name=download(run, ending, "", b"").name,
                on_click="ignore",
                width="stretch",
                key=f"take {ending} {run.id}",
            )
    letters = sum(len(query.residues) for query in answered.queries)
    if again.button("Edit and run again", width="stretch", disabled=letters > _MOST_TEXT):
        show_text(as_typed(answered.queries))
        st.query_params.pop("run", None)
        st.rerun()


def _files(
    answered: Answered, library: Library | None
) -> list[tuple[str, str, Callable[[], Download]]]:
    """What there is to take: a label, how the file's name ends, and how it is made."""
    run, calls, queries = answered.run, answered.calls, answered.queries
    link = st.context.url or ""
    return [
        ("Table, tab-separated", ".tsv", partial(table, run, calls, "tsv")),
        ("Table, comma-separated", ".csv", partial(table, run, calls, "csv")),
        ("Excel", ".xlsx", partial(workbook, run, calls, link)),
        ("JSON, with all hits", ".json", partial(table, run, calls, "json")),
        ("Sequences, FASTA", ".fasta", partial(fasta, run, queries, calls)),
        ("Sequences by family", "_by_family.zip", partial(fasta_by_family, run, queries, calls)),
        ("Report to mail or print", ".html", partial(_report, answered, library, link)),
    ]


def _data(make: Callable[[], Download]) -> bytes:
    return make().data


def _report(answered: Answered, library: Library | None, link: str) -> Download:
    alignments: dict[int, tuple[Alignment, ...]] = {}
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
