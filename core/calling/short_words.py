"""Short words of proteins: what says something where no relative is near.

Words of three residues and of four residue groups, over the same open stretches as the k-mers of
the encoder; the square of the stretch weight keeps chance stretches out.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Arrays
from core.encoders.kernels import weighted_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, RESIDUES, base_codes

_LETTERS = np.arange(len(RESIDUES), dtype=np.uint8)
_RESIDUE_WORDS = len(RESIDUES) ** 3
_GROUP_WORDS = len(GROUPS) ** 4
DIMENSION = _RESIDUE_WORDS + _GROUP_WORDS
"""Length of a feature vector: 8,000 residue words, then 20,736 group words."""
_STRETCH_POWER = 2.0


class ShortWords:
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
        for sequence in sequences:
            keys, _ = _words(sequence)
            counts[keys] += 1
        return cls((np.log((1 + len(sequences)) / (1 + counts)) + 1).astype(np.float32))

    def state(self) -> Arrays:
        """What it learned."""
        return {"word_rarity": self._rarity}

    def features(self, sequence: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Numbers of the words of a sequence, ascending, and their weights."""
        keys, weights = _words(sequence)
        weights = weights * self._rarity[keys]
        border = int(np.searchsorted(keys, _RESIDUE_WORDS))
        for kind in (slice(border), slice(border, None)):
            length = np.linalg.norm(weights[kind])
            if length:
                weights[kind] /= length
        return keys, weights

    def matrix(self, sequences: Sequence[str]) -> csr_array:
        """Features of many sequences: float32, shape (n, DIMENSION)."""
        rows = [self.features(sequence) for sequence in sequences]
        ends = np.cumsum([0, *(keys.size for keys, _ in rows)])
        keys = np.concatenate([keys for keys, _ in rows]).astype(np.int32)
        weights = np.concatenate([weights for _, weights in rows])
        return csr_array((weights, keys, ends), shape=(len(rows), DIMENSION))


def _words(sequence: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    codes = base_codes(sequence)
    residues, residue_weights = weighted_kmers(codes, _LETTERS, len(RESIDUES), 3, _STRETCH_POWER)
    groups, group_weights = weighted_kmers(codes, RESIDUE_GROUPS, len(GROUPS), 4, _STRETCH_POWER)
    keys = np.concatenate([residues, groups + np.uint32(_RESIDUE_WORDS)])
    return keys, np.concatenate([residue_weights, group_weights])
