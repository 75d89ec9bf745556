"""From a report to the figures that look closer at one question: which families, how sure."""

import pandas as pd

from components.benchmark.charts import cells, curves, reliability
from components.benchmark.labels import asked, chief, family_of, is_own, name_of, percent, title_of
from components.shared.figure import Figure, Panel
from core.evaluation.measures import wilson
from core.evaluation.report import Report, Result
from core.evaluation.splits import AS_THEY_ARE


def confusion_figure(report: Report, result: Result) -> Figure:
    """Which families are taken for which."""
    counts = {(each.true, each.predicted): each.count for each in result.confusion}
    true = sorted({one for one, _ in counts})
    predicted = sorted(
        {*true, *(other for _, other in counts)}, key=lambda number: (number < 0, number)
    )
    totals = {one: sum(counts.get((one, other), 0) for other in predicted) for one in true}
    table = pd.DataFrame(
        {
            "row": f"{family_of(report, one)} ({totals[one]:,})",
            "column": family_of(report, other),
            "share": counts.get((one, other), 0) / totals[one],
            "figure": f"{counts.get((one, other), 0):,}",
        }
        for one in true
        for other in predicted
    )
    chart = cells(table, "true family (queries)", "named as")
    title = f"Families: {_subject(report, result)}"
    files = table.rename(columns={"row": "true", "column": "named as", "figure": "count"})
    return Figure(title, (Panel("", chart),), _confusion_sentence(report, result), files)


def _confusion_sentence(report: Report, result: Result) -> str:
    scored = [each for each in result.families if each.count]
    best, worst = (pick(scored, key=lambda each: each.recall) for pick in (max, min))
    sentence = (
        f"Best found is {family_of(report, best.family)} ({percent(best.recall)} of"
        f" {best.count:,}), worst {family_of(report, worst.family)} ({percent(worst.recall)} of"
        f" {worst.count:,})."
    )
    wrong = [each for each in result.confusion if each.true != each.predicted]
    if wrong:
        most = max(wrong, key=lambda each: each.count)
        sentence += (
            f" The commonest mistake: {family_of(report, most.true)} taken for"
            f" {family_of(report, most.predicted)}, {most.count:,} of {result.count:,} queries."
        )
    return f"{sentence} Cells count queries; the shade is their share of the row."


def reliability_figure(report: Report, result: Result) -> Figure | None:
    """Whether it is as often right as it is sure."""
    if not result.reliability or result.calibration_error is None:
        return None
    table = pd.DataFrame(
        {
            "sure": part.mean,
            "accuracy": part.right,
            "low": interval.low,
            "high": interval.high,
            "n": part.count,
        }
        for part in result.reliability
        for interval in [wilson(part.right, part.count)]
    )
    says = (
        "How sure it is and how often it is right differ by"
        f" {result.calibration_error * 100:.1f} points on average (expected calibration error,"
        f" n = {result.count:,})."
    )
    if result.called < 1 and result.called_right is not None:
        says += (
            f" It stands by {percent(result.called)} of its answers; of these"
            f" {percent(result.called_right)} are right."
        )
    says += " On the dashed line it would be right as often as it says; figures count queries."
    title = f"How sure, how right: {_subject(report, result)}"
    return Figure(title, (Panel("", reliability(table)),), says, table)


def coverage_figure(report: Report, split: str, task: str) -> Figure | None:
    """How right methods are if only their surest answers count."""
    results = [each for each in asked(report, split, task) if each.coverage]
    if not results:
        return None
    table = pd.DataFrame(
        {
            "method": name_of(report, each.method),
            "asked": part.share,
            "accuracy": part.right,
            "low": interval.low,
            "high": interval.high,
            "n": round(part.share * each.count),
            "own": is_own(each.method),
        }
        for each in results
        for part in each.coverage
        for interval in [wilson(part.right, round(part.share * each.count))]
    )
    first = chief(results)
    half = min(first.coverage, key=lambda part: abs(part.share - 0.5))
    says = (
        f"Of its surest half, {name_of(report, first.method)} has {percent(half.right)} right; of"
        f" all, {percent(first.coverage[-1].right)} (n = {first.count:,})."
    )
    chart = curves(table, "share of the queries, the surest first", "right", ".0%")
    title = f"The surest answers: {where(report, split, task)}"
    return Figure(title, (Panel("", chart),), says, table)


def where(report: Report, split: str, task: str) -> str:
    """What was asked, in words."""
    title = title_of(report, split)
    return title if task == AS_THEY_ARE else f"{title}: {task}"


def _subject(report: Report, result: Result) -> str:
    return f"{name_of(report, result.method)}, {where(report, result.split, result.task)}"
