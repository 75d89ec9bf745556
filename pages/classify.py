"""Paste sequences, see their gene families and why."""

import time

import pandas as pd
import streamlit as st

from components.figures import family_bars
from components.palette import NEUTRAL, family_colour
from components.state import chosen_library, plain_errors, through_app
from components.text import chip, counted, plain
from core.classifier import DEFAULT_NEIGHBOURS, Call, Status, classify
from core.library import Library
from core.sequences.examples import examples
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.settings import read_settings
from core.tables import row, sure


def page() -> None:
    """Input, then answers."""
    st.title("Classify")
    library = chosen_library()
    if library is None:
        st.info(
            "There is no reference yet to compare with. Load one first: the human genes come with"
            " GeneKin, and take less than a minute."
        )
        if st.button("Go to Library", type="primary"):
            st.switch_page("pages/library.py")
        return
    organisms, neighbours, threshold = _options(library)
    if _asked():
        with plain_errors():
            _run(library, organisms, neighbours, threshold)
    fingerprint, *answer = st.session_state.get("answer", ("",))
    if fingerprint == library.fingerprint:  # Else the library it came from is gone.
        _answers(library, *answer)


def _options(library: Library) -> tuple[list[str], int, float]:
    st.text_area(
        "DNA: one bare sequence, or FASTA",
        key="text",
        height=190,
        placeholder=">my gene\nATGGCC…",
        on_change=lambda: st.session_state.update(asked=True),
    )
    left, middle, right = st.columns([2, 4, 2], vertical_alignment="center")
    left.button("Example", on_click=_use_example, help="Eight simulated sequences.")
    with middle.popover("Options"):
        organisms = st.multiselect(
            "Search in", library.organism_names(), placeholder="all organisms"
        )
        neighbours = st.slider("Nearest genes to show", 1, 50, DEFAULT_NEIGHBOURS)
        threshold = st.slider(
            "Name a family from this confidence on",
            0.0,
            1.0,
            library.threshold,
            help="Below it, the answer is: unknown.",
        )
    right.button(
        "Classify",
        type="primary",
        width="stretch",
        on_click=lambda: st.session_state.update(asked=True),
        help="Or press Ctrl+Enter in the text.",
    )
    return organisms, neighbours, threshold


def _use_example() -> None:
    st.session_state.update(text=examples(), asked=True)


def _asked() -> bool:
    return bool(st.session_state.pop("asked", False))


def _run(library: Library, organisms: list[str], neighbours: int, threshold: float) -> None:
    st.session_state.pop("answer", None)
    limits = Limits.of(read_settings())
    records = read_text_queries(st.session_state["text"], "The text", limits)
    started = time.perf_counter()
    calls = classify(
        library,
        records,
        organisms=organisms or None,
        neighbours=neighbours,
        threshold=threshold,
    )
    st.session_state["answer"] = (library.fingerprint, calls, time.perf_counter() - started)


def _answers(library: Library, calls: list[Call], seconds: float) -> None:
    st.divider()
    if len(calls) == 1:
        _answer(library, calls[0], seconds)
        return
    figures = st.columns(4)
    for column, status in zip(figures, Status, strict=False):
        column.metric(status.value, sum(call.status is status for call in calls))
    figures[3].metric("time", f"{seconds * 1000:,.0f} ms")
    selected = st.dataframe(
        pd.DataFrame([row(call) for call in calls]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_order=_COLUMNS,
        column_config=_COLUMN_CONFIG,
    )
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(calls):
        _answer(library, calls[rows[0]], None)
    else:
        st.caption("Select a row to see how its family was decided.")


def _answer(library: Library, call: Call, seconds: float | None) -> None:
    if call.status is Status.INVALID:
        st.error(plain(call.reason))
        return
    called = call.status is Status.CALLED and call.family_id is not None
    colour = family_colour(call.family_id) if called and call.family_id is not None else NEUTRAL
    st.html(f"<h2>{chip(call.family if called else 'Unknown', colour)}</h2>")
    if called:
        st.progress(call.confidence, sure(call.confidence))
    else:
        st.write(f"{plain(call.reason)} The best guess is {plain(call.family)}.")
    st.caption(_facts(library, call, seconds))
    if not call.hits:
        return
    families, hits = st.columns([2, 3], gap="large")
    with families:
        st.subheader("Families")
        st.altair_chart(family_bars(call.families, library.families, "confidence"))
    with hits:
        st.subheader(counted(len(call.hits), "nearest gene"))
        st.dataframe(_hits(library, call), hide_index=True, column_config=_HIT_COLUMNS)


def _facts(library: Library, call: Call, seconds: float | None) -> str:
    organisms = library.organisms()
    facts = [plain(call.query), counted(call.length, "base")]
    if call.strand:
        strand = "forward" if call.strand == "+" else "reverse"
        facts.append(f"{strand} strand, frame {call.frame}")
    if call.organism:
        choice = f" ({sure(call.organism_confidence)})" if len(organisms) > 1 else ""
        facts.append(f"closest organism {plain(call.organism)}{choice}")
    if call.unreadable:
        facts.append(f"{call.unreadable:.1%} of its letters cannot be read")
    genes = counted(sum(organism.count for organism in organisms), "gene")
    facts.append(f"{genes} in the library")
    if seconds is not None:
        facts.append(f"{seconds * 1000:,.0f} ms")
    return " · ".join(facts)


def _hits(library: Library, call: Call) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene": hit.name,
            "organism": hit.organism,
            "family": library.families[hit.family],
            "inner product": hit.score,
            "bases": hit.length,
        }
        for hit in call.hits
    )


_COLUMNS = (
    "query",
    "length",
    "status",
    "family",
    "confidence",
    "organism",
    "strand",
    "frame",
    "hit",
    "score",
    "note",
)
_COLUMN_CONFIG = {
    "confidence": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
    "score": st.column_config.NumberColumn(help="Inner product with the nearest gene."),
}
_HIT_COLUMNS = {
    "inner product": st.column_config.ProgressColumn(
        format="%.3f", min_value=0.0, max_value=1.0, help="1: the same words; 0: none shared."
    ),
    "bases": st.column_config.NumberColumn(format="localized"),
}

through_app("pages/classify.py")
page()
