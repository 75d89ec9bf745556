"""The results of many queries: a summary, a table to search, and the selected query."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from components.classify.result import show_query
from components.classify.submission import RunResult
from components.shared.formatting import escape_markdown, pluralize
from components.shared.markup import status_bars
from components.shared.palette import INVALID, UNKNOWN, Mark, family_mark
from components.shared.session import Slot, remember, row_selection, select_row, session
from core.calls import Call, Status
from core.runs.call_table import call_row
from core.runs.run import list_remarks

_ALL_FAMILIES = "all families"
_SCROLL_FROM = 8
"""Rows from which the table scrolls."""
_SORT_KEYS: dict[str, Callable[[Call], tuple[object, ...]]] = {
    "input order": lambda _call: (),
    "lowest confidence": lambda call: (call.confidence,),
    "highest confidence": lambda call: (-call.confidence,),
    "family": lambda call: (call.status is not Status.CALLED, call.family, -call.confidence),
    "longest": lambda call: (-call.length,),
}


def show_batch(result: RunResult) -> None:
    """Show the summary and the table of a run, and the query selected in it."""
    _show_summary(result)
    indices = _filter(result)
    if not indices:
        st.caption("No matching queries.")
        return
    index = _select(result, indices)
    st.divider()
    show_query(result, index)


def _show_summary(result: RunResult) -> None:
    run = result.run
    figures, chart = st.columns([2, 3], gap="large", vertical_alignment="center")
    with figures:
        with st.container(horizontal=True, gap="large"):
            for status in Status:
                st.metric(status.value, f"{run.statuses.get(status, 0):,}", width="content")
        st.caption(
            f"{pluralize(run.queries, 'query', 'queries')} in {run.seconds:,.1f} s, searched"
            f" {pluralize(run.searched_genes, 'gene')}."
        )
        notes = remember(Slot.REMARKS, run.id, lambda: list_remarks(result.calls, result.queries))
        if notes:
            st.caption("  \n".join(map(escape_markdown, notes)))
    unknown, invalid = (run.statuses.get(status, 0) for status in (Status.UNKNOWN, Status.INVALID))
    chart.html(status_bars(run.called, run.families, unknown, invalid))


def _filter(result: RunResult) -> list[int]:
    """Draw search, filters and order; return the indices of the queries to list."""
    columns = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    wanted = (
        columns[0]
        .text_input("Search", placeholder="name, gene or note", key="find in answers")
        .casefold()
    )
    statuses = columns[1].pills(
        "Status",
        list(Status),
        selection_mode="multi",
        format_func=lambda status: status.value,
        key="statuses",
    )
    names = sorted({call.family for call in result.calls if call.family})
    family = columns[2].selectbox("Family", [_ALL_FAMILIES, *names], key=f"family {result.run.id}")
    order = columns[3].selectbox(
        "Sort by", list(_SORT_KEYS), key="order", on_change=_forget_selection
    )
    indices = [
        index
        for index, call in enumerate(result.calls)
        if (not statuses or call.status in statuses)
        and family in {_ALL_FAMILIES, call.family}
        and (not wanted or wanted in _search_text(call))
    ]
    return sorted(indices, key=lambda index: _SORT_KEYS[order](result.calls[index]))


def _search_text(call: Call) -> str:
    hit = call.closest.name if call.closest else ""
    return f"{call.query}\n{hit}\n{call.organism}\n{call.reason}".casefold()


def _select(result: RunResult, indices: Sequence[int]) -> int:
    """Draw the table of queries; return the index of the one selected in it or by the buttons."""
    run = result.run
    key = f"answers {run.id} {hash(tuple(indices))}"
    buttons = st.container(horizontal=True, vertical_alignment="center")
    run_id, current = session.selected_query
    default = indices.index(current) if run_id == run.id and current in indices else 0
    table = remember(Slot.RESULT_TABLE, run.id, lambda: _table(result.calls))
    selected = st.dataframe(
        table.iloc[list(indices)],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default=row_selection(default),
        column_order=_SHOWN,
        column_config=_COLUMNS,
        key=key,
        height=320 if len(indices) > _SCROLL_FROM else "auto",
        placeholder="–",
        alt="All queries with their families",
    )
    row: int = selected["selection"]["rows"][0]
    session.selected_query = run.id, indices[row]
    for label, step in (("Previous", -1), ("Next", 1)):
        buttons.button(
            label,
            disabled=not 0 <= row + step < len(indices),
            on_click=select_row,
            args=(key, row + step),
        )
    query = result.calls[indices[row]].query
    buttons.markdown(f"{row + 1:,} of {len(indices):,}: **{escape_markdown(query)}**")
    return indices[row]


def _table(calls: Sequence[Call]) -> pd.DataFrame:
    frame = pd.DataFrame(map(call_row, calls))
    # No confidence is shown as 100%.
    confidence = frame["confidence"].astype(float).round(2).clip(upper=0.99)
    marks = pd.Categorical([_mark(call).dot() for call in calls])
    return frame.assign(confidence=confidence, mark=marks)


def _mark(call: Call) -> Mark:
    if call.status is Status.CALLED and call.family_id is not None:
        return family_mark(call.family_id)
    return UNKNOWN if call.status is Status.UNKNOWN else INVALID


def _forget_selection() -> None:
    del session.selected_query


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
    "length": st.column_config.NumberColumn("length (bp)", format="localized"),
    "score": st.column_config.NumberColumn("similarity", format="%.2f"),
    "hit": st.column_config.TextColumn("best hit"),
}
