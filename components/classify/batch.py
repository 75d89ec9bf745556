"""Many queries' answers: what became of them, a table to find one's way in, and one of them."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from streamlit.elements.arrow import DataframeStateInput

from components.classify.input import Answer
from components.classify.result import show_answer
from components.shared.bars import outcome_bars
from components.shared.formatting import escape_markdown, pluralize
from components.shared.palette import INVALID, UNKNOWN, Mark, family_mark
from components.shared.session import forget, remember
from core.classify import Call, Status
from core.runs.call_table import call_row
from core.runs.run import remarks

_PLACE = "place"
_ALL = "every family"
_TALL = 8
"""Rows from which on a table scrolls."""
_ORDERS: dict[str, Callable[[Call], tuple[object, ...]]] = {
    "as they were given": lambda _call: (),
    "least sure first": lambda call: (call.confidence,),
    "surest first": lambda call: (-call.confidence,),
    "by family": lambda call: (call.status is not Status.CALLED, call.family, -call.confidence),
    "longest first": lambda call: (-call.length,),
}


def show_answers(answered: Answer) -> None:
    """A summary, a table, and the answer to the query that is chosen in it."""
    _summary(answered)
    places = _wanted(answered)
    if not places:
        st.caption("No query is like that.")
        return
    place = _chosen(answered, places)
    st.divider()
    show_answer(answered, place)


def _summary(answered: Answer) -> None:
    run = answered.run
    figures, chart = st.columns([2, 3], gap="large", vertical_alignment="center")
    with figures:
        with st.container(horizontal=True, gap="large"):
            for status in Status:
                st.metric(status.value, f"{run.statuses.get(status, 0):,}", width="content")
        st.caption(
            f"{pluralize(run.queries, 'query', 'queries')} in {run.seconds:,.1f} s, among"
            f" {pluralize(sum(run.organisms.values()), 'gene')}."
        )
        found = remember("remarks", run.id, lambda: remarks(answered.calls, answered.queries))
        if found:
            st.caption("  \n".join(map(escape_markdown, found)))
    unknown, invalid = (run.statuses.get(each, 0) for each in (Status.UNKNOWN, Status.INVALID))
    chart.html(outcome_bars(run.called, run.families, unknown, invalid))


def _wanted(answered: Answer) -> list[int]:
    """Places of the queries that the person wants to see, in the order that is wanted."""
    search, status, family, order = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    wanted = search.text_input(
        "Find", placeholder="a name, a gene, a note", key="find in answers"
    ).casefold()
    statuses = status.pills(
        "What became of them",
        list(Status),
        selection_mode="multi",
        format_func=lambda each: each.value,
        key="statuses",
    )
    names = sorted({call.family for call in answered.calls if call.family})
    chosen = family.selectbox("Family", [_ALL, *names], key=f"family {answered.run.id}")
    first = order.selectbox("Order", list(_ORDERS), key="order", on_change=forget, args=(_PLACE,))
    places = [
        place
        for place, call in enumerate(answered.calls)
        if (not statuses or call.status in statuses)
        and chosen in {_ALL, call.family}
        and (not wanted or wanted in _text(call))
    ]
    return sorted(places, key=lambda place: _ORDERS[first](answered.calls[place]))


def _text(call: Call) -> str:
    closest = call.closest.name if call.closest else ""
    return f"{call.query}\n{closest}\n{call.organism}\n{call.reason}".casefold()


def _chosen(answered: Answer, places: Sequence[int]) -> int:
    """The table, and the place of the query that is chosen in it or with the buttons above it."""
    run = answered.run
    key = f"answers {run.id} {hash(tuple(places))}"
    steps = st.container(horizontal=True, vertical_alignment="center")
    known, current = st.session_state.get(_PLACE, ("", 0))
    start = places.index(current) if known == run.id and current in places else 0
    table = remember("answers table", run.id, lambda: _table(answered.calls))
    selected = st.dataframe(
        table.iloc[list(places)],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default=_selection(start),
        column_order=_SHOWN,
        column_config=_COLUMNS,
        key=key,
        height=320 if len(places) > _TALL else "auto",
        placeholder="–",
        alt="All queries with their families",
    )
    at: int = selected["selection"]["rows"][0]
    st.session_state[_PLACE] = (run.id, places[at])
    for text, step in (("Previous", -1), ("Next", 1)):
        steps.button(
            text,
            disabled=not 0 <= at + step < len(places),
            on_click=_select,
            args=(key, at + step),
        )
    steps.markdown(
        f"{at + 1:,} of {len(places):,}: **{escape_markdown(answered.calls[places[at]].query)}**"
    )
    return places[at]


def _table(calls: Sequence[Call]) -> pd.DataFrame:
    frame = pd.DataFrame(map(call_row, calls))
    # Nothing is ever quite certain.
    confidence = frame["confidence"].astype(float).round(2).clip(upper=0.99)
    marks = pd.Categorical([_mark(call).dot() for call in calls])
    return frame.assign(confidence=confidence, mark=marks)


def _mark(call: Call) -> Mark:
    if call.status is Status.CALLED and call.family_id is not None:
        return family_mark(call.family_id)
    return UNKNOWN if call.status is Status.UNKNOWN else INVALID


def _select(key: str, at: int) -> None:
    st.session_state[key] = _selection(at)


def _selection(at: int) -> DataframeStateInput:
    """The selection of one row, as a table's state has it."""
    return {"selection": {"rows": [at], "columns": [], "cells": []}}


_SHOWN = (
    "query",
    "status",
    "mark",
    "family",
    "confidence",
    "length",
    "strand",
    "frame",
    "organism",
    "hit",
    "score",
    "note",
)
_COLUMNS = {
    "mark": st.column_config.ImageColumn("", width=30),
    "confidence": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
    "length": st.column_config.NumberColumn("bases", format="localized"),
    "score": st.column_config.NumberColumn("similarity", format="%.2f"),
    "hit": st.column_config.TextColumn("nearest gene"),
}
