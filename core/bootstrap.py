"""Means with bootstrap intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 1_000
CONFIDENCE_LEVEL = 0.95

_BATCH_SIZE = 4_000_000
"""Values drawn at a time, to limit memory."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of `n` values and the ends of its 95% interval."""

    mean: float
    low: float
    high: float
    n: int

    def overlaps(self, other: "Estimate") -> bool:
        """Return whether two intervals overlap."""
        return self.low <= other.high and other.low <= self.high


def estimate_mean(values: ArrayLike, seed: int = 0) -> Estimate:
    """Return the mean of values with its percentile bootstrap interval.

    The draws are those of :func:`scipy.stats.bootstrap` with the same seed, but a single value has
    an interval too.

    Parameters
    ----------
    values
        Numbers, shape (n,), at least one.
    seed
        Seed of the draws: the same one gives the same interval.

    References
    ----------
    Efron B, Tibshirani RJ (1993), An Introduction to the Bootstrap, chapter 13.

    >>> estimate_mean([1.0, 1.0])
    Estimate(mean=1.0, low=1.0, high=1.0, n=2)
    """
    sample = np.asarray(values, dtype=np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, _BATCH_SIZE // sample.size)
    means = np.concatenate(
        [
            sample[
                generator.integers(sample.size, size=(min(rows, RESAMPLES - done), sample.size))
            ].mean(axis=1)
            for done in range(0, RESAMPLES, rows)
        ]
    )
    tail = (1 - CONFIDENCE_LEVEL) / 2
    low, high = np.quantile(means, [tail, (1 + CONFIDENCE_LEVEL) / 2]).tolist()
    return Estimate(float(sample.mean()), low, high, sample.size)
