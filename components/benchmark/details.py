"""Figures of one task of an evaluation. Pure: a report and its results in, figures out."""

import pandas as pd

from components.benchmark.charts import curves, heat_map, reliability_diagram
from components.benchmark.labels import (
    class_name,
    method_name,
    percent,
    task_name,
)
from components.benchmark.tables import (
    accuracy_columns,
    chart_columns,
    file_table,
    main_result,
    ranked_results,
)
from components.shared.charts import PERCENT_AXIS
from components.shared.figure import Figure, Panel
from core.evaluation.report import Report, Result


def confusion_figure(report: Report, result: Result) -> Figure:
    """Draw the confusion matrix of a method."""
    counts = {(cell.true, cell.predicted): cell.count for cell in result.confusion}
    true = sorted({family for family, _ in counts})
    predicted = sorted(
        {*true, *(family for _, family in counts)}, key=lambda number: (number < 0, number)
    )
    totals = {row: sum(counts.get((row, column), 0) for column in predicted) for row in true}
    frame = pd.DataFrame(
        {
            "row": f"{class_name(report, row)} ({totals[row]:,})",
            "column": class_name(report, column),
            "share": counts.get((row, column), 0) / totals[row],
            "text": f"{counts.get((row, column), 0):,}",
        }
        for row in true
        for column in predicted
    )
    chart = heat_map(frame, "true family (n)", "predicted family", "share of the true family")
    table = frame.rename(columns={"row": "true", "column": "predicted", "text": "count"})
    title = f"Confusion matrix: {_subject(report, result)}"
    notes = ("Cells: number of queries; shading: share of the row.",)
    return Figure(title, (Panel("", chart),), _confusion_caption(report, result), table, notes)


def _confusion_caption(report: Report, result: Result) -> str:
    scores = [score for score in result.families if score.count]
    best, worst = (pick(scores, key=lambda score: score.recall) for pick in (max, min))
    caption = (
        f"Highest recall: {class_name(report, best.family)} ({percent(best.recall)} of"
        f" {best.count:,}). Lowest: {class_name(report, worst.family)} ({percent(worst.recall)} of"
        f" {worst.count:,})."
    )
    errors = [cell for cell in result.confusion if cell.true != cell.predicted]
    if errors:
        most = max(errors, key=lambda cell: cell.count)
        caption += (
            f" Most frequent error: {class_name(report, most.true)} predicted as"
            f" {class_name(report, most.predicted)}, {most.count:,} of {result.count:,} queries."
        )
    return caption


def reliability_figure(report: Report, result: Result) -> Figure | None:
    """Draw the accuracy of a method by its confidence; None if it has no confidences."""
    if not result.reliability or result.calibration_error is None:
        return None
    table = pd.DataFrame(
        {"confidence": part.mean, **accuracy_columns(part.right, part.count)}
        for part in result.reliability
    )
    caption = (
        f"Expected calibration error: {result.calibration_error * 100:.1f} points"
        f" (n = {result.count:,})."
    )
    if result.called < 1 and result.called_right is not None:
        caption += (
            f" Coverage {percent(result.called)}; accuracy of these calls"
            f" {percent(result.called_right)}."
        )
    notes = (
        (
            "Queries in bins of their confidence. Dashed: perfect calibration; numbers: queries per"
            " bin; lines: 95% CI (Wilson)."
        ),
    )
    title = f"Reliability diagram: {_subject(report, result)}"
    return Figure(title, (Panel("", reliability_diagram(table)),), caption, table, notes)


def coverage_figure(report: Report, split: str, task: str) -> Figure | None:
    """Draw the accuracy of methods on their most confident predictions."""
    results = [result for result in ranked_results(report, split, task) if result.coverage]
    if not results:
        return None
    table = pd.DataFrame(
        {
            "method": method_name(result.method, report),
            "coverage": part.share,
            **accuracy_columns(part.right, round(part.share * result.count)),
            **chart_columns(result.method),
        }
        for result in results
        for part in result.coverage
    )
    main = main_result(results)
    half = min(main.coverage, key=lambda part: abs(part.share - 0.5))
    caption = (
        f"{method_name(main.method, report)}: accuracy {percent(half.right)} on the most confident"
        f" half of the queries, {percent(main.coverage[-1].right)} on all (n = {main.count:,})."
    )
    chart = curves(table, "coverage", "coverage, most confident queries first", PERCENT_AXIS)
    title = f"Accuracy–coverage curve: {task_name(split, task)}"
    notes = ("The most confident queries first: accuracy of so large a share of all queries.",)
    return Figure(title, (Panel("", chart),), caption, file_table(table), notes)


def _subject(report: Report, result: Result) -> str:
    return f"{method_name(result.method, report)}, {task_name(result.split, result.task)}"
