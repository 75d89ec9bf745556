"""Two evaluations beside each other."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.benchmark.charts import changes
from components.benchmark.details import where
from components.benchmark.labels import is_own, name_of, percent, points
from components.benchmark.reports import labelled, report_of
from components.shared.figure import Figure, Panel, show_figure
from components.shared.formatting import escape_markdown
from core.evaluation.diff import Difference, differences, unlike
from core.evaluation.report import Report
from core.stores.sql.evaluations import EvaluationRow


def comparison(rows: Sequence[EvaluationRow], row: EvaluationRow, report: Report) -> None:
    """What another evaluation found, as changes from it to the one that is shown."""
    others = [each for each in rows if each.id != row.id]
    if not others:
        st.caption("Run the benchmark once more to compare two.")
        return
    labels = labelled(others)
    place = st.selectbox(
        "Compare with",
        range(len(others)),
        None,
        format_func=labels.__getitem__,
        placeholder="an evaluation",
        key=f"compare {row.id} of {len(rows)}",
    )
    if place is None:
        return
    earlier = report_of(others[place], "to compare with")
    if found := unlike(earlier, report):
        st.warning("\n".join(f"- {escape_markdown(each)}" for each in found))
    compared = differences(earlier, report)
    if not compared:
        st.info("They have no method with the same task in common.")
        return
    asked = list(dict.fromkeys((each.later.split, each.later.task) for each in compared))
    split, task = st.selectbox(
        "Asked of both", asked, format_func=lambda each: where(report, *each)
    )
    show_figure(change_figure(report, compared, split, task))


def change_figure(report: Report, compared: Sequence[Difference], split: str, task: str) -> Figure:
    """How the accuracy of each method changed in one task; the table is of all tasks."""
    table = pd.DataFrame(_row(report, each) for each in compared)
    here = [each for each in compared if (each.later.split, each.later.task) == (split, task)]
    frame = pd.DataFrame(_row(report, each) for each in here)
    chart = changes(frame, "change of accuracy, and 95% interval")
    most = max(here, key=lambda each: abs(each.change))
    sure = [each for each in here if each.interval.low > 0 or each.interval.high < 0]
    says = (
        f"{name_of(report, most.later.method)} changed most: {points(most.change)}, from"
        f" {percent(most.earlier.accuracy)} (n = {most.earlier.count:,}) to"
        f" {percent(most.later.accuracy)} (n = {most.later.count:,}). The interval of"
        f" {len(sure)} of {len(here)} methods leaves out no change at all; intervals take both for"
        " samples of their own, and are too wide where the queries were the same."
    )
    return Figure(f"Changes, {where(report, split, task)}", (Panel("", chart),), says, table)


def _row(report: Report, each: Difference) -> dict[str, object]:
    later = each.later
    return {
        "method": name_of(report, later.method),
        "asked": where(report, later.split, later.task),
        "earlier": each.earlier.accuracy,
        "later": later.accuracy,
        "change": each.change,
        "low": each.interval.low,
        "high": each.interval.high,
        "n": later.count,
        "own": is_own(later.method),
    }
