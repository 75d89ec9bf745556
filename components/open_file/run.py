"""A run from a file: the views of a stored run, and what differs from the libraries of today."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.classify.batch import show_batch, show_summary
from components.classify.downloads import offer_downloads, run_details
from components.classify.result import show_evidence, show_verdict
from components.classify.submission import MAX_IMMEDIATE, MAX_IMMEDIATE_BASES, RunResult
from components.shared.errors import plain_errors
from components.shared.formatting import escape_markdown, pluralize
from components.shared.navigation import chosen_library
from components.shared.services import open_library
from components.shared.session import Slot, remember, session
from components.shared.turns import question_turn
from core.calls import Call, Status, confidence_percent
from core.errors import LibraryError
from core.library.library import Library
from core.runs.file_comparison import classify_again, describe_call, list_differences
from core.runs.file_reader import OpenedRun


def show_run(opened: OpenedRun) -> None:
    """Show a run from a file, read-only."""
    result = RunResult(
        opened.run, opened.calls, opened.queries, is_stored=False, genes=opened.genes
    )
    _show_header(result)
    with plain_errors():
        _show_library(opened)
    if len(result.calls) == 1:
        show_evidence(result, 0, show_verdict(result, 0))
    else:
        show_summary(result)
        show_batch(result)
    run_details(result.run)


def _show_header(result: RunResult) -> None:
    run = result.run
    st.info(
        "Opened from a file: read-only, and not stored in this GeneKin. It is closed with this"
        " browser tab.",
        icon=":material/draft:",
    )
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    row.caption(
        f"{escape_markdown(run.name)} · {run.created_at:%Y-%m-%d %H:%M} UTC · library"
        f" {escape_markdown(run.library)} · GeneKin"
        f" {escape_markdown(run.versions.get('GeneKin', 'of unknown version'))}",
        width="content",
    )
    with row:
        offer_downloads(result)
    if result.genes is None and any(call.hits for call in result.calls):
        st.caption("The file has no sequences of the hits: there are no alignments.")


def _show_library(opened: OpenedRun) -> None:
    """Say how the library here differs from that of the run; offer its calls of today."""
    run = opened.run
    library = _library(run.library)
    known = library is not None
    library = library or chosen_library()
    missing = f"There is no library {run.library!r} here that you may use."
    if library is None:
        st.warning(escape_markdown(missing))
        return
    changes = list_differences(run, library)
    if not known:
        missing += f" Compared with the library {library.name!r}, the differences are:"
        _list_changes(missing, changes or ["None."])
    elif changes:
        text = f"The library {library.name!r} here is not that of the run:"
        _list_changes(text, changes)
    else:
        st.caption(f"The library {escape_markdown(library.name)} has not changed since this run.")
    _offer_calls_of_today(opened, library)


def _list_changes(text: str, changes: Sequence[str]) -> None:
    lines = [escape_markdown(text), "", *(f"- {escape_markdown(change)}" for change in changes)]
    st.warning("\n".join(lines))


def _offer_calls_of_today(opened: OpenedRun, library: Library) -> None:
    run = opened.run
    bases = sum(len(query.residues) for query in opened.queries)
    if len(opened.calls) > MAX_IMMEDIATE or bases > MAX_IMMEDIATE_BASES:
        st.caption(
            "To classify these queries again, download them as FASTA and submit them on Classify."
        )
        return
    if session.classified_again != run.id:
        st.button(
            f"Classify again with the library {escape_markdown(library.name)}",
            help="Compare the calls of today with those in the file. Nothing is stored.",
            on_click=_press_again,
            args=(run.id,),
        )
        return

    def ask() -> Sequence[Call]:
        with question_turn():
            return classify_again(opened, library)

    calls = remember(Slot.CALLS_TODAY, (run.id, library.name, library.contents()), ask)
    _show_calls_of_today(opened, calls, library)


def _press_again(run_id: str) -> None:
    session.classified_again = run_id


def _show_calls_of_today(opened: OpenedRun, calls: Sequence[Call], library: Library) -> None:
    pairs = list(zip(opened.calls, calls, strict=True))
    different = [(then, now) for then, now in pairs if describe_call(then) != describe_call(now)]
    name = escape_markdown(library.name)
    if not different:
        queries = pluralize(len(pairs), "query", "queries")
        st.success(f"{queries} classified with the library {name} of today: same calls.")
        return
    st.warning(
        f"With the library {name} of today, {len(different):,} of {len(pairs):,} calls differ:"
    )
    rows = [
        {
            "query": then.query,
            "in the file": describe_call(then),
            "confidence": _confidence(then),
            "today": describe_call(now),
            "confidence today": _confidence(now),
        }
        for then, now in different
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Calls that differ", placeholder="–")


def _confidence(call: Call) -> str:
    return "" if call.status is Status.INVALID else confidence_percent(call.confidence)


def _library(name: str) -> Library | None:
    try:
        return open_library(name)
    except LibraryError:  # There is none, or it is another user's.
        return None
