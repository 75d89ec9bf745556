"""Names of methods, splits, tasks and families in the benchmark, and numbers as text."""

from components.shared.charts import ACCENT
from components.shared.palette import NEUTRAL
from core.evaluation.report import Report, Result
from core.evaluation.splits import UNMODIFIED
from core.sequences.families import family_name

MAJORITY = "majority"
SEARCHES = ("translated", "seed", "count", "mysql", "blastn", "diamond")
CLASSIFIERS = ("naive-bayes", "logistic", "svm", "forest", "knn", "kaggle")
RANDOM_SPLITS = ("seed", "folds", "copies")
"""Splits with relatives on both sides; the first one evaluated stands for them."""
HOMOLOGY_SPLITS = ("homology", "homology-mmseqs")
"""Splits without relatives on both sides."""

_METHODS = {
    "translated": "GeneKin",
    "count": "GeneKin, count",
    "seed": "published baseline",
    "naive-bayes": "naive Bayes",
    "logistic": "logistic regression",
    "svm": "linear SVM",
    "knn": "k-nearest neighbours",
    "forest": "random forest",
    "kaggle": "Kaggle recipe",
    "mysql": "SQL k-mer search",
    MAJORITY: "majority-class baseline",
    "blastn": "blastn",
    "diamond": "DIAMOND",
}
_MARKS = {
    "translated": (ACCENT, "circle"),
    "count": ("#4A8FB5", "diamond"),
    "seed": ("#8668C4", "square"),
    "mysql": ("#B5651D", "triangle-up"),
    "blastn": ("#2E74C0", "triangle-down"),
    "diamond": ("#C4452F", "diamond"),
    "knn": ("#B84592", "circle"),
    "forest": ("#4B8B3B", "triangle-up"),
    "svm": ("#97761F", "square"),
    "logistic": ("#5F7D95", "triangle-down"),
    "naive-bayes": ("#D0527C", "cross"),
    "kaggle": ("#77802A", "triangle-right"),
    "count-ivf_flat": ("#4A8FB5", "square"),
    "count-ivf_sq8": ("#4A8FB5", "triangle-up"),
    "count-hnsw": ("#4A8FB5", "triangle-down"),
    "count-gpu_ivf_flat": ("#4A8FB5", "cross"),
}
"""Colour, legible on white and on dark backgrounds, and marker of each method."""
_SPLITS = {
    "seed": "random 80/20",
    "copies": "random 80/20 with copies",
    "folds": "repeated 5-fold",
    "homology": "homology-aware",
    "homology-mmseqs": "homology-aware (MMseqs2)",
    "organisms": "cross-species",
    "stress": "robustness",
}
_COUNT_PREFIX = "count-"
"""Methods that begin so are the count encoder with another index."""


def method_name(method: str, report: Report | None = None) -> str:
    """Return a method's short name; the report knows which database answered SQL."""
    if method.startswith(_COUNT_PREFIX):
        return f"GeneKin, {method.removeprefix(_COUNT_PREFIX).upper()}"
    facts = (
        next((facts for facts in report.methods if facts.name == method), None) if report else None
    )
    if facts is not None and method == "mysql":
        return f"{str(facts.settings['database']).partition(' ')[0]} k-mer search"
    return _METHODS.get(method) or (facts.title if facts else method)


def is_own(method: str) -> bool:
    """Tell whether a method is GeneKin's."""
    return method in {"translated", "count"} or is_index_variant(method)


def is_index_variant(method: str) -> bool:
    """Tell whether a method is the count encoder with another than the default index."""
    return method.startswith(_COUNT_PREFIX)


def method_mark(method: str) -> dict[str, str]:
    """Return a method's colour and marker, the same in all charts, as columns of a chart.

    >>> method_mark("blastn")
    {'colour': '#2E74C0', 'shape': 'triangle-down'}
    """
    colour, shape = _MARKS.get(method, (NEUTRAL, "cross"))
    return {"colour": colour, "shape": shape}


def split_name(split: str) -> str:
    """Return a split's short name."""
    return _SPLITS.get(split, split)


def task_name(split: str, task: str) -> str:
    """Return the name of a task of a split."""
    return split_name(split) if task == UNMODIFIED else f"{split_name(split)}: {task}"


def class_name(report: Report, family: int) -> str:
    """Return the name of a family as a prediction; a negative number is none."""
    return "none" if family < 0 else family_name(report.data.family_names, family)


def percent(share: float) -> str:
    """Format a share as a percentage.

    >>> percent(0.9821)
    '98.2%'
    """
    return f"{share:.1%}"


def points(change: float) -> str:
    """Format a difference of shares in percentage points.

    >>> points(-0.123)
    '−12.3 points'
    """
    return f"{change * 100:+.1f} points".replace("-", "−")


def accuracy_text(result: Result) -> str:
    """Format the accuracy of a result with its interval."""
    low, high = result.accuracy_interval.low, result.accuracy_interval.high
    return f"{percent(result.accuracy)} (95% CI {low * 100:.1f} to {high * 100:.1f})"


def format_hours(seconds: float) -> str:
    """Format a duration in hours and minutes, at least one minute.

    >>> [format_hours(seconds) for seconds in (20, 840, 22_936)]
    ['0:01', '0:14', '6:22']
    """
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60}:{minutes % 60:02}"
