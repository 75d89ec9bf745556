"""How the library of a run from a file differs from the libraries here, and what these answer."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.classify.submission import MAX_IMMEDIATE, MAX_IMMEDIATE_BASES
from components.shared.formatting import escape_markdown, pluralize
from components.shared.navigation import chosen_library
from components.shared.services import open_library
from components.shared.session import Slot, remember, session
from components.shared.turns import question_turn
from core.calls import confidence_percent
from core.errors import LibraryError
from core.library.library import Library
from core.runs import Run, RunKind
from core.runs.file_comparison import Answer, answers_then, answers_today, list_differences
from core.runs.file_reader import OpenedRun

_PAGES = {RunKind.CLASSIFY: "Classify", RunKind.TRACE: "Trace"}
_PAST = {RunKind.CLASSIFY: "classified", RunKind.TRACE: "traced"}
_ANSWERS = {RunKind.CLASSIFY: "calls", RunKind.TRACE: "closest organisms"}


def compared_library(run: Run) -> Library | None:
    """Return the library that has the name of the run's; else the one chosen in the sidebar."""
    try:
        return open_library(run.library)
    except LibraryError:  # There is none, or it is another user's.
        return chosen_library()


def show_comparison(opened: OpenedRun) -> None:
    """Say how the library here differs from that of the run; offer its answers of today."""
    run = opened.run
    library = compared_library(run)
    known = library is not None and library.name == run.library
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
    _offer_answers_of_today(opened, library)


def _list_changes(text: str, changes: Sequence[str]) -> None:
    lines = [escape_markdown(text), "", *(f"- {escape_markdown(change)}" for change in changes)]
    st.warning("\n".join(lines))


def _offer_answers_of_today(opened: OpenedRun, library: Library) -> None:
    run = opened.run
    bases = sum(len(query.residues) for query in opened.queries)
    if len(opened.queries) > MAX_IMMEDIATE or bases > MAX_IMMEDIATE_BASES:
        st.caption(
            f"These queries are too many to be {_PAST[run.kind]} again here: submit their FASTA"
            f" file on {_PAGES[run.kind]}."
        )
        return
    if session.asked_again != run.id:
        st.button(
            f"{_PAGES[run.kind]} again with the library {escape_markdown(library.name)}",
            help=f"Compare the {_ANSWERS[run.kind]} of today with those in the file. Nothing is"
            " stored.",
            on_click=_press_again,
            args=(run.id,),
        )
        return

    def ask() -> Sequence[Answer]:
        with question_turn():
            return answers_today(opened, library)

    today = remember(Slot.ANSWERS_TODAY, (run.id, library.name, library.contents()), ask)
    _show_answers_of_today(run.kind, answers_then(opened), today, library)


def _press_again(run_id: str) -> None:
    session.asked_again = run_id


def _show_answers_of_today(
    kind: RunKind, then: Sequence[Answer], today: Sequence[Answer], library: Library
) -> None:
    pairs = list(zip(then, today, strict=True))
    different = [(before, now) for before, now in pairs if not before.agrees_with(now)]
    name = escape_markdown(library.name)
    if not different:
        queries = pluralize(len(pairs), "query", "queries")
        st.success(
            f"{queries} {_PAST[kind]} with the library {name} of today: same {_ANSWERS[kind]}."
        )
        return
    st.warning(
        f"With the library {name} of today, {len(different):,} of {len(pairs):,} {_ANSWERS[kind]}"
        " differ:"
    )
    rows = [
        {
            "query": before.query,
            "in the file": before.text,
            "confidence": _confidence(before),
            "today": now.text,
            "confidence today": _confidence(now),
        }
        for before, now in different
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=f"Differing {_ANSWERS[kind]}", placeholder="–"
    )


def _confidence(answer: Answer) -> str:
    return "" if answer.confidence is None else confidence_percent(answer.confidence)
