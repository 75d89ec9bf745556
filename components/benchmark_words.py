"""How the benchmark speaks of methods, splits and shares."""

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
