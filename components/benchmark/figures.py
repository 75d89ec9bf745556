"""Figures of the overview of an evaluation. Pure: a report in, figures out."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from components.benchmark.charts import bars, curves, dumbbells, heat_map, lines, scatter
from components.benchmark.labels import (
    CLASSIFIERS,
    HOMOLOGY_SPLITS,
    RANDOM_SPLITS,
    SEARCHES,
    accuracy_text,
    method_name,
    percent,
    split_name,
)
from components.benchmark.tables import (
    accuracy_columns,
    baseline_accuracy,
    best_other,
    chart_columns,
    file_table,
    first_evaluated,
    headline_splits,
    main_result,
    ranked_results,
    result_table,
)
from components.shared.charts import DECIMAL_AXIS
from components.shared.figure import Figure, Panel
from core.evaluation.perturbations import REVERSE_COMPLEMENT
from core.evaluation.report import Report, Result
from core.evaluation.splits import UNMODIFIED

_FRAGMENTS = re.compile(r"fragments of (\d+) bases")
_SUBSTITUTED = re.compile(r"(\d+%) substituted")
_AMBIGUOUS = re.compile(r"(\d+%) ambiguous")
_PAIR = re.compile(r"(.+) from (.+)")
"""Names of tasks, as reports hold them."""
_SPLIT_TITLES = {
    "copies": "Random 80/20 split (exact copies in the library)",
    "folds": "Repeated 5-fold split (relatives in the library)",
    "homology": "Homology-aware split (no close relatives in the library)",
    "homology-mmseqs": "Homology-aware split by MMseqs2 (no close relatives in the library)",
}
_RANDOM_TITLE = "Random 80/20 split (relatives in the library)"


def accuracy_figure(report: Report) -> Figure | None:
    """Draw the accuracy of all methods, with and without close relatives in the library."""
    splits = headline_splits(report)
    if not splits:
        return None
    ranked = {split: ranked_results(report, split) for split in splits}
    order = list(dict.fromkeys(result.method for results in ranked.values() for result in results))
    panels = []
    for split, unordered in ranked.items():
        results = sorted(unordered, key=lambda result: order.index(result.method))
        baseline = baseline_accuracy(report, split)
        axis = [f"accuracy, n = {results[0].count:,} genes, 95% CI"]
        axis += ["dashed: majority-class baseline"] if baseline is not None else []
        panels.append(
            Panel(_split_title(split), bars(result_table(report, results), axis, baseline))
        )
    table = result_table(report, [result for results in ranked.values() for result in results])
    notes = (
        *(_accuracy_note(report, split, results) for split, results in ranked.items()),
        (
            "Accuracy: share of the queries whose best guess is the right family, called or not; no"
            " guess counts as wrong."
        ),
        (
            "95% CI: 1,000 bootstrap samples of the queries, relatives drawn together; Wilson's"
            " interval where all queries are right."
        ),
    )
    return Figure(
        "Accuracy by method", tuple(panels), accuracy_headline(report), file_table(table), notes
    )


def accuracy_headline(report: Report) -> str:
    """Say how accurate GeneKin and the best of all other methods are on each headline split."""
    parts = [
        _split_headline(report, split, ranked_results(report, split))
        for split in headline_splits(report)
    ]
    return f"{'; '.join(parts)}."


def _split_headline(report: Report, split: str, results: Sequence[Result]) -> str:
    main = main_result(results)
    text = f"{split_name(split)}: {method_name(main.method, report)} {percent(main.accuracy)}"
    if (best := best_other(results)) is not None:
        text += f", best other method {method_name(best.method, report)} {percent(best.accuracy)}"
    return text[0].upper() + text[1:]


def _split_title(split: str) -> str:
    return _SPLIT_TITLES.get(split, _RANDOM_TITLE)


def _accuracy_note(report: Report, split: str, results: Sequence[Result]) -> str:
    main = main_result(results)
    note = f"{_split_title(split)}: {method_name(main.method, report)} {accuracy_text(main)}"
    if (best := best_other(results)) is not None:
        worst = min((result for result in results if result is not main), key=_accuracy)
        note += (
            f"; best other method {method_name(best.method, report)} {accuracy_text(best)},"
            f" worst {method_name(worst.method, report)} {percent(worst.accuracy)}"
        )
    if (baseline := baseline_accuracy(report, split)) is not None:
        note += f"; majority-class baseline {percent(baseline)}"
    return f"{note}."


def split_figures(report: Report) -> list[Figure]:
    """Compare every other split with the random one, method by method."""
    base = first_evaluated(report, RANDOM_SPLITS)
    others = [
        split
        for split in (*HOMOLOGY_SPLITS, *RANDOM_SPLITS)
        if split != base and ranked_results(report, split)
    ]
    return [_split_figure(report, base, other) for other in others if base]


def _split_figure(report: Report, base: str, other: str) -> Figure:
    names = split_name(base), split_name(other)
    by_method = {result.method: result for result in ranked_results(report, other)}
    pairs = [
        (result, by_method[result.method])
        for result in ranked_results(report, base)
        if result.method in by_method
    ]
    table = result_table(report, [result for pair in pairs for result in pair])
    chart = dumbbells(table, "accuracy, 95% CI", names, baseline_accuracy(report, base))
    ranked = sorted(pairs, key=lambda pair: abs(pair[1].accuracy - pair[0].accuracy))
    caption = (
        f"Changes least for {_change(report, ranked[0])}, most for {_change(report, ranked[-1])}."
    )
    notes = (
        (
            f"Circles: {names[0]}, n = {pairs[0][0].count:,}. Squares: {names[1]},"
            f" n = {pairs[0][1].count:,}. Lines: 95% CI."
        ),
        *(split.about for split in report.splits if split.name in {base, other}),
    )
    title = f"{names[0]} vs {names[1]}"
    title = title[0].upper() + title[1:]
    return Figure(title, (Panel("", chart),), caption, file_table(table), notes)


def _change(report: Report, pair: tuple[Result, Result]) -> str:
    one, other = pair
    return (
        f"{method_name(one.method, report)} ({percent(one.accuracy)} to {percent(other.accuracy)})"
    )


def robustness_figure(report: Report) -> Figure | None:
    """Draw how accuracy falls as queries are cut and changed, one panel for each change."""
    tasks = list(
        dict.fromkeys(result.task for result in report.results if result.split == "stress")
    )
    intact = {"0%": UNMODIFIED}
    conditions = {
        "Fragment length": (
            "fragment length (bp)",
            _levels(tasks, _FRAGMENTS) | {"full length": UNMODIFIED},
        ),
        "Substitutions": ("substituted bases", intact | _levels(tasks, _SUBSTITUTED)),
        "Ambiguous bases (N)": ("ambiguous bases", intact | _levels(tasks, _AMBIGUOUS)),
        "Reverse complement": (
            "strand",
            {"as given": UNMODIFIED, "reverse complement": REVERSE_COMPLEMENT},
        ),
    }
    panels, tables, notes = [], [], []
    for title, (axis, levels) in conditions.items():
        results = {
            level: ranked
            for level, task in levels.items()
            if (ranked := ranked_results(report, "stress", task))
        }
        if len(results) > 1:
            table = _level_table(report, results)
            panels.append(Panel(title, lines(table, axis)))
            tables.append(table.assign(panel=title))
            notes.append(_robustness_note(report, title, results))
    if not panels:
        return None
    table = pd.concat(tables, ignore_index=True)
    return Figure(
        "Robustness",
        tuple(panels),
        f"At the hardest level: {min(notes)[1]}",
        file_table(table),
        (
            *(note for _, note in notes),
            "Queries of the random 80/20 split, changed at random; vertical lines: 95% CI.",
        ),
    )


def _levels(tasks: Sequence[str], pattern: re.Pattern[str]) -> dict[str, str]:
    """Return the tasks of one condition by its level, such as the length of a fragment."""
    return {match[1]: task for task in tasks if (match := pattern.fullmatch(task))}


def _level_table(report: Report, results: Mapping[str, Sequence[Result]]) -> pd.DataFrame:
    tables = [result_table(report, ranked).assign(level=level) for level, ranked in results.items()]
    return pd.concat(tables, ignore_index=True)


def _robustness_note(
    report: Report, title: str, results: Mapping[str, list[Result]]
) -> tuple[float, str]:
    """Return the lowest accuracy at a level, and a description of it."""
    changed = [level for level, ranked in results.items() if ranked[0].task != UNMODIFIED]
    hardest = min(changed, key=lambda level: main_result(results[level]).accuracy)
    main = main_result(results[hardest])
    level = "" if hardest == title.lower() else f" ({hardest})"
    note = (
        f"{title}{level}: {method_name(main.method, report)} {percent(main.accuracy)}"
        f" (n = {main.count:,})"
    )
    if (best := best_other(results[hardest])) is not None:
        note += f", best other method {method_name(best.method, report)}"
        note += f" {percent(best.accuracy)}"
    return main.accuracy, f"{note}."


def speed_figure(report: Report) -> Figure | None:
    """Draw speed against accuracy."""
    split = first_evaluated(report, (*HOMOLOGY_SPLITS, *RANDOM_SPLITS))
    results = ranked_results(report, split)
    if not results:
        return None
    table = result_table(report, results)
    chart = scatter(
        table.rename(columns={"queries per second": "speed"}),
        "queries per second, log scale",
        f"accuracy, {split_name(split)}, n = {results[0].count:,}",
    )
    main = main_result(results)
    fastest = max(results, key=lambda result: result.queries_per_second)
    caption = (
        f"{method_name(main.method, report)}: {main.queries_per_second:,.0f} queries per second,"
        f" accuracy {percent(main.accuracy)}. Fastest: {method_name(fastest.method, report)},"
        f" {fastest.queries_per_second:,.0f} queries per second, accuracy"
        f" {percent(fastest.accuracy)}."
    )
    notes = (
        f"Measured on {report.machine.get('cores', '?')} cores; training time excluded.",
        (
            "Speed: queries by the seconds that predicting them takes, in batches; vertical lines:"
            " 95% CI of the accuracy."
        ),
    )
    return Figure("Speed vs accuracy", (Panel("", chart),), caption, file_table(table), notes)


def transfer_figure(report: Report) -> Figure | None:
    """Draw how well one organism's genes are classified with those of another."""
    results = [result for result in report.results if result.split == "organisms"]
    if not results:
        return None
    table = result_table(report, results)
    table["task"] = table["task"].map(_direction)
    frame = table.assign(
        row=table["task"],
        column=table["method"],
        share=table["accuracy"],
        text=[f"{accuracy * 100:.1f}" for accuracy in table["accuracy"]],
    )
    best, worst = (pick(results, key=_accuracy) for pick in (max, min))
    caption = (
        f"Best: {method_name(best.method, report)}, {_direction(best.task)},"
        f" {percent(best.accuracy)}. Worst: {method_name(worst.method, report)},"
        f" {_direction(worst.task)}, {percent(worst.accuracy)}."
    )
    notes = (
        "Rows: organism of the queries → organism of the references. Cells: accuracy (%).",
        (
            f"Best: {accuracy_text(best)}, n = {best.count:,}. Worst: {accuracy_text(worst)},"
            f" n = {worst.count:,}."
        ),
    )
    chart = heat_map(frame, "queries → references", "", "accuracy")
    return Figure("Cross-species transfer", (Panel("", chart),), caption, file_table(table), notes)


def _direction(task: str) -> str:
    """Name a task by its query and reference organism.

    >>> _direction("dog from human")
    'dog → human'
    """
    return _PAIR.sub(r"\1 → \2", task)


def similarity_figure(report: Report) -> Figure | None:
    """Draw accuracy by the similarity to the nearest reference."""
    split = first_evaluated(report, RANDOM_SPLITS)
    binned = [result for result in ranked_results(report, split) if result.by_similarity]
    results = [result for result in binned if result.method in SEARCHES]
    results += [result for result in binned if result.method in CLASSIFIERS][:1]
    if not results:
        return None
    table = pd.DataFrame(
        {
            "method": method_name(result.method, report),
            "similarity": part.mean,
            **accuracy_columns(part.right, part.count),
            **chart_columns(result.method),
        }
        for result in results
        for part in result.by_similarity
    )
    main = main_result(results)
    far, near = main.by_similarity[0], main.by_similarity[-1]
    caption = (
        f"{method_name(main.method, report)}: {percent(far.right)} of {far.count:,} genes whose"
        f" nearest reference has a cosine similarity below {far.high:.1f}, {percent(near.right)} of"
        f" {near.count:,} above {near.low:.1f}."
    )
    notes = (
        (
            f"Queries of the {split_name(split)} split in bins of their similarity to the nearest"
            " sequence of the training set: the cosine of complete profiles of the encoder"
            " translated."
        ),
        (
            "All methods that search; of the classifiers, the most accurate one. Vertical lines:"
            " 95% CI (Wilson)."
        ),
    )
    chart = curves(table, "similarity", "cosine similarity to the nearest reference", DECIMAL_AXIS)
    title = "Accuracy by similarity to the nearest reference"
    return Figure(title, (Panel("", chart),), caption, file_table(table), notes)


def _accuracy(result: Result) -> float:
    return result.accuracy
