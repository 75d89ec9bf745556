"""A report as text: tables for a terminal."""

from collections.abc import Sequence

from core.evaluation.report import Report, Result, SplitFacts
from core.evaluation.splits import AS_THEY_ARE

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


def as_text(report: Report) -> str:
    """What was evaluated on and with what, then a table for each split."""
    blocks = [_about(report), *(_split(report, split) for split in report.splits)]
    absent = [f"{each.title}: {each.missing}" for each in report.methods if each.missing]
    absent += [f"{each.method}, {each.split}: {each.message}" for each in report.failures]
    if absent:
        blocks.append("\n".join(["Left out:", *(f"  {line}" for line in absent)]))
    return "\n\n".join(blocks) + "\n"


def _about(report: Report) -> str:
    data = report.data
    counts = (
        f"{data.source}: {data.sequences:,} sequences, {data.distinct:,} of them distinct,"
        f" {len(data.families)} families, from {', '.join(data.organisms)}"
    )
    when = (
        f"sha256 {data.digest}, seed {report.seed}, {report.date:%Y-%m-%d %H:%M} UTC,"
        f" {report.seconds:.0f} s"
    )
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    return "\n".join([counts, when, ", ".join(report.machine.values()), versions])


def _split(report: Report, split: SplitFacts) -> str:
    title = f"{split.title.capitalize()}. {split.about}"
    if split.missing:
        return f"{title}\n  Left out: {split.missing}"
    results = [each for each in report.results if each.split == split.name]
    titles = {each.name: each.title for each in report.methods}
    tasks = list(dict.fromkeys(each.task for each in results))
    if len(tasks) > 2:
        return f"{title} Accuracy:\n{_by_task(results, tasks)}"
    tables = []
    for task in tasks:
        rows = [_row(each, titles) for each in results if each.task == task]
        asked = "" if task == AS_THEY_ARE else f"{task}:\n"
        tables.append(asked + _table([_HEAD, *rows]))
    return "\n".join([title, *tables])


def _by_task(results: Sequence[Result], tasks: Sequence[str]) -> str:
    """Tasks in rows, and methods in columns."""
    methods = list(dict.fromkeys(each.method for each in results))
    found = {(each.task, each.method): each for each in results}
    rows = []
    for task in tasks:
        cells = [found.get((task, method)) for method in methods]
        rows.append((task, *("" if cell is None else f"{cell.accuracy:.3f}" for cell in cells)))
    return _table([("", *methods), *rows])


def _row(each: Result, titles: dict[str, str]) -> tuple[str, ...]:
    low, high = each.accuracy_interval.low, each.accuracy_interval.high
    return (
        titles[each.method],
        f"{each.accuracy:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{each.macro_f1:.3f}",
        f"{each.called:.3f}",
        _figure(each.called_right),
        _figure(each.calibration_error),
        _figure(each.mean_score),
        f"{each.fit_seconds:.1f}",
        f"{each.queries_per_second:,.0f}",
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)
