"""A mean with the interval that a bootstrap gives it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 1_000
LEVEL = 0.95
"""How often such intervals hold the true mean."""

_TOGETHER = 4_000_000
"""Draws at a time, so that they fit into memory."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, its 95% interval, and of how many values it is."""

    mean: float
    low: float
    high: float
    n: int

    def overlaps(self, other: "Estimate") -> bool:
        """Whether the two intervals have a value in common."""
        return self.low <= other.high and other.low <= self.high


def estimate_mean(values: ArrayLike, seed: int = 0) -> Estimate:
    """The mean of values with the percentile interval of their bootstrap.

    Parameters
    ----------
    values
        Numbers, shape (n,), at least one.
    seed
        Of the draws; the same one gives the same interval.

    References
    ----------
    Efron B, Tibshirani RJ (1993), An Introduction to the Bootstrap, chapter 13.

    >>> estimated([1.0, 1.0])
    Estimate(mean=1.0, low=1.0, high=1.0, n=2)
    """
    given = np.asarray(values, dtype=np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, _TOGETHER // given.size)
    means = np.concatenate(
        [
            given[generator.integers(given.size, size=(count, given.size))].mean(axis=1)
            for count in _counts(rows)
        ]
    )
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return Estimate(float(given.mean()), low, high, given.size)


def _counts(rows: int) -> list[int]:
    """How many resamples to draw at a time."""
    return [min(rows, RESAMPLES - done) for done in range(0, RESAMPLES, rows)]
