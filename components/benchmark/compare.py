"""The comparison of two evaluations."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.benchmark.charts import changes
from components.benchmark.labels import method_name, percent, points, task_name
from components.benchmark.reports import evaluation_labels, read_report
from components.benchmark.tables import chart_columns, file_table
from components.shared.figure import Figure, Panel, show_figure
from components.shared.formatting import escape_markdown
from components.shared.session import Slot
from core.evaluation.diff import Difference, compare_accuracy, describe_differences
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow


def show_comparison(rows: Sequence[EvaluationRow], row: EvaluationRow, report: Report) -> None:
    """Compare the shown evaluation with another one that the user chooses."""
    others = [other for other in rows if other.id != row.id]
    if not others:
        st.caption("Run the benchmark again to compare two evaluations.")
        return
    labels = evaluation_labels(others)
    index = st.selectbox(
        "Compare with",
        range(len(others)),
        None,
        format_func=labels.__getitem__,
        placeholder="Select an evaluation",
        key=f"compare {row.id} of {len(rows)}",
    )
    if index is None:
        return
    earlier = read_report(others[index], Slot.OTHER_EVALUATION)
    if notes := describe_differences(earlier, report):
        st.warning("\n".join(f"- {escape_markdown(note)}" for note in notes))
    compared = compare_accuracy(earlier, report)
    if not compared:
        st.info("The two evaluations have no task and method in common.")
        return
    tasks = list(dict.fromkeys((pair.later.split, pair.later.task) for pair in compared))
    split, task = st.selectbox(
        "Task of both evaluations", tasks, format_func=lambda names: task_name(*names)
    )
    show_figure(change_figure(report, compared, split, task))


def change_figure(report: Report, compared: Sequence[Difference], split: str, task: str) -> Figure:
    """Draw how the accuracy of each method changed in one task; the table has all tasks."""
    table = pd.DataFrame(_row(report, pair) for pair in compared)
    shown = [pair for pair in compared if (pair.later.split, pair.later.task) == (split, task)]
    chart = changes(
        pd.DataFrame(_row(report, pair) for pair in shown), "change in accuracy, 95% CI"
    )
    most = max(shown, key=lambda pair: abs(pair.change))
    significant = [pair for pair in shown if pair.interval.low > 0 or pair.interval.high < 0]
    caption = (
        f"Largest change: {method_name(most.later.method, report)}, {points(most.change)}, from"
        f" {percent(most.earlier.accuracy)} (n = {most.earlier.count:,}) to"
        f" {percent(most.later.accuracy)} (n = {most.later.count:,})."
    )
    notes = (
        f"The interval excludes zero for {len(significant)} of {len(shown)} methods.",
        (
            "Intervals treat the two as independent samples, so they are too wide where the queries"
            " were the same."
        ),
    )
    title = f"Changes: {task_name(split, task)}"
    return Figure(title, (Panel("", chart),), caption, file_table(table), notes)


def _row(report: Report, pair: Difference) -> dict[str, object]:
    later = pair.later
    return {
        "method": method_name(later.method, report),
        "task": task_name(later.split, later.task),
        "earlier": pair.earlier.accuracy,
        "later": later.accuracy,
        "change": pair.change,
        "low": pair.interval.low,
        "high": pair.interval.high,
        "n": later.count,
        **chart_columns(later.method),
    }
