"""How much of a batch comes from each organism, from what each query says of itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 200
_STEPS = 100
_LEAST = 1e-300
_SETTLED = 1e-4


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of a batch, float64, shape (organisms,): how much there is of each, and between what.

    The shares add up to 1; `low` and `high` are the ends of 95% intervals.
    """

    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def mixture(chances: NDArray[np.float64], seed: int = 0) -> Mixture:
    """The shares under which a batch is likeliest, found by expectation maximisation.

    A query that could be of several organisms counts for those that the others speak for. One query
    more, of any organism alike, stands for what was not seen; the intervals are of the Bayesian
    bootstrap.

    Parameters
    ----------
    chances
        How likely each query is of each organism if all were as common, float64, shape (n,
        organisms).
    seed
        Of the draws.

    References
    ----------
    Dempster AP, Laird NM, Rubin DB (1977), Maximum likelihood from incomplete data via the EM
    algorithm. J R Stat Soc B 39:1-38.
    Rubin DB (1981), The Bayesian bootstrap. Ann Stat 9:130-134.
    """
    queries, organisms = chances.shape
    rows = np.concatenate([chances, np.eye(organisms)])
    usual = np.concatenate([np.ones(queries), np.full(organisms, 1 / organisms)])
    drawn = np.random.default_rng(seed).standard_gamma(usual, size=(RESAMPLES, usual.size))
    weights = np.concatenate([usual[None], drawn])
    weights /= weights.sum(axis=1, keepdims=True)
    shares = np.full((RESAMPLES + 1, organisms), 1 / organisms)
    for _ in range(_STEPS):
        before = shares
        shares = shares * ((weights / np.maximum(shares @ rows.T, _LEAST)) @ rows)
        if np.abs(shares - before).max() < _SETTLED:
            break
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return Mixture(shares[0], low, high)
