"""The results of many queries: a summary, a table to search, and the selected query."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.classify.order import (
    INPUT_ORDER,
    ORDERS,
    SORTED_COLUMNS,
    Order,
    next_order,
    sort_calls,
)
from components.classify.result import show_evidence, show_verdict
from components.classify.submission import RunResult
from components.shared.columns import family_column
from components.shared.formatting import escape_markdown, pluralize
from components.shared.markup import SERVER_SORTED, status_bars
from components.shared.palette import NEUTRAL, family_colour
from components.shared.session import (
    Slot,
    remember,
    row_selection,
    select_row,
    session,
    widget_value,
)
from core.calls import Call, Status, confidence_percent
from core.runs.call_table import call_row
from core.runs.run import list_remarks
from core.sequences.families import family_name

_ALL_FAMILIES = "all families"
_SCROLL_FROM = 8
"""Rows from which the table scrolls."""
_SEARCH, _STATUS, _FAMILY, _SORT = "search", "status", "family", "sort"
"""Keys of the filters, and their parameters in the page's address."""
_QUERY = "query"
"""Query parameter of the page's address: the number of the selected query, from 1."""


def show_summary(result: RunResult) -> None:
    """Show how many queries were called, and their families."""
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


def show_batch(result: RunResult) -> None:
    """Show the table of a run, and the query selected in it."""
    indices, order = _filter(result)
    if not indices:
        st.caption("No matching queries.")
        return
    index = _select(result, indices, order)
    st.html(SERVER_SORTED)
    st.divider()
    show_evidence(result, index, show_verdict(result, index))


def forget_filters() -> None:
    """Show all queries of the next result, in the order of the input."""
    for key, value in (
        (_SEARCH, ""),
        (_STATUS, []),
        (_FAMILY, _ALL_FAMILIES),
        (_SORT, INPUT_ORDER),
    ):
        if widget_value(key) is not None:
            st.session_state[key] = value
    _forget_selection()


def _filter(result: RunResult) -> tuple[list[int], Order]:
    """Draw search, filters and order, which the address keeps.

    Returns
    -------
    The indices of the queries to list, in their order; and the order.
    """
    columns = st.columns(4, vertical_alignment="bottom")
    wanted = (
        columns[0]
        .text_input("Search", placeholder="name, gene or note", key=_SEARCH, bind="query-params")
        .casefold()
    )
    statuses = columns[1].pills(
        "Status",
        [status.value for status in Status],
        selection_mode="multi",
        key=_STATUS,
        bind="query-params",
    )
    names = sorted({call.family for call in result.calls if call.status is Status.CALLED})
    family = columns[2].selectbox(
        "Family", [_ALL_FAMILIES, *names], key=_FAMILY, bind="query-params"
    )
    name = columns[3].selectbox(
        "Sort by",
        list(ORDERS),
        key=_SORT,
        bind="query-params",
        on_change=_forget_selection,
        help="Or click the header of a column. Previous and Next follow this order.",
    )
    indices = [
        index
        for index, call in enumerate(result.calls)
        if (not statuses or call.status.value in statuses)
        and (family == _ALL_FAMILIES or (call.status is Status.CALLED and call.family == family))
        and (not wanted or wanted in _search_text(call))
    ]
    return sort_calls(result.calls, indices, ORDERS[name]), ORDERS[name]


def _search_text(call: Call) -> str:
    hit = call.closest.name if call.closest else ""
    return f"{call.query}\n{hit}\n{call.organism}\n{call.reason}".casefold()


def _select(result: RunResult, indices: Sequence[int], order: Order) -> int:
    """Draw the table of queries; return the index of the one selected in it or by the buttons."""
    run = result.run
    key = f"answers {run.id} {order.name} {hash(tuple(indices))}"
    buttons = st.container(horizontal=True, vertical_alignment="center")
    table = remember(Slot.RESULT_TABLE, run.id, lambda: _table(result.calls))
    selected = st.dataframe(
        table.iloc[list(indices)],
        hide_index=True,
        on_select=lambda: _sort_by_header(key, order),
        selection_mode=("single-row-required", "single-column"),
        selection_default=row_selection(_selected_row(run.id, indices, key)),
        column_order=_SHOWN,
        column_config=_column_config(result, order),
        key=key,
        height=320 if len(indices) > _SCROLL_FROM else "auto",
        placeholder="–",
        alt="All queries with their families",
    )
    row: int = selected["selection"]["rows"][0]
    session.selected_query = run.id, indices[row]
    _keep_in_address(indices[row], order)
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


def _selected_row(run_id: str, indices: Sequence[int], key: str) -> int:
    """Return the row to select first; the one in the address if that has changed, as by Back."""
    number = st.query_params.get(_QUERY, "")
    linked = int(number) - 1 if number.isdecimal() else indices[0]
    shown_run, shown = session.selected_query
    row = indices.index(linked) if linked in indices else 0
    if shown_run == run_id and linked != shown and widget_value(key) is not None:
        select_row(key, row)
    return row


def _keep_in_address(index: int, order: Order) -> None:
    """Put the number of the selected query into the address, unless it is the first of all."""
    number = str(index + 1)
    if index == 0 and not order.column:
        st.query_params.pop(_QUERY, None)
    elif st.query_params.get(_QUERY) != number:
        st.query_params[_QUERY] = number


def _forget_selection() -> None:
    del session.selected_query
    st.query_params.pop(_QUERY, None)


def _sort_by_header(key: str, order: Order) -> None:
    """Sort by the column whose header was clicked, so that Next follows the order."""
    table = st.session_state[key]
    for column in table["selection"]["columns"]:
        if column in SORTED_COLUMNS:
            st.session_state[_SORT] = next_order(order, column)
            _forget_selection()


def _table(calls: Sequence[Call]) -> pd.DataFrame:
    return pd.DataFrame(map(_row, calls))


def _row(call: Call) -> dict[str, object]:
    """Return a row of the table: of an unknown query, what would be guesses stands apart."""
    called = call.status is Status.CALLED
    guess = (
        f"{call.best_guess} ({confidence_percent(call.confidence)})" if call.best_guess else None
    )
    row: dict[str, object] = call_row(call) | {
        "family": [call.family if called else call.status.value],
        # No confidence is shown as 100%.
        "confidence": min(0.99, round(call.confidence, 2)) if called else None,
        "best guess": guess,
    }
    return row if called else row | dict.fromkeys(("organism", "strand", "frame"))


def _column_config(result: RunResult, order: Order) -> dict[str, ColumnConfig]:
    run = result.run
    colours = {status.value: NEUTRAL for status in (Status.UNKNOWN, Status.INVALID)}
    colours |= {family_name(run.families, number): family_colour(number) for number in run.called}
    columns = _COLUMNS | {"family": family_column(colours)}
    if order.column:
        sorted_by = columns.get(order.column, ColumnConfig())
        columns[order.column] = ColumnConfig(**sorted_by | {"label": order.label})
    return columns


_SHOWN = (
    "query",
    "family",
    "confidence",
    "best guess",
    "length",
    "organism",
    "hit",
    "score",
    "strand",
    "frame",
    "note",
)
_COLUMNS: dict[str, ColumnConfig] = {
    "confidence": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
    "best guess": st.column_config.TextColumn(
        width=190, help="Most probable family of an unknown query, and its probability."
    ),
    "length": st.column_config.NumberColumn("length (bp)", format="localized"),
    "score": st.column_config.NumberColumn("similarity", format="%.2f"),
    "hit": st.column_config.TextColumn("best hit"),
}
