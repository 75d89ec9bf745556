"""Results of an evaluation as tables: chosen, ranked, and side by side."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.benchmark.labels import (
    HOMOLOGY_SPLITS,
    MAJORITY,
    RANDOM_SPLITS,
    is_own,
    method_mark,
    method_name,
    split_name,
)
from components.shared.figure import offer_table
from core.evaluation.measures import wilson_interval
from core.evaluation.report import Report, Result
from core.evaluation.splits import UNMODIFIED


def ranked_results(report: Report, split: str, task: str = UNMODIFIED) -> list[Result]:
    """Return the results of a task, the most accurate first.

    All methods but the majority class, which charts draw as a line.
    """
    results = [
        result
        for result in report.results
        if (result.split, result.task) == (split, task) and result.method != MAJORITY
    ]
    return sorted(results, key=lambda result: -result.accuracy)


def main_result(results: Sequence[Result]) -> Result:
    """Return GeneKin's result, or the first one where it did not take part."""
    return next((result for result in results if result.method == "translated"), results[0])


def best_other(results: Sequence[Result]) -> Result | None:
    """Return the most accurate result apart from :func:`main_result`; None if there is no other.

    Of equally accurate ones, the first.
    """
    main = main_result(results)
    others = [result for result in results if result is not main]
    return max(others, key=lambda result: result.accuracy, default=None)


def first_evaluated(report: Report, splits: Sequence[str]) -> str:
    """Return the first of some splits that has results; empty if none has."""
    return next((split for split in splits if ranked_results(report, split)), "")


def headline_splits(report: Report) -> list[str]:
    """Return the evaluated random split and homology-aware split."""
    found = (first_evaluated(report, splits) for splits in (RANDOM_SPLITS, HOMOLOGY_SPLITS))
    return [split for split in found if split]


def baseline_accuracy(report: Report, split: str) -> float | None:
    """Return the accuracy of the majority class; None if it was not evaluated."""
    result = report.result(split, UNMODIFIED, MAJORITY)
    return None if result is None else result.accuracy


def result_table(report: Report, results: Sequence[Result]) -> pd.DataFrame:
    """Return a row per result, as charts and downloads need them."""
    return pd.DataFrame(
        {
            "method": method_name(result.method, report),
            "split": split_name(result.split),
            "task": result.task,
            "n": result.count,
            "accuracy": result.accuracy,
            "low": result.accuracy_interval.low,
            "high": result.accuracy_interval.high,
            "macro F1": result.macro_f1,
            "weighted F1": result.weighted_f1,
            "similarity": result.mean_score,
            "training seconds": result.fit_seconds,
            "queries per second": result.queries_per_second,
            **chart_columns(result.method),
        }
        for result in results
    )


def chart_columns(method: str) -> dict[str, str | bool]:
    """Return how charts draw a method, as columns of their data."""
    return {"own": is_own(method), **method_mark(method)}


def file_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the data of a chart without the columns that say only how it is drawn."""
    return table.drop(columns=["own", "colour", "shape"])


def accuracy_columns(accuracy: float, count: int) -> dict[str, float | int]:
    """Return the accuracy of so many queries with its Wilson interval, as columns of a chart."""
    interval = wilson_interval(accuracy, count)
    return {"accuracy": accuracy, "low": interval.low, "high": interval.high, "n": count}


def comparison_table(report: Report) -> pd.DataFrame:
    """Return a row per method with both headline splits side by side, the most accurate first."""
    splits = headline_splits(report)
    results = [
        result for result in report.results if result.split in splits and result.task == UNMODIFIED
    ]
    results.sort(key=lambda result: (splits.index(result.split), -result.accuracy))
    methods = dict.fromkeys(result.method for result in results)
    return pd.DataFrame(_comparison_row(report, splits, method) for method in methods)


def _comparison_row(report: Report, splits: Sequence[str], method: str) -> dict[str, object]:
    results = {
        split_name(split): result
        for split in splits
        if (result := report.result(split, UNMODIFIED, method))
    }
    row: dict[str, object] = {"method": method_name(method, report)}
    for split, result in results.items():
        interval = result.accuracy_interval
        row[f"accuracy, {split}"] = result.accuracy
        row[f"95% CI, {split}"] = f"{interval.low:.3f} to {interval.high:.3f}"
    for split, result in results.items():
        row[f"macro F1, {split}"] = result.macro_f1
        row[f"weighted F1, {split}"] = result.weighted_f1
    for split, result in results.items():
        row[f"queries per second, {split}"] = result.queries_per_second
    return row


def show_comparison_table(report: Report) -> None:
    """Show :func:`comparison_table` with its downloads."""
    table = comparison_table(report)
    if table.empty:
        return
    columns = {
        name: st.column_config.NumberColumn(format="%,.0f" if "per second" in name else "%.3f")
        for name in table.columns
        if table[name].dtype == float
    }
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="",
        column_config=columns | {"method": st.column_config.TextColumn(pinned=True)},
        alt="Accuracy and speed by method, random and homology-aware split",
    )
    with st.popover("Download", icon=":material/download:"):
        offer_table(table, "benchmark_table")
