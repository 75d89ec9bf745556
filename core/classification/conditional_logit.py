"""Conditional logit: probabilities of families from features that each family has.

All families share the weights, so that the number of families may grow after fitting.

References
----------
McFadden (1974), "Conditional logit analysis of qualitative choice behavior".
"""

import numpy as np
from numpy.typing import NDArray

_PENALTY = 1e-3
_MIN_SCALE = 1e-9


def fit_conditional_logit(
    features: NDArray[np.float64],
    chosen: NDArray[np.int64],
    counts: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Fit the weights of the features by maximum likelihood with a small ridge penalty.

    Parameters
    ----------
    features
        float64, shape (n, families, features).
    chosen
        int64, shape (n,): index of the true family of each row.
    counts
        float64, shape (n,): weight of each row; 1, if None.

    Returns
    -------
    float64, shape (features,).
    """
    # Imports slowly, and only training needs it.
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    scale = features.std(axis=(0, 1))
    scale[scale < _MIN_SCALE] = 1  # A constant feature stays as it is.
    scaled = features / scale
    truth = np.zeros(features.shape[:2])
    truth[np.arange(len(chosen)), chosen] = 1

    row_weights = np.ones(len(chosen)) if counts is None else counts
    row_weights = (row_weights / row_weights.sum())[:, None]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        utilities = scaled @ weights
        value = -(row_weights * truth * log_softmax(utilities, axis=1)).sum()
        residuals = row_weights * (softmax(utilities, axis=1) - truth)
        gradient = np.tensordot(residuals, scaled, axes=2)
        return value + _PENALTY * weights @ weights, gradient + 2 * _PENALTY * weights

    optimum = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = optimum.x / scale
    return weights


def probabilities(
    features: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability of each family, shape (n, families)."""
    # SciPy's softmax takes ten times as long for one query, and long to import.
    utilities = features @ weights
    odds: NDArray[np.float64] = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares
