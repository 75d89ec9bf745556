"""From a report to the figures that compare methods, each with what it says."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from components.benchmark.charts import bars, cells, curves, dumbbells, lines, scatter
from components.benchmark.labels import (
    AT_RANDOM,
    CLASSIFIERS,
    HEAD,
    SEARCHES,
    STRANGERS,
    asked,
    baseline,
    chief,
    first_split,
    is_own,
    name_of,
    percent,
    points,
    title_of,
    with_interval,
)
from components.shared.figure import Figure, Panel
from core.evaluation.measures import wilson
from core.evaluation.perturbations import REVERSED
from core.evaluation.report import Report, Result
from core.evaluation.splits import AS_THEY_ARE

_AXIS = "right, and 95% interval"
_FRAGMENT = re.compile(r"fragments of (\d+) bases")
_CHANGED = re.compile(r"(\d+%) (substituted|ambiguous)")


def head_figure(report: Report) -> Figure | None:
    """The published comparison, beside the same where no close relative is in the library."""
    splits = [split for names in (AT_RANDOM, STRANGERS) if (split := first_split(report, names))]
    if not splits:
        return None
    order = _head(asked(report, splits[0]))
    panels, said = [], []
    for split in splits:
        found = {each.method: each for each in asked(report, split)}
        results = [found[method] for method in order if method in found]
        level = baseline(report, split)
        axis = [f"right of {results[0].count:,} genes, 95% interval"]
        axis += ["dashed: the commonest family"] if level is not None else []
        chart = bars(results_frame(report, results), axis, level)
        panels.append(Panel(_where(split), chart))
        said.append(_head_sentence(report, split, results))
    table = results_frame(report, [each for split in splits for each in asked(report, split)])
    return Figure("Which method is right, and when", tuple(panels), " ".join(said), table)


def _head(results: Sequence[Result]) -> list[str]:
    """The methods of the published comparison; all, if none of these took part."""
    methods = [each.method for each in results]
    return [method for method in methods if method in HEAD] or methods


def _where(split: str) -> str:
    where = {
        "copies": "Genes at random, their exact copies in the library",
        "homology": "No close relative is in the library",
        "homology-mmseqs": "No close relative is in the library, by MMseqs2",
    }
    return where.get(split, "Genes at random, their relatives in the library")


def _head_sentence(report: Report, split: str, results: list[Result]) -> str:
    first = chief(results)
    sentence = f"{_where(split)}: {name_of(report, first.method)} is right in"
    sentence += f" {with_interval(first)}"
    if others := sorted((each for each in results if each is not first), key=_by_accuracy):
        best, worst = others[-1], others[0]
        sentence += (
            f", the best of the others, {name_of(report, best.method)}, in"
            f" {percent(best.accuracy)}, the worst, {name_of(report, worst.method)}, in"
            f" {percent(worst.accuracy)}"
        )
    if (share := baseline(report, split)) is not None:
        sentence += f"; always to say the commonest family, in {percent(share)}"
    return f"{sentence}."


def _by_accuracy(result: Result) -> float:
    return result.accuracy


def pair_figures(report: Report) -> list[Figure]:
    """Every other split beside the one at random, method by method."""
    base = first_split(report, AT_RANDOM)
    others = [name for name in (*STRANGERS, *AT_RANDOM) if name != base and asked(report, name)]
    return [_pair_figure(report, base, other) for other in others if base]


def _pair_figure(report: Report, base: str, other: str) -> Figure:
    sides = title_of(report, base), title_of(report, other)
    found = {each.method: each for each in asked(report, other)}
    both = [(one, found[one.method]) for one in asked(report, base) if one.method in found]
    table = results_frame(report, [each for pair in both for each in pair])
    chart = dumbbells(table, _AXIS, sides, baseline(report, base))
    changes = sorted(both, key=lambda pair: -abs(pair[1].accuracy - pair[0].accuracy))
    says = (
        f"From {sides[0]} (n = {both[0][0].count:,}) to {sides[1]} (n = {both[0][1].count:,})"
        f" accuracy changes least with {_change(report, changes[-1])}, and most with"
        f" {_change(report, changes[0])}."
    )
    title = f"{sides[0]} beside {sides[1]}"
    return Figure(title[0].upper() + title[1:], (Panel("", chart),), says, table)


def _change(report: Report, pair: tuple[Result, Result]) -> str:
    one, other = pair
    return (
        f"{name_of(report, one.method)} ({points(other.accuracy - one.accuracy)}, from"
        f" {percent(one.accuracy)} to {percent(other.accuracy)})"
    )


def stress_figure(report: Report) -> Figure | None:
    """How accuracy falls as queries are cut and changed; a panel each."""
    tasks = list(dict.fromkeys(each.task for each in report.results if each.split == "stress"))
    if not tasks:
        return None
    fragments = [(f"{found[1]}", task) for task in tasks if (found := _FRAGMENT.fullmatch(task))]
    whole = [("whole", AS_THEY_ARE)]
    steps = {
        "Cut short: fragments": ("bases of a fragment", [*fragments, *whole]),
        "Substituted bases": ("share of the bases", [("0%", AS_THEY_ARE), *_changed(tasks, 0)]),
        "Ambiguous bases (N)": ("share of the bases", [("0%", AS_THEY_ARE), *_changed(tasks, 1)]),
        "The other strand": ("strand", [("as it is", AS_THEY_ARE), ("reverse", REVERSED)]),
    }
    panels, tables, said = [], [], []
    for title, (axis, labelled) in steps.items():
        results = {
            label: each for label, task in labelled if (each := asked(report, "stress", task))
        }
        if len(results) > 1:
            frame = _asked_frame(report, results)
            panels.append(Panel(title, lines(frame, axis, "right")))
            tables.append(frame.assign(panel=title))
            said.append(_stress_sentence(report, title, results))
    if not panels:
        return None
    table = pd.concat(tables, ignore_index=True)
    return Figure("Harder questions", tuple(panels), " ".join(said), table)


def _changed(tasks: Sequence[str], kind: int) -> list[tuple[str, str]]:
    word = ("substituted", "ambiguous")[kind]
    found = ((task, _CHANGED.fullmatch(task)) for task in tasks)
    return [(match[1], task) for task, match in found if match and match[2] == word]


def _asked_frame(report: Report, found: Mapping[str, Sequence[Result]]) -> pd.DataFrame:
    """Results under what was asked, in that order."""
    frames = [results_frame(report, each).assign(asked=label) for label, each in found.items()]
    return pd.concat(frames, ignore_index=True)


def _stress_sentence(report: Report, title: str, found: Mapping[str, list[Result]]) -> str:
    """How the hardest is answered, and of how many."""
    changed = [label for label, results in found.items() if results[0].task != AS_THEY_ARE]
    hardest = min(changed, key=lambda label: chief(found[label]).accuracy)
    first = chief(found[hardest])
    sentence = (
        f"{title}, {hardest}: {name_of(report, first.method)} is right in"
        f" {percent(first.accuracy)} of {first.count:,}"
    )
    if others := [each for each in found[hardest] if each is not first]:
        best = others[0]
        sentence += f", the best of the others, {name_of(report, best.method)}, in"
        sentence += f" {percent(best.accuracy)}"
    return f"{sentence}."


def speed_figure(report: Report) -> Figure | None:
    """How fast a method answers, and how well."""
    split = first_split(report, (*STRANGERS, *AT_RANDOM))
    results = asked(report, split)
    if not results:
        return None
    table = results_frame(report, results)
    where = f"right, {title_of(report, split)}, n = {results[0].count:,}"
    chart = scatter(
        table.rename(columns={"queries a second": "speed"}), "queries a second, log scale", where
    )
    first, fastest = chief(results), max(results, key=lambda each: each.queries_per_second)
    says = (
        f"{name_of(report, first.method)} answers {first.queries_per_second:,.0f} queries a second"
        f" with {percent(first.accuracy)} right; the fastest, {name_of(report, fastest.method)},"
        f" {fastest.queries_per_second:,.0f} with {percent(fastest.accuracy)}. Measured on"
        f" {report.machine.get('cores', '?')} cores beside whatever else the machine did;"
        " learning is not part of it."
    )
    return Figure("Speed against accuracy", (Panel("", chart),), says, table)


def organisms_figure(report: Report) -> Figure | None:
    """One organism's genes asked of another's."""
    results = [each for each in report.results if each.split == "organisms"]
    if not results:
        return None
    table = results_frame(report, results)
    frame = table.assign(
        row=table["task"], column=table["method"], share=table["accuracy"], figure=_percents(table)
    )
    best, worst = (pick(results, key=_by_accuracy) for pick in (max, min))
    says = (
        f"Best is {name_of(report, best.method)} with {best.task} ({with_interval(best)},"
        f" n = {best.count:,}), worst {name_of(report, worst.method)} with {worst.task}"
        f" ({with_interval(worst)}, n = {worst.count:,}). In the cells: percent right."
    )
    chart = cells(frame, "asked, and of what", "")
    return Figure("From organism to organism", (Panel("", chart),), says, table)


def similarity_figure(report: Report) -> Figure | None:
    """How accuracy depends on how close the nearest reference is."""
    split = first_split(report, AT_RANDOM)
    found = [each for each in asked(report, split) if each.by_similarity]
    results = [each for each in found if each.method in SEARCHES]
    results += [each for each in found if each.method in CLASSIFIERS][:1]
    if not results:
        return None
    rows = [
        {
            "method": name_of(report, each.method),
            "asked": part.mean,
            "accuracy": part.right,
            "low": interval.low,
            "high": interval.high,
            "n": part.count,
            "own": is_own(each.method),
        }
        for each in results
        for part in each.by_similarity
        for interval in [wilson(part.right, part.count)]
    ]
    table = pd.DataFrame(rows)
    first = chief(results)
    far, near = first.by_similarity[0], first.by_similarity[-1]
    says = (
        f"Of the {far.count:,} genes whose nearest reference is below {far.high:.1f},"
        f" {name_of(report, first.method)} has {percent(far.right)} right; of the"
        f" {near.count:,} above {near.low:.1f}, {percent(near.right)}."
        f" {title_of(report, split).capitalize()}; 95% Wilson intervals."
    )
    chart = curves(table, "inner product with the nearest reference", "right", ".1f")
    return Figure("What a near relative is worth", (Panel("", chart),), says, table)


def results_frame(report: Report, results: Sequence[Result]) -> pd.DataFrame:
    """Results in rows, as charts and tables have them."""
    return pd.DataFrame(
        {
            "method": name_of(report, each.method),
            "split": title_of(report, each.split),
            "task": each.task,
            "n": each.count,
            "accuracy": each.accuracy,
            "low": each.accuracy_interval.low,
            "high": each.accuracy_interval.high,
            "macro F1": each.macro_f1,
            "weighted F1": each.weighted_f1,
            "similarity": each.mean_score,
            "fit seconds": each.fit_seconds,
            "queries a second": each.queries_per_second,
            "own": is_own(each.method),
        }
        for each in results
    )


def _percents(table: pd.DataFrame) -> list[str]:
    return [f"{share * 100:.1f}" for share in table["accuracy"]]
