"""A conditional logit: probabilities over families from features that each family has.

The weights are shared by all families, so that it serves any number of them, and those that come
later too.

References
----------
McFadden (1974), "Conditional logit analysis of qualitative choice behavior".
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

_PENALTY = 1e-3
_TINY = 1e-9


def fit_conditional_logit(
    features: NDArray[np.float64],
    chosen: NDArray[np.int64],
    counts: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Weights of the features, by maximum likelihood with a small ridge penalty.

    Parameters
    ----------
    features
        float64, shape (n, families, features).
    chosen
        int64, shape (n,): the true family of each row.
    counts
        float64, shape (n,): what each row counts; 1, if None.

    Returns
    -------
    float64, shape (features,).
    """
    scale = features.std(axis=(0, 1))
    scale[scale < _TINY] = 1  # What is the same everywhere tells nothing apart.
    scaled = features / scale
    truth = np.zeros(features.shape[:2])
    truth[np.arange(len(chosen)), chosen] = 1

    share = np.ones(len(chosen)) if counts is None else counts
    share = (share / share.sum())[:, None]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        utilities = scaled @ weights
        value = -(share * truth * log_softmax(utilities, axis=1)).sum()
        surplus = share * (softmax(utilities, axis=1) - truth)
        gradient = np.tensordot(surplus, scaled, axes=2)
        return value + _PENALTY * weights @ weights, gradient + 2 * _PENALTY * weights

    found = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = found.x / scale
    return weights


def probabilities(
    features: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability of each family, shape (n, families)."""
    shares: NDArray[np.float64] = softmax(features @ weights, axis=1)
    return shares
