"""Estimation of the composition of a batch from the probabilities of its queries."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, no_progress

RESAMPLES = 200
_MAX_WEIGHTS = 10_000_000
"""Weights of resampled queries that are held at a time: 80 MB, and twice as much to work with."""
_MAX_ITERATIONS = 100
_MIN_LIKELIHOOD = 1e-300
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of organisms in a batch, each float64, shape (organisms,).

    The shares add up to 1; `low` and `high` are the ends of 95% intervals.
    """

    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def estimate_mixture(
    probabilities: NDArray[np.float64], seed: int = 0, progress: Progress = no_progress
) -> Mixture:
    """Estimate the maximum-likelihood shares of a batch by expectation maximisation.

    A query that may come from several organisms counts for those that other queries support. One
    additional query, equally likely from any organism, is a pseudocount; the intervals are those of
    the Bayesian bootstrap.

    Parameters
    ----------
    probabilities
        float64, shape (n, organisms): that of each query to come from each organism, if all
        organisms were equally common.
    seed
        Seed of the bootstrap.
    progress
        Called after each of its steps.

    References
    ----------
    Dempster AP, Laird NM, Rubin DB (1977), Maximum likelihood from incomplete data via the EM
    algorithm. J R Stat Soc B 39:1-38.
    Rubin DB (1981), The Bayesian bootstrap. Ann Stat 9:130-134.
    """
    queries, organisms = probabilities.shape
    rows = np.concatenate([probabilities, np.eye(organisms)])
    observed = np.concatenate([np.ones(queries), np.full(organisms, 1 / organisms)])
    start = np.full(organisms, 1 / organisms)
    parts: list[NDArray[np.float64]] = []
    done = 0
    for weights in _resample(observed, np.random.default_rng(seed)):
        parts.append(_maximize(rows, weights, start))
        done += len(weights)
        progress("Estimating intervals", done, RESAMPLES + 1)
        start = parts[0][0]  # The shares of all queries, and near those of their resamples.
    shares = np.concatenate(parts)
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return Mixture(shares[0], low, high)


def _resample(
    observed: NDArray[np.float64], generator: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield the weights of the queries, first as observed, then resampled.

    Yields
    ------
    float64 of shape (resamples, n)
        Rows that add up to 1.
    """
    step = max(1, _MAX_WEIGHTS // observed.size)
    first = observed[None]
    for start in range(0, RESAMPLES, step):
        size = (min(step, RESAMPLES - start), observed.size)
        weights = np.concatenate([first, generator.standard_gamma(observed, size=size)])
        yield weights / weights.sum(axis=1, keepdims=True)
        first = first[:0]


def _maximize(
    rows: NDArray[np.float64], weights: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the shares with the highest likelihood, for each row of weights."""
    shares = np.tile(start, (len(weights), 1))
    for _ in range(_MAX_ITERATIONS):
        previous = shares
        shares = shares * ((weights / np.maximum(shares @ rows.T, _MIN_LIKELIHOOD)) @ rows)
        if np.abs(shares - previous).max() < _TOLERANCE:
            break
    return shares
