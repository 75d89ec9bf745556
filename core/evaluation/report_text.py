"""Evaluation reports as text: tables for a terminal."""

from collections.abc import Sequence

from core.evaluation.report import Report, Result, SplitFacts
from core.evaluation.splits import UNMODIFIED

_HEAD = (
    "method",
    "accuracy",
    "95% interval",
    "macro F1",
    "called",
    "right of these",
    "ECE",
    "similarity",
    "fit s",
    "queries/s",
)


def format_report(report: Report) -> str:
    """Return the provenance of a report, a table for each split, and what was skipped."""
    blocks = [_provenance(report), *(_split_block(report, split) for split in report.splits)]
    skipped = [f"{method.title}: {method.missing}" for method in report.methods if method.missing]
    skipped += [
        f"{failure.method}, {failure.split}: {failure.message}" for failure in report.failures
    ]
    if skipped:
        blocks.append("\n".join(["Skipped:", *(f"  {line}" for line in skipped)]))
    return "\n\n".join(blocks) + "\n"


def _provenance(report: Report) -> str:
    data = report.data
    counts = (
        f"{data.source}: {data.sequences:,} sequences, {data.distinct:,} of them distinct,"
        f" {len(data.families)} families, from {', '.join(data.organisms)}"
    )
    date = (
        f"sha256 {data.digest}, seed {report.seed}, {report.date:%Y-%m-%d %H:%M} UTC,"
        f" {report.seconds:.0f} s"
    )
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    return "\n".join([counts, date, ", ".join(report.machine.values()), versions])


def _split_block(report: Report, split: SplitFacts) -> str:
    title = f"{split.title[:1].upper()}{split.title[1:]}. {split.about}"
    if split.missing:
        return f"{title}\n  Skipped: {split.missing}"
    results = [result for result in report.results if result.split == split.name]
    titles = {method.name: method.title for method in report.methods}
    tasks = list(dict.fromkeys(result.task for result in results))
    if len(tasks) > 2:
        return f"{title} Accuracy:\n{_accuracy_table(results, tasks)}"
    tables = []
    for task in tasks:
        rows = [_row(result, titles) for result in results if result.task == task]
        heading = "" if task == UNMODIFIED else f"{task}:\n"
        tables.append(heading + _format_table([_HEAD, *rows]))
    return "\n".join([title, *tables])


def _accuracy_table(results: Sequence[Result], tasks: Sequence[str]) -> str:
    """Return a table of accuracies with a row for each task and a column for each method."""
    methods = list(dict.fromkeys(result.method for result in results))
    accuracies = {(result.task, result.method): result.accuracy for result in results}
    rows = [
        (task, *(_format_share(accuracies.get((task, method))) for method in methods))
        for task in tasks
    ]
    return _format_table([("", *methods), *rows])


def _row(result: Result, titles: dict[str, str]) -> tuple[str, ...]:
    low, high = result.accuracy_interval.low, result.accuracy_interval.high
    return (
        titles[result.method],
        _format_share(result.accuracy),
        f"{low:.3f} to {high:.3f}",
        _format_share(result.macro_f1),
        _format_share(result.called),
        _format_share(result.called_right),
        _format_share(result.calibration_error),
        _format_share(result.mean_score),
        f"{result.fit_seconds:.1f}",
        f"{result.queries_per_second:,.0f}",
    )


def _format_share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _format_table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)
