"""The table of all methods: at random beside without relatives."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.benchmark_words import (
    AT_RANDOM,
    STRANGERS,
    first_split,
    name_of,
    title_of,
)
from components.showing import offer_table
from core.evaluation.measures import Interval
from core.evaluation.report import Report
from core.evaluation.splits import AS_THEY_ARE


def comparison_table(report: Report) -> pd.DataFrame:
    """A row a method, the best at random first; no rows where neither split was evaluated."""
    splits = [split for names in (AT_RANDOM, STRANGERS) if (split := first_split(report, names))]
    results = [each for each in report.results if each.split in splits and each.task == AS_THEY_ARE]
    results.sort(key=lambda each: (splits.index(each.split), -each.accuracy))
    methods = dict.fromkeys(each.method for each in results)
    return pd.DataFrame(_row(report, splits, method) for method in methods)


def show_table(report: Report) -> None:
    """The table with its files."""
    table = comparison_table(report)
    if table.empty:
        return
    columns = {
        name: st.column_config.NumberColumn(format="%,.0f" if "a second" in name else "%.3f")
        for name in table.columns
        if table[name].dtype == float
    }
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="",
        column_config=columns | {"method": st.column_config.TextColumn(pinned=True)},
        alt="How methods fare, at random and without relatives",
    )
    with st.popover("Download", icon=":material/download:"):
        offer_table(table, "benchmark_table")


def _row(report: Report, splits: Sequence[str], method: str) -> dict[str, object]:
    """How a method fares; what most ask comes first, and everything stands beside its like."""
    results = {
        title_of(report, split): result
        for split in splits
        if (result := report.result(split, AS_THEY_ARE, method))
    }
    row: dict[str, object] = {"method": name_of(report, method)}
    for title, each in results.items():
        row[f"right, {title}"] = each.accuracy
        row[f"95% interval, {title}"] = _interval(each.accuracy_interval)
    for title, each in results.items():
        row[f"macro F1, {title}"] = each.macro_f1
        row[f"weighted F1, {title}"] = each.weighted_f1
    for title, each in results.items():
        row[f"queries a second, {title}"] = each.queries_per_second
    return row


def _interval(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"
