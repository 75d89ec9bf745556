"""How good predictions are. Pure functions of what was said and what is true."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import binomtest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from core.evaluation.methods import NONE

BINS = 10
"""Bins of confidences, and of similarities."""
RESAMPLES = 1_000
"""Bootstrap samples behind an interval."""
LEVEL = 0.95
"""Share of the bootstrap samples that an interval holds."""

_TOGETHER = 100
"""Bootstrap samples that are drawn at a time."""
_COVERAGES = np.linspace(0.05, 1.0, 20)

Families = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap interval of :data:`LEVEL`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """How a family fares.

    Attributes
    ----------
    count
        Its queries.
    """

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
    mean
        Mean confidence, or similarity.
    right
        Share of them that is right.
    """

    low: float
    high: float
    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """The surest so many of all queries, and the share of these that is right."""

    share: float
    right: float


@dataclass(frozen=True, slots=True)
class Confused:
    """So many queries of one family that were taken for another, or for none."""

    true: int
    predicted: int
    count: int


def named(true: Families, predicted: Families) -> list[int]:
    """The families that averages are of: those of the queries and those that were predicted."""
    found = np.union1d(true, predicted)
    return [number for number in found.tolist() if number != NONE]


def accuracy(true: Families, predicted: Families) -> float:
    """Share of the queries whose best guess is right; none counts as wrong."""
    return float(np.mean(true == predicted))


def f1(true: Families, predicted: Families, average: str) -> float:
    """F1 over families: ``"macro"``, or ``"weighted"`` by their queries."""
    families = named(true, predicted)
    return float(f1_score(true, predicted, labels=families, average=average, zero_division=0))


def family_scores(true: Families, predicted: Families) -> list[FamilyScore]:
    """Precision, recall and F1 of every family."""
    families = named(true, predicted)
    columns = precision_recall_fscore_support(true, predicted, labels=families, zero_division=0)
    rows = zip(families, *(column.tolist() for column in columns), strict=True)
    return [
        FamilyScore(family, precision, recall, score, int(count))
        for family, precision, recall, score, count in rows
    ]


def confusion(true: Families, predicted: Families) -> list[Confused]:
    """The cells of the confusion matrix that are not zero; the predicted family may be NONE."""
    cells, counts = np.unique(np.stack([true, predicted], axis=1), axis=0, return_counts=True)
    rows = zip(cells.tolist(), counts.tolist(), strict=True)
    return [Confused(one, other, count) for (one, other), count in rows]


def reliability(confidences: Shares, right: Flags, bins: int = BINS) -> list[Bin]:
    """Confidences in bins of equal width, beside the share that is right; empty bins left out."""
    return _binned(confidences, right, np.linspace(0, 1, bins + 1))


def calibration_error(confidences: Shares, right: Flags, bins: int = BINS) -> float:
    """Expected calibration error: by how much confidences differ from the share that is right.

    The mean over the bins of :func:`reliability`, weighted by their queries (Naeini et al. 2015).
    """
    gaps = [
        each.count * abs(each.mean - each.right) for each in reliability(confidences, right, bins)
    ]
    return sum(gaps) / len(right)


def coverage_curve(confidences: Shares, right: Flags) -> list[Coverage]:
    """Share that is right of the surest 5%, 10%, … of the queries; ties in their order."""
    ranked = right[np.argsort(-confidences, kind="stable")]
    found = np.cumsum(ranked)
    counts = np.unique(np.ceil(_COVERAGES * right.size).astype(np.int64))
    return [Coverage(count / right.size, found[count - 1] / count) for count in counts.tolist()]


def by_similarity(similarities: Shares, right: Flags, bins: int = BINS) -> list[Bin]:
    """Share that is right by the similarity to the nearest reference, 0 to 1."""
    return _binned(similarities, right, np.linspace(0, 1, bins + 1))


def wilson(share: float, count: int) -> Interval:
    """Wilson's interval of a share of so many queries, as if these were independent.

    >>> found = wilson(0.9, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.596, 0.982)
    """
    found = binomtest(round(share * count), count).proportion_ci(LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


@dataclass(frozen=True, slots=True)
class Intervals:
    """Bootstrap intervals of what is drawn again and again."""

    accuracy: Interval
    macro_f1: Interval


def bootstrap(
    true: Families, predicted: Families, units: NDArray[np.int64], seed: int
) -> Intervals:
    """Percentile intervals of accuracy and macro F1.

    Parameters
    ----------
    units
        Queries of one number are drawn together, as they are not independent of each other.
    seed
        Of the drawing.
    """
    generator = np.random.default_rng(seed)
    _, owners = np.unique(units, return_inverse=True)
    count = int(owners.max()) + 1
    families = np.array(named(true, predicted))
    hits = _per_unit(owners, true, families, true == predicted)
    there = _per_unit(owners, true, families)
    said = _per_unit(owners, predicted, families)
    accuracies, macros = [], []
    for _ in range(RESAMPLES // _TOGETHER):
        drawn = _drawn(generator, count)
        hit, of, named_as = hits @ drawn, there @ drawn, said @ drawn
        accuracies.append(hit.sum(axis=0) / of.sum(axis=0))
        macros.append(_macro_f1(hit, of + named_as))
    return Intervals(_interval(np.concatenate(accuracies)), _interval(np.concatenate(macros)))


def _drawn(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """How often each of so many units is drawn, shape (units, samples)."""
    samples = generator.integers(0, count, (_TOGETHER, count))
    return np.stack([np.bincount(each, minlength=count) for each in samples], axis=1).astype(float)


def _macro_f1(hit: Shares, both: Shares) -> Shares:
    """Macro F1 of each sample, over the families that are in it: shape (samples,)."""
    scores = np.divide(2 * hit, both, out=np.zeros_like(hit), where=both > 0)
    found: Shares = scores.sum(axis=0) / np.maximum(1, (both > 0).sum(axis=0))
    return found


def _per_unit(
    owners: NDArray[np.int64], numbers: Families, families: Families, chosen: Flags | None = None
) -> csr_array:
    """Queries of each unit by family, shape (families, units)."""
    kept = np.isin(numbers, families) & (True if chosen is None else chosen)
    places = np.searchsorted(families, numbers[kept]), owners[kept]
    shape = families.size, int(owners.max()) + 1
    return csr_array((np.ones(kept.sum()), places), shape=shape)


def _interval(values: Shares) -> Interval:
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return Interval(float(low), float(high))


def _binned(values: Shares, right: Flags, edges: Shares) -> list[Bin]:
    places = np.clip(np.digitize(values, edges[1:-1]), 0, edges.size - 2)
    return [
        Bin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            count=int(inside.sum()),
            mean=float(values[inside].mean()),
            right=float(right[inside].mean()),
        )
        for place in np.unique(places).tolist()
        for inside in [places == place]
    ]
