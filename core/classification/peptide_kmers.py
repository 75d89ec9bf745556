"""Peptide k-mers: evidence for a family where no close homolog is known.

K-mers of three residues and of four residue groups, over the same open reading frames as the k-mers
of the encoder; weighting by the square of the frame's length suppresses spurious frames.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from core.arrays import Arrays
from core.encoders.base import concatenate, iter_batches
from core.encoders.kmers import KmerSpec, KmerWeights, weigh_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, make_codon_table
from core.encoders.sparse import SparseRows

_RESIDUE_SPEC = KmerSpec(
    make_codon_table(np.arange(len(RESIDUES), dtype=np.uint8)), 20, 3, length_power=2.0
)
_GROUP_SPEC = KmerSpec(make_codon_table(RESIDUE_GROUPS), len(GROUPS), 4, length_power=2.0)
_RESIDUE_KMERS = len(RESIDUES) ** 3
_GROUP_KMERS = len(GROUPS) ** 4
DIMENSION = _RESIDUE_KMERS + _GROUP_KMERS
"""Length of a feature vector: 8,000 residue k-mers, then 20,736 group k-mers."""
_RANKS = np.arange(_GROUP_KMERS, dtype=np.uint16)
"""Every k-mer has a weight of its own."""


class PeptideKmers:
    """Features of a sequence: weighted k-mers, each kind of Euclidean length one.

    Parameters
    ----------
    weights
        float32, shape (DIMENSION,): inverse document frequencies.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self._weights = weights

    @classmethod
    def fit(cls, sequences: Sequence[str]) -> Self:
        """Fit the inverse document frequency of every k-mer in a reference."""
        counts = np.zeros(DIMENSION)
        unweighted = cls(np.ones(DIMENSION, dtype=np.float32))
        for batch in iter_batches(sequences):
            (residue_kmers, _, _), (group_kmers, _, _) = unweighted._rows(batch)
            counts[:_RESIDUE_KMERS] += np.bincount(residue_kmers, minlength=_RESIDUE_KMERS)
            counts[_RESIDUE_KMERS:] += np.bincount(group_kmers, minlength=_GROUP_KMERS)
        return cls((np.log((1 + len(sequences)) / (1 + counts)) + 1).astype(np.float32))

    def state(self) -> Arrays:
        """Return the fitted weights, under their stored name."""
        return {"word_rarity": self._weights}

    def features(self, sequence: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Return the indices of a sequence's k-mers, ascending, and their weights."""
        row = self.matrix([sequence])
        return row.indices.astype(np.uint32), row.data

    def matrix(self, sequences: Sequence[str]) -> csr_array:
        """Return the features of many sequences: float32, shape (n, DIMENSION)."""
        rows = [
            hstack([_matrix(residue_kmers, _RESIDUE_KMERS), _matrix(group_kmers, _GROUP_KMERS)])
            for residue_kmers, group_kmers in map(self._rows, iter_batches(sequences))
        ]
        features: csr_array = vstack(rows, format="csr")
        return features

    def _rows(self, sequences: Sequence[str]) -> tuple[SparseRows, SparseRows]:
        """Return the weighted k-mers of residues, and those of groups."""
        text, ends = concatenate(sequences)
        residue_weights = KmerWeights(_RANKS, self._weights[:_RESIDUE_KMERS])
        group_weights = KmerWeights(_RANKS, self._weights[_RESIDUE_KMERS:])
        return (
            weigh_kmers(text, ends, _RESIDUE_SPEC, residue_weights),
            weigh_kmers(text, ends, _GROUP_SPEC, group_weights),
        )


def _matrix(rows: SparseRows, columns: int) -> csr_array:
    keys, weights, ends = rows
    return csr_array((weights, keys.astype(np.int32), ends), shape=(ends.size - 1, columns))
