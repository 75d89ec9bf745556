"""Measures of prediction quality. Pure functions of true and predicted families."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from core.evaluation.methods import NO_FAMILY

BINS = 10
"""Number of bins of confidences, and of similarities."""
RESAMPLES = 1_000
"""Number of bootstrap samples."""
LEVEL = 0.95
"""Confidence level of intervals."""

_BATCH_SIZE = 100
"""Bootstrap samples drawn at once."""
_COVERAGES = np.linspace(0.05, 1.0, 20)

Families = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of :data:`LEVEL`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """Precision, recall and F1 of a family; `count` is its number of queries."""

    family: int
    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Queries whose confidence, or similarity, lies between two bounds.

    Attributes
    ----------
    count
        Their number.
    mean
        Their mean confidence, or similarity.
    right
        Their accuracy.
    """

    low: float
    high: float
    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Accuracy (`right`) of a `share` of all queries: those of the highest confidence."""

    share: float
    right: float


@dataclass(frozen=True, slots=True)
class ConfusionCell:
    """Number of queries of a true family with a predicted one, or none."""

    true: int
    predicted: int
    count: int


def averaged_families(true: Families, predicted: Families) -> list[int]:
    """Return the families that averages are over: those of queries and those predicted.

    No family counts as one only where it is the truth of some query.
    """
    families = np.union1d(true, predicted)
    if NO_FAMILY not in true:
        families = families[families != NO_FAMILY]
    numbers: list[int] = families.tolist()
    return numbers


def accuracy(true: Families, predicted: Families) -> float:
    """Return the share of queries whose best guess is correct; no guess counts as wrong."""
    return float(accuracy_score(true, predicted))


def f1(true: Families, predicted: Families, average: str) -> float:
    """Return the mean F1 of families: ``"macro"``, or ``"weighted"`` by their queries."""
    families = averaged_families(true, predicted)
    return float(f1_score(true, predicted, labels=families, average=average, zero_division=0))


def family_scores(true: Families, predicted: Families) -> list[FamilyScore]:
    """Return precision, recall and F1 of every family."""
    families = averaged_families(true, predicted)
    columns = precision_recall_fscore_support(true, predicted, labels=families, zero_division=0)
    rows = zip(families, *(column.tolist() for column in columns), strict=True)
    return [
        FamilyScore(family, precision, recall, score, int(count))
        for family, precision, recall, score, count in rows
    ]


def confusion(true: Families, predicted: Families) -> list[ConfusionCell]:
    """Return the non-zero cells of the confusion matrix; NO_FAMILY may be predicted."""
    families = np.union1d(true, predicted)
    cells = coo_array(confusion_matrix(true, predicted, labels=families))
    rows, columns = (families[axis].tolist() for axis in (cells.row, cells.col))
    return [ConfusionCell(*cell) for cell in zip(rows, columns, cells.data.tolist(), strict=True)]


def reliability_bins(confidences: Shares, correct: Flags, bins: int = BINS) -> list[Bin]:
    """Return mean confidence and accuracy in confidence bins of equal width, but empty ones."""
    return _binned(confidences, correct, bins)


def calibration_error(confidences: Shares, correct: Flags, bins: int = BINS) -> float:
    """Return the expected calibration error: how far confidences are from the accuracy.

    The mean over :func:`reliability_bins`, weighted by their queries (Naeini et al. 2015).
    """
    gaps = [
        bin_.count * abs(bin_.mean - bin_.right)
        for bin_ in reliability_bins(confidences, correct, bins)
    ]
    return sum(gaps) / len(correct)


def coverage_curve(confidences: Shares, correct: Flags) -> list[Coverage]:
    """Return the accuracy of the most confident 5%, 10%, … of the queries; ties in their order."""
    ranked = correct[np.argsort(-confidences, kind="stable")]
    hits = np.cumsum(ranked)
    counts = np.unique(np.ceil(_COVERAGES * correct.size).astype(np.int64))
    return [Coverage(count / correct.size, hits[count - 1] / count) for count in counts.tolist()]


def accuracy_by_similarity(similarities: Shares, correct: Flags, bins: int = BINS) -> list[Bin]:
    """Return the accuracy in bins of the similarity to the nearest reference, 0 to 1."""
    return _binned(similarities, correct, bins)


def wilson_interval(share: float, count: int) -> Interval:
    """Return Wilson's interval of a share of `count` queries, as if these were independent.

    >>> interval = wilson_interval(0.9, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.596, 0.982)
    """
    found = binomtest(round(share * count), count).proportion_ci(LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


def widen_certain(interval: Interval, count: int) -> Interval:
    """Return a bootstrap interval, or Wilson's if all of `count` units are right, or all wrong.

    >>> round(widen_certain(Interval(1.0, 1.0), 1675).low, 4)
    0.9977
    """
    certain = interval.low == interval.high and interval.low in {0.0, 1.0}
    return wilson_interval(interval.low, count) if certain else interval


@dataclass(frozen=True, slots=True)
class Intervals:
    """Bootstrap intervals of accuracy and macro F1, from the same samples."""

    accuracy: Interval
    macro_f1: Interval


def bootstrap_intervals(
    true: Families, predicted: Families, units: NDArray[np.int64], seed: int
) -> Intervals:
    """Return percentile intervals of accuracy and macro F1.

    Where all queries are right, or all wrong, so are those of every sample: then the interval of
    the accuracy is Wilson's, as of independent units. Not by :func:`scipy.stats.bootstrap`: it
    differs in the last digit, and rejects a single unit.

    Parameters
    ----------
    units
        Queries with the same number are drawn together, as they depend on each other.
    seed
        Of the random samples.
    """
    generator = np.random.default_rng(seed)
    _, owners = np.unique(units, return_inverse=True)
    count = int(owners.max()) + 1
    families = np.array(averaged_families(true, predicted))
    hits = _count_by_unit(owners, true, families, true == predicted)
    actual = _count_by_unit(owners, true, families)
    guessed = _count_by_unit(owners, predicted, families)
    accuracies, macros = [], []
    for _ in range(RESAMPLES // _BATCH_SIZE):
        weights = _draw_weights(generator, count)
        hit, of, named_as = hits @ weights, actual @ weights, guessed @ weights
        accuracies.append(hit.sum(axis=0) / of.sum(axis=0))
        macros.append(_macro_f1(hit, of + named_as))
    interval = widen_certain(_percentiles(np.concatenate(accuracies)), count)
    return Intervals(interval, _percentiles(np.concatenate(macros)))


def _draw_weights(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw samples of units and return how often each has each unit: shape (units, samples)."""
    samples = generator.integers(0, count, (_BATCH_SIZE, count))
    weights = [np.bincount(sample, minlength=count) for sample in samples]
    return np.stack(weights, axis=1).astype(float)


def _macro_f1(hit: Shares, both: Shares) -> Shares:
    """Return the macro F1 of each sample over its families: shape (samples,)."""
    scores = np.divide(2 * hit, both, out=np.zeros_like(hit), where=both > 0)
    mean: Shares = scores.sum(axis=0) / np.maximum(1, (both > 0).sum(axis=0))
    return mean


def _count_by_unit(
    owners: NDArray[np.int64], numbers: Families, families: Families, chosen: Flags | None = None
) -> csr_array:
    """Count the queries of each unit by family: shape (families, units)."""
    kept = np.isin(numbers, families) & (True if chosen is None else chosen)
    coordinates = np.searchsorted(families, numbers[kept]), owners[kept]
    shape = families.size, int(owners.max()) + 1
    return csr_array((np.ones(kept.sum()), coordinates), shape=shape)


def _percentiles(values: Shares) -> Interval:
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return Interval(float(low), float(high))


def _binned(values: Shares, correct: Flags, bins: int) -> list[Bin]:
    edges = np.linspace(0, 1, bins + 1)
    numbers = np.clip(np.digitize(values, edges[1:-1]), 0, bins - 1)
    return [
        Bin(
            low=float(edges[number]),
            high=float(edges[number + 1]),
            count=int(inside.sum()),
            mean=float(values[inside].mean()),
            right=float(correct[inside].mean()),
        )
        for number in np.unique(numbers).tolist()
        for inside in [numbers == number]
    ]
