"""Results of a trace: the batch as a whole, and each of its queries."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from components.shared.figure import show_figure
from components.shared.formatting import (
    escape_markdown,
    pluralize,
)
from components.shared.session import Slot, remember
from components.shared.turns import question_turn
from components.trace.charts import composition_figure
from core.calls import confidence_percent, query_name
from core.runs import Run
from core.sequences.families import family_name
from core.sequences.records import Record
from core.tracing import OrganismShare, TraceResult, estimate_composition
from core.tracing.trace_table import COLUMNS, to_row

_HIGH_CONFIDENCE = 0.95
_MAJORITY = 0.5
"""Confidence above which one organism is the closest; otherwise several share it."""
_MAX_NAMED = 3
"""Organisms that a headline names if none is the closest."""
_SCROLL_FROM = 8
"""Rows from which a table scrolls."""
_SCREEN_ORDER = ("query", "length", "organism", "note", "confidence", "identity", "gene", "next")
"""Columns of the table of queries: why there is no result stands where the organism would."""


def show_source(records: Sequence[Record], name: str, *, current: bool) -> None:
    """Say which records the result is for, and whether they are still the input.

    Parameters
    ----------
    name
        Name of their file or run; empty for text.
    """
    source = escape_markdown(name or _describe(records))
    if current:
        st.caption(f"Result for {source}")
    else:
        st.warning(
            f"This result is for an earlier input: {source}. Press Trace to trace the input above."
        )


def show_run_source(run: Run) -> None:
    """Say which run a result is of, and when and in which library it was traced."""
    parts = [run.name, run.source, f"{run.created_at:%Y-%m-%d %H:%M} UTC", f"library {run.library}"]
    st.caption(" · ".join(escape_markdown(part) for part in parts if part))


def _describe(records: Sequence[Record]) -> str:
    """Name the first of the records, and count the others."""
    others = f" and {pluralize(len(records) - 1, 'other record')}" if len(records) > 1 else ""
    return f"{query_name(records[0])}{others}"


def show_traced(
    run: Run, traced: Sequence[TraceResult], show_downloads: Callable[[], None]
) -> None:
    """Show the composition of a batch, a table of its queries, and the selected query.

    Parameters
    ----------
    show_downloads
        Draws the button behind which the files are.
    """
    composition = remember(Slot.COMPOSITION, run.id, partial(_estimate, traced))
    row = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    row.markdown(f"### {headline(traced, composition)}", width="content")
    with row:
        show_downloads()
    if notes := _notes(traced):
        st.caption(notes)
    count = sum(bool(query.organisms) for query in traced)
    if count > 1:
        show_figure(composition_figure(composition, count))
    query = traced[0] if len(traced) == 1 else _query_table(run, traced)
    st.subheader(escape_markdown(query.query))
    _show_query(query, run.families)


def _estimate(traced: Sequence[TraceResult]) -> list[OrganismShare]:
    with question_turn(), st.spinner("Estimating the composition …"):
        return estimate_composition(traced)


def headline(traced: Sequence[TraceResult], composition: Sequence[OrganismShare]) -> str:
    """Say in Markdown which organism the queries come from."""
    if not composition:
        return "No relative found." if len(traced) == 1 else "No relatives found."
    if len(traced) == 1:
        return _single_headline(traced[0])
    share = composition[0].share
    return (
        f"Of {pluralize(share.n, 'query', 'queries')} with a relative in the library,"
        f" {share.mean:.0%} (95% CI {share.low:.0%} to {share.high:.0%}) are closest to"
        f" {escape_markdown(composition[0].organism)}."
    )


def _single_headline(query: TraceResult) -> str:
    if query.confidence > _MAJORITY:
        confidence = confidence_percent(query.confidence)
        return f"Closest to {escape_markdown(query.organism)} (confidence {confidence})."
    likely = [
        f"{escape_markdown(name)} ({confidence_percent(confidence)})"
        for name, confidence in list(query.organisms.items())[:_MAX_NAMED]
    ]
    return f"No single closest organism: {', '.join(likely)}."


def _notes(traced: Sequence[TraceResult]) -> str:
    """Say how reliable the results of a batch are, and how many queries have none."""
    if len(traced) == 1:
        return ""
    results = [query for query in traced if query.organisms]
    parts = []
    if results:
        high = sum(query.confidence >= _HIGH_CONFIDENCE for query in results)
        identity = pd.Series([query.identity for query in results]).median()
        parts.append(
            f"{high:,} of {len(results):,} have a confidence of at least {_HIGH_CONFIDENCE:.0%}."
        )
        parts.append(f"Median identity to the closest relative: {identity:.1%}.")
    if failed := len(traced) - len(results):
        parts.append(f"{failed:,} without a result: see the notes in the table.")
    return " ".join(parts)


def _query_table(run: Run, traced: Sequence[TraceResult]) -> TraceResult:
    """Show all queries in a table; return the selected one, by default the first."""
    st.subheader(pluralize(len(traced), "query", "queries"))
    table = pd.DataFrame([to_row(query) for query in traced], columns=COLUMNS)
    shown = table.dropna(axis="columns", how="all")
    selected = st.dataframe(
        _rounded(shown),
        hide_index=True,
        column_config=_COLUMNS,
        column_order=[name for name in _SCREEN_ORDER if name in shown],
        on_select="rerun",
        selection_mode="single-row",
        height=320 if len(traced) > _SCROLL_FROM else "auto",
        placeholder="",
        key=f"traced {run.id}",
        alt="All queries with their closest organism",
    )
    rows = selected["selection"]["rows"]
    return traced[rows[0] if rows and rows[0] < len(traced) else 0]


def _show_query(query: TraceResult, families: Mapping[int, str]) -> None:
    """Show each organism's confidence and closest gene for a query."""
    if not query.organisms:
        st.caption(escape_markdown(query.problem))
        return
    st.caption(
        f"{query.length:,} bp · {query.identity:.1%} of bases identical to the closest relative"
    )
    hits = {name: query.closest[name] for name in query.organisms}
    table = pd.DataFrame(
        {
            "organism": name,
            "confidence": query.organisms[name],
            "closest gene": hit.name,
            "family": family_name(families, hit.family),
            "length (bp)": hit.length,
        }
        for name, hit in hits.items()
    )
    st.dataframe(
        _rounded(table),
        hide_index=True,
        column_config=_COLUMNS,
        alt="Confidence and closest gene of each organism",
    )


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round shares to whole percentages, and confidences to at most 99%."""
    shares = [name for name in ("confidence", "identity") if name in table]
    rounded = table.assign(**{name: table[name].astype(float).round(2) for name in shares})
    if "confidence" in rounded:
        rounded["confidence"] = rounded["confidence"].clip(upper=0.99)
    return rounded


_COLUMNS = {
    "confidence": st.column_config.ProgressColumn(
        format="percent",
        min_value=0.0,
        max_value=1.0,
        help="Probability that this organism has the closest relative.",
    ),
    "identity": st.column_config.NumberColumn(
        format="percent", help="Share of bases identical to the closest relative."
    ),
    "gene": st.column_config.TextColumn("closest gene"),
    "next": st.column_config.TextColumn("second organism"),
    "length (bp)": st.column_config.NumberColumn(format="localized"),
    "length": st.column_config.NumberColumn("length (bp)", format="localized"),
}
