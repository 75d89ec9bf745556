"""Duration of an evaluation, estimated before it runs and used to weigh its progress.

The rates were measured on two cores with sequences of 1.5 kb. On another machine the parts of an
evaluation keep their proportions, and an earlier evaluation says how fast it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import mean

from core.evaluation.perturbations import AMBIGUITY_RATES, FRAGMENT_LENGTHS, SUBSTITUTION_RATES
from core.evaluation.registry import Plan, PlannedSplit
from core.evaluation.report import Report
from core.evaluation.splits import FOLDS, REPEATS, TEST_SHARE

_PERTURBATIONS = 1 + len(FRAGMENT_LENGTHS) + len(SUBSTITUTION_RATES) + len(AMBIGUITY_RATES)


@dataclass(frozen=True, slots=True)
class Rate:
    """Milliseconds of a method.

    Attributes
    ----------
    fit
        For each training sequence.
    query
        For each query.
    pair
        For a query and a thousand training sequences.
    start
        For each training set, whatever its size.
    """

    fit: float
    query: float
    pair: float = 0.0
    start: float = 0.0

    def fit_seconds(self, training: int) -> float:
        """Return the seconds of fitting on so many sequences."""
        return (self.start + self.fit * training) / 1e3

    def query_seconds(self, training: int, queries: int) -> float:
        """Return the seconds of predicting so many queries."""
        return queries * (self.query + self.pair * training / 1e3) / 1e3


_MAX_SPEED = 5.0
"""Faster and slower ones are not believed: small evaluations spend their time elsewhere."""
_VECTORS = Rate(fit=0.9, query=1.2)
_RATES: Mapping[str, Rate] = {
    "translated": Rate(start=5_000, fit=2.8, query=5.0),
    "seed": _VECTORS,
    "count": _VECTORS,
    "mysql": Rate(fit=1.9, query=0.3, pair=1.9),
    "knn": Rate(fit=0.1, query=0.2, pair=0.05),
    "forest": Rate(fit=1.8, query=0.3),
    "svm": Rate(fit=0.3, query=0.2),
    "logistic": Rate(fit=1.2, query=0.2),
    "naive-bayes": Rate(fit=0.1, query=0.2),
    "kaggle": Rate(fit=2.0, query=2.0),
    "majority": Rate(fit=0.0, query=0.01),
    "blastn": Rate(fit=0.1, query=1.0, pair=2.4),
    "diamond": Rate(fit=0.1, query=1.0, pair=1.9),
}


@dataclass(frozen=True, slots=True)
class _Round:
    """Sizes of a round; rounds of the same training set are fitted once."""

    key: str
    training: int
    queries: int


def method_rate(method: str) -> Rate:
    """Return the rate of a method; other indexes of vectors have that of the default one."""
    return _RATES.get(method, _VECTORS)


def estimate_seconds(plan: Plan, organisms: Mapping[str, int]) -> float:
    """Estimate the duration of an evaluation of distinct sequences.

    Parameters
    ----------
    organisms
        Number of sequences by organism.
    """
    fits: dict[tuple[str, str], float] = {}
    seconds = 0.0
    for part in plan.parts:
        for item in _rounds(part, organisms):
            for method in part.methods:
                rate = method_rate(method)
                fits[item.key, method] = rate.fit_seconds(item.training)
                seconds += rate.query_seconds(item.training, item.queries)
    return seconds + sum(fits.values())


def measured_speed(report: Report) -> float:
    """Return how many estimated seconds an evaluation did in a second: the speed of its machine."""
    training = {split.name: split.training for split in report.splits}
    fits = {
        (training[result.split], result.method): sum(
            method_rate(result.method).fit_seconds(size) for size in training[result.split]
        )
        for result in report.results
    }
    seconds = sum(fits.values()) + sum(
        method_rate(result.method).query_seconds(round(mean(training[result.split])), result.count)
        for result in report.results
    )
    return min(_MAX_SPEED, max(1 / _MAX_SPEED, seconds / max(1.0, report.seconds)))


def _rounds(part: PlannedSplit, organisms: Mapping[str, int]) -> Iterator[_Round]:
    """Yield the rounds of a split; none where it needs copies, which no library has."""
    split, most = part.split, part.max_queries
    count = sum(organisms.values())
    held_out = round(count * TEST_SHARE)
    if split == "seed":
        yield _Round("random", count - held_out, held_out)
    elif split == "stress":
        queries = held_out if most is None else min(held_out, most)
        yield _Round("random", count - held_out, queries * _PERTURBATIONS)
    elif split == "organisms" and len(organisms) > 1:
        for name, training in organisms.items():
            sizes = [size for other, size in organisms.items() if other != name]
            queries = sum(size if most is None else min(size, most) for size in sizes)
            yield _Round(name, training, queries)
    elif split not in {"copies", "organisms"}:
        for number in range(FOLDS * REPEATS if split == "folds" else FOLDS):
            yield _Round(f"{split} {number}", count - held_out, held_out)
