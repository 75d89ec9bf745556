"""How the benchmark speaks of methods, splits and shares.

The table of all methods: at random beside without relatives.
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components.shared.figure import offer_table
from core.evaluation.measures import Interval
from core.evaluation.report import Report, Result
from core.evaluation.splits import AS_THEY_ARE

MAJORITY = "majority"
SEARCHES = ("translated", "seed", "mysql")
CLASSIFIERS = ("naive-bayes", "logistic", "svm", "forest", "knn")
HEAD = (*SEARCHES, *CLASSIFIERS)
"""The published demo's own comparison, and GeneKin as it is now."""
AT_RANDOM = ("seed", "folds", "copies")
"""Splits in which relatives stand on both sides; the first that there is stands for them."""
STRANGERS = ("homology", "homology-mmseqs")
"""Splits in which they do not."""

_NAMES = {
    "translated": "GeneKin",
    "count": "GeneKin, count",
    "seed": "Milvus, as published",
    "naive-bayes": "naive Bayes",
    "logistic": "logistic regression",
    "forest": "random forest",
    "kaggle": "Kaggle recipe",
    "blastn": "blastn",
    "diamond": "DIAMOND",
}
_BEFORE = {
    "mysql": "SQL alone",
    "svm": "linear SVM",
    "knn": "k-nearest neighbours",
    MAJORITY: "the commonest family",
}
"""What has a name only in a report."""
_COUNT = "count-"


def name_of(report: Report, method: str) -> str:
    """A method's name where there is little room; its title where it has none."""
    if method.startswith(_COUNT):
        return _of_index(method)
    facts = next((each for each in report.methods if each.name == method), None)
    if facts is not None and method == "mysql":  # Or whatever database there is.
        return f"{str(facts.settings['database']).partition(' ')[0]} alone"
    return _NAMES.get(method) or (facts.title if facts else method)


def choice_of(method: str) -> str:
    """A method's name before there is a report."""
    return _of_index(method) if method.startswith(_COUNT) else (_NAMES | _BEFORE)[method]


def _of_index(method: str) -> str:
    return f"GeneKin, {method.removeprefix(_COUNT).upper()}"


def is_own(method: str) -> bool:
    """Whether it is GeneKin's."""
    return method in {"translated", "count"} or method.startswith(_COUNT)


def title_of(report: Report, split: str) -> str:
    """What a split is called."""
    titles = {each.name: each.title for each in report.splits}
    return titles.get(split, split)


def family_of(report: Report, family: int) -> str:
    """The name of a family; of none too."""
    return "none named" if family < 0 else report.data.family_names.get(family, f"class {family}")


def asked(report: Report, split: str, task: str = AS_THEY_ARE) -> list[Result]:
    """What was asked of all methods, the best answer first.

    The majority is drawn as a line, and other indexes of one encoder stand in the table alone.
    """
    found = [
        each
        for each in report.results
        if (each.split, each.task) == (split, task)
        and each.method != MAJORITY
        and not each.method.startswith(_COUNT)
    ]
    return sorted(found, key=lambda each: -each.accuracy)


def first_split(report: Report, names: tuple[str, ...]) -> str:
    """The first of some splits that has results; empty if none has."""
    return next((name for name in names if asked(report, name)), "")


def baseline(report: Report, split: str, task: str = AS_THEY_ARE) -> float | None:
    """How often the commonest family is right; None if that was not asked."""
    result = report.result(split, task, MAJORITY)
    return None if result is None else result.accuracy


def chief(results: list[Result]) -> Result:
    """The one that a sentence begins with: GeneKin's, or else the best."""
    return next((each for each in results if each.method == "translated"), results[0])


def percent(share: float) -> str:
    """A share for people.

    >>> percent(0.9821)
    '98.2%'
    """
    return f"{share:.1%}"


def points(change: float) -> str:
    """A difference of shares for people.

    >>> points(-0.123)
    '−12.3 points'
    """
    return f"{change * 100:+.1f} points".replace("-", "−")


def with_interval(result: Result) -> str:
    """Accuracy with its interval."""
    low, high = result.accuracy_interval.low, result.accuracy_interval.high
    return f"{percent(result.accuracy)} (95% interval {low * 100:.1f} to {high * 100:.1f})"


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
