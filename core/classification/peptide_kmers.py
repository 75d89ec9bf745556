"""Short words of proteins: what says something where no relative is near.

Words of three residues and of four residue groups, over the same open stretches as the k-mers of
the encoder; the square of the stretch weight keeps chance stretches out.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from core.arrays import Arrays
from core.encoders.base import batches, joined
from core.encoders.kmers import KmerSpec, KmerWeights, weighted_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, codon_letters
from core.encoders.sparse import Rows

_RESIDUE_KIND = KmerSpec(codon_letters(np.arange(len(RESIDUES), dtype=np.uint8)), 20, 3, power=2.0)
_GROUP_KIND = KmerSpec(codon_letters(RESIDUE_GROUPS), len(GROUPS), 4, power=2.0)
_RESIDUE_WORDS = len(RESIDUES) ** 3
_GROUP_WORDS = len(GROUPS) ** 4
DIMENSION = _RESIDUE_WORDS + _GROUP_WORDS
"""Length of a feature vector: 8,000 residue words, then 20,736 group words."""
_RANKS = np.arange(_GROUP_WORDS, dtype=np.uint16)
"""Each word has a rarity of its own."""


class PeptideKmers:
    """Features of a sequence: weighted short words, each kind of Euclidean length one.

    Parameters
    ----------
    rarity
        float32, shape (DIMENSION,): inverse document frequencies.
    """

    def __init__(self, rarity: NDArray[np.float32]) -> None:
        self._rarity = rarity

    @classmethod
    def fit(cls, sequences: Sequence[str]) -> Self:
        """Learn how rare each word is in a reference."""
        counts = np.zeros(DIMENSION)
        unknown = cls(np.ones(DIMENSION, dtype=np.float32))
        for batch in batches(sequences):
            (residue_words, _, _), (group_words, _, _) = unknown._kinds(batch)
            counts[:_RESIDUE_WORDS] += np.bincount(residue_words, minlength=_RESIDUE_WORDS)
            counts[_RESIDUE_WORDS:] += np.bincount(group_words, minlength=_GROUP_WORDS)
        return cls((np.log((1 + len(sequences)) / (1 + counts)) + 1).astype(np.float32))

    def state(self) -> Arrays:
        """What it learned."""
        return {"word_rarity": self._rarity}

    def features(self, sequence: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Numbers of the words of a sequence, ascending, and their weights."""
        row = self.matrix([sequence])
        return row.indices.astype(np.uint32), row.data

    def matrix(self, sequences: Sequence[str]) -> csr_array:
        """Features of many sequences: float32, shape (n, DIMENSION)."""
        rows = [
            hstack([_matrix(residue_words, _RESIDUE_WORDS), _matrix(group_words, _GROUP_WORDS)])
            for residue_words, group_words in map(self._kinds, batches(sequences))
        ]
        found: csr_array = vstack(rows, format="csr")
        return found

    def _kinds(self, sequences: Sequence[str]) -> tuple[Rows, Rows]:
        """Words of residues, and of groups."""
        text, ends = joined(sequences)
        residues = KmerWeights(_RANKS, self._rarity[:_RESIDUE_WORDS])
        groups = KmerWeights(_RANKS, self._rarity[_RESIDUE_WORDS:])
        return (
            weighted_kmers(text, ends, _RESIDUE_KIND, residues),
            weighted_kmers(text, ends, _GROUP_KIND, groups),
        )


def _matrix(rows: Rows, words: int) -> csr_array:
    keys, weights, ends = rows
    return csr_array((weights, keys.astype(np.int32), ends), shape=(ends.size - 1, words))
