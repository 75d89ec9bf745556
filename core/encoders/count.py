"""The seed's encoder: counts of word 4-grams over the overlapping 4-base words of a sequence."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from core.arrays import Arrays
from core.errors import InputError

WORD = 4
"""Bases in a word."""
GRAM = 4
"""Words in a feature; as the words overlap, a feature spans WORD + GRAM - 1 = 7 bases."""
FEATURES = 768


class CountEncoder:
    """4-base words at every position; the 768 commonest word 4-grams; length one.

    Exactly the encoder of the published demo that GeneKin began as, whose figures it reproduces.

    >>> encoder = CountEncoder.fit(["ACGTACGTACGT"])
    >>> encoder.encode(["ACGTACG", "ACGT"]).sum(axis=1).tolist()
    [1.0, 0.0]
    """

    name: ClassVar[str] = "count"

    def __init__(self, features: Sequence[str]) -> None:
        self._features = list(features)
        self._vectorizer = CountVectorizer(
            ngram_range=(GRAM, GRAM), vocabulary=self._features, dtype=np.float32
        )

    @classmethod
    def fit(cls, sequences: Sequence[str]) -> Self:
        """Choose the commonest features of a reference.

        Raises
        ------
        InputError
            If no sequence is long enough to have a feature.
        """
        if all(len(sequence) < WORD + GRAM - 1 for sequence in sequences):
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The count encoder needs {WORD + GRAM - 1} bases or more.")
        vectorizer = CountVectorizer(ngram_range=(GRAM, GRAM), max_features=FEATURES)
        vectorizer.fit(words(sequence) for sequence in sequences)
        return cls(vectorizer.get_feature_names_out().tolist())

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """The encoder with these features."""
        return cls(arrays["features"].tolist())

    def state(self) -> Arrays:
        """The features, as an array of strings in the order of the vector."""
        return {"features": np.array(self._features)}

    @property
    def dimension(self) -> int:
        """Number of features: 768, or fewer where the reference has not so many."""
        return len(self._features)

    def encode(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Feature counts of shape (n, dimension), each row of Euclidean length one or zero."""
        if not sequences:
            return np.zeros((0, self.dimension), dtype=np.float32)
        counts = self._vectorizer.transform(words(sequence) for sequence in sequences)
        vectors: NDArray[np.float32] = normalize(counts).toarray()
        return vectors

    def encode_queries(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """As :meth:`encode`: queries and references are alike."""
        return self.encode(sequences)


def words(sequence: str) -> str:
    """The 4-base words of a sequence at every position, joined by spaces.

    >>> words("ACGTA")
    'ACGT CGTA'
    """
    return " ".join(sequence[start : start + WORD] for start in range(len(sequence) - WORD + 1))
