"""Many queries' answers: what became of them, a table to find one's way in, and one of them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.answer import show_answer
from components.answering import Answered
from components.figures import outcome_bars
from components.text import counted, plain
from core.classifier import Status
from core.runs.remarks import remarks
from core.tables import row

_PLACE = "place"
_ALL = "every family"


def show_answers(answered: Answered) -> None:
    """A summary, a table, and the answer to the query that is chosen in it."""
    _summary(answered)
    places = _filtered(answered)
    if not places:
        st.caption("No query is like that.")
        return
    place = _chosen(answered, places)
    st.divider()
    show_answer(answered, place)


def _summary(answered: Answered) -> None:
    run = answered.run
    figures, chart = st.columns([2, 3], gap="large")
    with figures:
        columns = st.columns(3)
        for column, status in zip(columns, Status, strict=True):
            column.metric(status.value, f"{run.statuses.get(status, 0):,}")
        st.caption(
            f"{counted(run.queries, 'query', 'queries')} in {run.seconds:,.1f} s, among"
            f" {counted(sum(run.organisms.values()), 'gene')}."
        )
        for remark in remarks(answered.calls, answered.queries):
            st.caption(plain(remark))
    with chart:
        unknown = run.statuses.get(Status.UNKNOWN, 0)
        if run.called or unknown:
            st.altair_chart(
                outcome_bars(run.called, run.families, unknown), alt="Number of queries by family"
            )


def _filtered(answered: Answered) -> list[int]:
    """Places of the queries that the person wants to see."""
    search, status, family = st.columns([3, 3, 3], vertical_alignment="bottom")
    wanted = search.text_input(
        "Find", placeholder="part of a name, a gene or a note", key="find in answers"
    )
    statuses = status.pills(
        "What became of them",
        list(Status),
        selection_mode="multi",
        format_func=lambda each: each.value,
        key="statuses",
    )
    names = sorted({call.family for call in answered.calls if call.family})
    chosen = family.selectbox("Family", [_ALL, *names], key=f"family {answered.run.id}")
    return [
        place
        for place, call in enumerate(answered.calls)
        if (not statuses or call.status in statuses)
        and chosen in {_ALL, call.family}
        and (not wanted or wanted.casefold() in _text(answered, place))
    ]


def _text(answered: Answered, place: int) -> str:
    call = answered.calls[place]
    best = call.hits[0].name if call.hits else ""
    return f"{call.query}\n{best}\n{call.organism}\n{call.reason}".casefold()


def _chosen(answered: Answered, places: Sequence[int]) -> int:
    """The table, and the place of the query that is chosen in it or with the arrows beside it."""
    key = f"answers {answered.run.id} {hash(tuple(places))}"
    before, label, after = st.columns([1, 3, 1], vertical_alignment="center")
    current = st.session_state.get(_PLACE, 0)
    at = places.index(current) if current in places else 0
    selected = st.dataframe(
        pd.DataFrame([row(answered.calls[place]) for place in places]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        selection_default=_selection(at),
        column_order=_ORDER,
        column_config=_COLUMNS,
        key=key,
        height=320 if len(places) > 8 else "auto",
        alt="All queries with their families",
    )
    rows = selected["selection"]["rows"]
    if rows and rows[0] < len(places):
        at = rows[0]
    st.session_state[_PLACE] = places[at]
    for column, text, icon, step in (
        (before, "Previous", "arrow_back", -1),
        (after, "Next", "arrow_forward", 1),
    ):
        column.button(
            text,
            icon=f":material/{icon}:",
            width="stretch",
            disabled=not 0 <= at + step < len(places),
            on_click=_select,
            args=(key, at + step),
        )
    label.markdown(
        f"{at + 1:,} of {len(places):,}: **{plain(answered.calls[places[at]].query)}**",
        text_alignment="center",
    )
    return places[at]


def _select(key: str, at: int) -> None:
    st.session_state[key] = _selection(at)


def _selection(at: int) -> dict[str, dict[str, list[int]]]:
    """The selection of one row, as a table's state has it."""
    return {"selection": {"rows": [at], "columns": [], "cells": []}}


_ORDER = (
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
_COLUMNS = {
    "confidence": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
    "score": st.column_config.NumberColumn(
        "similarity", help="Inner product with the nearest gene."
    ),
    "hit": st.column_config.TextColumn("nearest gene"),
}
