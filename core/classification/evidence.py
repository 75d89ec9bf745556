"""Evidence of a query's candidates for each family.

Nearest neighbours count by their cosine similarity; without a close one, ungapped alignments with
the candidates and the peptide composition of the query count too.
"""

import numpy as np
from numpy.typing import NDArray

CLEAR_SIMILARITY = 0.15
"""Cosine similarity of the best candidate from which the neighbours alone decide."""

NEIGHBOURS = 10
NEIGHBOUR_POWER = 4
"""A family's evidence is the 4-norm of its similarities among the ten best."""

LAMBDA = 0.318
"""Nats in a half bit of an ungapped BLOSUM62 score (Karlin and Altschul 1990; blastp's value)."""
LENGTH_PENALTY = 0.5
TYPICAL_LENGTH = 300
"""Residues of a typical protein; longer ones reach high scores by chance more easily."""
MIN_NATS = 8.0
"""Nats below which an alignment is no evidence."""
_MAX_NATS = 60.0
_PSEUDO_EVIDENCE = 0.02
_SHORT_QUERY = 50.0


def is_clear(similarities: NDArray[np.float32]) -> bool:
    """Return True if one candidate is so similar that the neighbours alone decide."""
    return bool((similarities >= CLEAR_SIMILARITY).any())


def neighbour_evidence(
    similarities: NDArray[np.float32], families: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return the evidence of the nearest candidates by family, shape (count,).

    Parameters
    ----------
    similarities
        Cosine similarities to the candidates, the best first.
    families
        Family of each candidate, 0 to count - 1.
    """
    powers = similarities[:NEIGHBOURS].astype(np.float64) ** NEIGHBOUR_POWER
    sums = np.bincount(families[:NEIGHBOURS], weights=powers, minlength=count)
    return np.asarray(sums ** (1 / NEIGHBOUR_POWER), dtype=np.float64)


def nats(scores: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Convert alignment scores to nats, corrected for protein length; 0 without an alignment."""
    penalty = LENGTH_PENALTY * np.log(np.maximum(lengths, 1) / TYPICAL_LENGTH)
    return np.where(scores > 0, LAMBDA * scores - penalty, 0.0)


def clear_features(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the features of a query with a close neighbour, shape (families, 2)."""
    return np.stack([np.log(evidence + _PSEUDO_EVIDENCE), evidence], axis=1)


def unclear_features(
    evidence: NDArray[np.float64],
    alignments: NDArray[np.float64],
    families: NDArray[np.int64],
    composition: NDArray[np.float64],
    length: int,
) -> NDArray[np.float64]:
    """Return the features of a query without a close neighbour, shape (families, 3).

    Parameters
    ----------
    evidence, composition
        Neighbour evidence, and score of the peptide composition, by family.
    alignments, families
        Nats of the alignment with each candidate, and its family.
    length
        Length of the query in bp; the composition of a short one is less reliable.
    """
    strengths = np.where(alignments > 0, np.exp(np.minimum(alignments, _MAX_NATS)), 0.0)
    by_family = np.bincount(families, weights=strengths, minlength=evidence.size)
    reliability = min(1.0, np.log(length / _SHORT_QUERY + 1) / 2)
    return np.stack(
        [evidence, composition * reliability, np.log(np.exp(MIN_NATS) + by_family)], axis=1
    )
