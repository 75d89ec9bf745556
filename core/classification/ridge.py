"""A linear classifier by ridge regression, in its dual form.

As accurate here as a linear support vector machine, and what it would predict for a group of
sequences had they all been left out has a closed form, which makes honest calibration cheap.

References
----------
Rifkin, Yeo, Poggio (2003), "Regularized least-squares classification"; leaving out groups:
Pahikkala et al. (2006), "Fast n-fold cross-validation for regularized least-squares".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_array

PENALTY = 1.0
_BLOCK = 2_048
"""Columns of the features that are dense at a time."""


@dataclass(frozen=True)
class RidgeFit:
    """A fitted classifier, and what leaving groups out needs.

    Attributes
    ----------
    weights
        float32, shape (features, families).
    priors
        float64, shape (families,): share of each family.
    """

    weights: NDArray[np.float32]
    priors: NDArray[np.float64]
    _inverse: NDArray[np.float64]
    _dual: NDArray[np.float64]
    _targets: NDArray[np.float64]

    def left_out(self, groups: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Predictions for `rows`, each as if all rows of its group had been left out.

        Parameters
        ----------
        groups
            int64, shape (n,): the group of every row of the fit.
        rows
            The rows wanted.

        Returns
        -------
        float64, shape (len(rows), families).
        """
        predictions = np.empty((len(rows), self.priors.size))
        wanted = groups[rows]
        for group in np.unique(wanted):
            members = np.flatnonzero(groups == group)
            block = self._inverse[np.ix_(members, members)]
            without = self._targets[members] - np.linalg.solve(block, self._dual[members])
            chosen = wanted == group
            predictions[chosen] = without[np.searchsorted(members, rows[chosen])]
        return predictions + self.priors


def fit_ridge(
    features: csr_array,
    families: NDArray[np.int64],
    count: int,
    tick: Callable[[], None] = lambda: None,
) -> RidgeFit:
    """Fit one-against-rest ridge regression.

    Parameters
    ----------
    features
        float32, shape (n, features).
    families
        int64, shape (n,): the family of each row, 0 to count - 1.
    count
        Number of families.
    tick
        Called now and then; what it raises ends the work.
    """
    n = features.shape[0]
    gram = np.zeros((n, n), dtype=np.float32)
    columns = features.tocsc()
    for start in range(0, features.shape[1], _BLOCK):
        block = columns[:, start : start + _BLOCK].toarray()
        gram += block @ block.T
        tick()
    gram[np.diag_indices(n)] += PENALTY
    inverse = _inverse(gram.astype(np.float64, order="F"))
    priors = np.bincount(families, minlength=count) / n
    targets = np.eye(count)[families] - priors
    dual = inverse @ targets
    weights = np.ascontiguousarray(features.T @ dual, dtype=np.float32)
    return RidgeFit(weights, priors, inverse, dual, targets)


def _inverse(system: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of a positive definite matrix, in its place: there is no room for copies."""
    factor, _ = lapack.dpotrf(system, overwrite_a=True)
    inverse, _ = lapack.dpotri(factor, overwrite_c=True)
    for row in range(len(inverse)):
        inverse[row + 1 :, row] = inverse[row, row + 1 :]
    result: NDArray[np.float64] = inverse
    return result
