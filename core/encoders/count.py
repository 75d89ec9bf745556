"""The encoder ``count``: 4-grams of the overlapping 4-mers of a sequence, counted."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.arrays import Arrays
from core.encoders.base import FITTING
from core.encoders.proteins import BASES
from core.errors import InputError
from core.progress import Progress, no_progress
from core.sequences.alphabet import IUPAC_DNA

KMER_LENGTH = 4
"""Bases of a k-mer."""
NGRAM_LENGTH = 4
"""K-mers of a feature."""
FEATURE_LENGTH = KMER_LENGTH + NGRAM_LENGTH - 1
"""Bases of a feature, as its k-mers overlap."""
MAX_FEATURES = 768

_KEY_MASK = (1 << 4 * FEATURE_LENGTH) - 1
_BASE_KEY_MASK = (1 << 2 * FEATURE_LENGTH) - 1
_KMER = f"[{IUPAC_DNA.lower()}]{{{KMER_LENGTH}}}"
_FEATURE = re.compile(" ".join([_KMER] * NGRAM_LENGTH))
_LETTER_CODES = np.full(256, 15, dtype=np.uint8)
_LETTER_CODES[np.frombuffer(IUPAC_DNA.encode(), dtype=np.uint8)] = np.arange(15)
_PROGRESS_INTERVAL = 1_000


class CountEncoder:
    """Counts of the 768 most common k-mer 4-grams, scaled to length one.

    This is the encoder of the published demo that GeneKin is based on, whose results it reproduces.

    Parameters
    ----------
    features
        K-mer 4-grams in lower case, in the order of the vector.

    >>> encoder = CountEncoder.fit(["ACGTACGTACGT"])
    >>> encoder.encode(["ACGTACG", "ACGT"]).sum(axis=1).tolist()
    [1.0, 0.0]
    """

    name: ClassVar[str] = "count"

    def __init__(self, features: Sequence[str]) -> None:
        self._features = list(features)
        codes = [_letter_codes(merge_kmers(feature)) for feature in features]
        keys = np.array([_key(window, bits=4) for window in codes], dtype=np.int64)
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._index_by_base_key = np.full(4**FEATURE_LENGTH, -1, dtype=np.int64)
        for index, window in enumerate(codes):
            if window.max() < len(BASES):
                self._index_by_base_key[_key(window, bits=2)] = index

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = no_progress) -> Self:
        """Choose the most common features of a reference.

        They are those of scikit-learn's CountVectorizer with ``max_features``, ties included, but
        without its matrix of all sequences and features.

        Raises
        ------
        InputError
            If no sequence is long enough to have a feature.
        """
        counts = _count_features(sequences, progress)
        if not counts:
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The count encoder needs {FEATURE_LENGTH} bases or more.")
        windows = sorted(counts)
        if len(windows) > MAX_FEATURES:
            # Ties are broken by this sort of the alphabetical order, as in scikit-learn.
            order = (-np.array([counts[window] for window in windows], dtype=np.int64)).argsort()
            windows = sorted(windows[index] for index in order[:MAX_FEATURES].tolist())
        return cls([split_kmers(window).lower() for window in windows])

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """Restore the encoder from its features.

        Raises
        ------
        ValueError
            If they are not features.
        """
        if set(arrays) != {"features"} or not _are_features(arrays["features"]):
            message = "not the features of an encoder"
            raise ValueError(message)
        return cls(arrays["features"].tolist())

    def state(self) -> Arrays:
        """Return the features, as an array of strings in the order of the vector."""
        return {"features": np.array(self._features)}

    @property
    def dimension(self) -> int:
        """Number of features: 768, or fewer if the reference has fewer."""
        return len(self._features)

    @classmethod
    def vector_bytes(cls, lengths: NDArray[np.int64]) -> int:
        """Return the maximum size of the stored vectors of sequences of these lengths."""
        return lengths.size * MAX_FEATURES * np.dtype(np.float32).itemsize

    @classmethod
    def state_bytes(cls, bases: int) -> int:
        """Return the maximum size of the state fitted to so many bases."""
        return min(bases, MAX_FEATURES) * len(split_kmers("A" * FEATURE_LENGTH)) * 4

    def encode(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Count the features of sequences.

        Returns
        -------
        float32, shape (n, dimension), each row of Euclidean length one, or zero without features.
        """
        vectors = np.zeros((len(sequences), self.dimension), dtype=np.float32)
        for counts, sequence in zip(vectors, sequences, strict=True):
            letters = np.frombuffer(sequence.encode(), dtype=np.uint8)
            count_features(letters, self._index_by_base_key, self._keys, self._order, counts)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def encode_queries(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Encode queries exactly as :meth:`encode` encodes references."""
        return self.encode(sequences)


def split_kmers(sequence: str) -> str:
    """Return the overlapping 4-mers of a sequence, separated by spaces.

    >>> split_kmers("ACGTA")
    'ACGT CGTA'
    """
    starts = range(len(sequence) - KMER_LENGTH + 1)
    return " ".join(sequence[start : start + KMER_LENGTH] for start in starts)


def merge_kmers(feature: str) -> str:
    """Return the bases that a k-mer 4-gram spans, in upper case.

    >>> merge_kmers("acgt cgta gtac tacg")
    'ACGTACG'
    """
    first, *others = feature.upper().split()
    return first + "".join(kmer[-1] for kmer in others)


def _are_features(features: NDArray[Any]) -> bool:
    if features.dtype.kind != "U" or features.ndim != 1 or not 0 < features.size <= MAX_FEATURES:
        return False
    names = features.tolist()
    return len(set(names)) == len(names) and all(map(_is_feature, names))


def _is_feature(feature: str) -> bool:
    """Return True for a run of k-mers, each one base further on."""
    overlaps = (kmer[1:] == following[:-1] for kmer, following in pairwise(feature.split(" ")))
    return bool(_FEATURE.fullmatch(feature)) and all(overlaps)


def _count_features(sequences: Sequence[str], progress: Progress) -> dict[str, int]:
    """Count every window of seven letters in the sequences."""
    base_counts = np.zeros(4**FEATURE_LENGTH, dtype=np.int64)
    ambiguous_counts: Counter[int] = Counter()
    for done, sequence in enumerate(sequences):
        if done % _PROGRESS_INTERVAL == 0:
            progress(FITTING, done, len(sequences))
        letters = np.frombuffer(sequence.encode(), np.uint8)
        ambiguous_counts.update(count_windows(letters, base_counts).tolist())
    counts = {
        _spell(key, bits=2): int(base_counts[key]) for key in np.flatnonzero(base_counts).tolist()
    }
    return counts | {_spell(key, bits=4): count for key, count in ambiguous_counts.items()}


@njit(nogil=True, cache=True)
def count_windows(letters: NDArray[np.uint8], base_counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the windows of seven letters of a sequence.

    Parameters
    ----------
    letters
        Letters of the sequence, in ASCII.
    base_counts
        int64, shape (4**7,): increased by the windows without ambiguity codes, indexed by their
        key of 2 bits a base.

    Returns
    -------
    int64, the keys of all other windows, of 4 bits a letter, in order of position.
    """
    ambiguous_keys = np.empty(letters.size, dtype=np.int64)
    key, base_key, n_bases, count = np.int64(0), np.int64(0), 0, 0
    for index in range(letters.size):
        code = _LETTER_CODES[letters[index]]
        key = ((key << 4) | code) & _KEY_MASK
        base_key = ((base_key << 2) | (code & 3)) & _BASE_KEY_MASK
        n_bases = n_bases + 1 if code < 4 else 0
        if n_bases >= FEATURE_LENGTH:
            base_counts[base_key] += 1
        elif index >= FEATURE_LENGTH - 1:
            ambiguous_keys[count] = key
            count += 1
    return ambiguous_keys[:count]


@njit(nogil=True, cache=True)
def count_features(
    letters: NDArray[np.uint8],
    index_by_base_key: NDArray[np.int64],
    keys: NDArray[np.int64],
    order: NDArray[np.int64],
    counts: NDArray[np.float32],
) -> None:
    """Count the features at all positions of a sequence.

    Parameters
    ----------
    letters
        Letters of the sequence, in ASCII.
    index_by_base_key
        int64, shape (4**7,): index of the feature with a key of 2 bits a base, or -1.
    keys, order
        Keys of all features, of 4 bits a letter, ascending, and the index of each.
    counts
        float32, shape (features,): increased by the counts.
    """
    key, base_key, n_bases = np.int64(0), np.int64(0), 0
    for index in range(letters.size):
        code = _LETTER_CODES[letters[index]]
        key = ((key << 4) | code) & _KEY_MASK
        base_key = ((base_key << 2) | (code & 3)) & _BASE_KEY_MASK
        n_bases = n_bases + 1 if code < 4 else 0
        if n_bases >= FEATURE_LENGTH:
            feature = index_by_base_key[base_key]
            if feature >= 0:
                counts[feature] += 1
        elif index >= FEATURE_LENGTH - 1:
            rank = np.searchsorted(keys, key)
            if rank < keys.size and keys[rank] == key:
                counts[order[rank]] += 1


def _letter_codes(sequence: str) -> NDArray[np.uint8]:
    codes: NDArray[np.uint8] = _LETTER_CODES[np.frombuffer(sequence.encode(), dtype=np.uint8)]
    return codes


def _spell(key: int, bits: int) -> str:
    """Return the letters of a key."""
    mask = (1 << bits) - 1
    codes = [(key >> bits * index) & mask for index in reversed(range(FEATURE_LENGTH))]
    return "".join(IUPAC_DNA[code] for code in codes)


def _key(codes: NDArray[np.uint8], bits: int) -> int:
    key = 0
    for code in codes.tolist():
        key = (key << bits) | code
    return key
