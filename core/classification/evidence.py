"""What the candidates of a query say for each family.

Two kinds of it: how close the nearest candidates are (inner products of profiles), and, where
none is close, how well the query aligns with them.
"""

import numpy as np
from numpy.typing import NDArray

CLEAR = 0.15
"""Inner product of the best candidate from which on the neighbours alone decide."""

NEIGHBOURS = 10
NEIGHBOUR_POWER = 4
"""A family's evidence is the 4-norm of its inner products among the ten best."""

LAMBDA = 0.318
"""Nats in a half bit of an ungapped BLOSUM62 score (Karlin and Altschul 1990; blastp's value)."""
LENGTH_PENALTY = 0.5
USUAL_LENGTH = 300
"""Residues of a usual protein: a longer one finds good segments by chance more easily."""
FLOOR = 8.0
"""Nats below which an alignment says nothing."""
_STRONGEST = 60.0
_FAINT = 0.02
_SHORT_QUERY = 50.0


def neighbour_evidence(
    cosines: NDArray[np.float32], families: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Evidence of the nearest candidates by family, shape (count,).

    Parameters
    ----------
    cosines
        Inner products with the candidates, the best first.
    families
        Family of each candidate, 0 to count - 1.
    """
    powers = cosines[:NEIGHBOURS].astype(np.float64) ** NEIGHBOUR_POWER
    sums = np.bincount(families[:NEIGHBOURS], weights=powers, minlength=count)
    return np.asarray(sums ** (1 / NEIGHBOUR_POWER), dtype=np.float64)


def nats(scores: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Strength of alignments with proteins of so many residues; 0 where nothing aligns."""
    penalty = LENGTH_PENALTY * np.log(np.maximum(lengths, 1) / USUAL_LENGTH)
    return np.where(scores > 0, LAMBDA * scores - penalty, 0.0)


def clear_features(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Features of a query that has a close neighbour: shape (families, 2)."""
    return np.stack([np.log(evidence + _FAINT), evidence], axis=1)


def unclear_features(
    evidence: NDArray[np.float64],
    alignments: NDArray[np.float64],
    families: NDArray[np.int64],
    composition: NDArray[np.float64],
    length: int,
) -> NDArray[np.float64]:
    """Features of a query that has none: shape (families, 3).

    Parameters
    ----------
    evidence, composition
        Neighbour evidence, and what the short words say, by family.
    alignments, families
        Nats of the alignment with each candidate, and its family.
    length
        Bases of the query: of a short one the composition says less.
    """
    strengths = np.where(alignments > 0, np.exp(np.minimum(alignments, _STRONGEST)), 0.0)
    together = np.exp(FLOOR) + np.bincount(families, weights=strengths, minlength=evidence.size)
    trust = min(1.0, np.log(length / _SHORT_QUERY + 1) / 2)
    return np.stack(
        [
            evidence,
            composition * trust,
            np.log(together),
        ],
        axis=1,
    )
