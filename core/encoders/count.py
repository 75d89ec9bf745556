"""The seed's encoder: counts of word 4-grams over the overlapping 4-base words of a sequence."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.arrays import Arrays
from core.encoders.base import Progress
from core.encoders.proteins import BASES
from core.errors import InputError
from core.sequences.alphabet import IUPAC_DNA

WORD = 4
"""Bases in a word."""
GRAM = 4
"""Words in a feature."""
SPAN = WORD + GRAM - 1
"""Bases that a feature spans, as its words overlap."""
FEATURES = 768

_KEY_MASK = (1 << 4 * SPAN) - 1
_BASE_KEY_MASK = (1 << 2 * SPAN) - 1
_LETTER_NUMBERS = np.full(256, 15, dtype=np.uint8)
_LETTER_NUMBERS[np.frombuffer(IUPAC_DNA.encode(), dtype=np.uint8)] = np.arange(15)
_STEP = 1_000


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
        spans = [_letter_numbers(span(feature)) for feature in features]
        keys = np.array([_key(numbers, bits=4) for numbers in spans], dtype=np.int64)
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._of_bases = np.full(4**SPAN, -1, dtype=np.int64)
        for number, numbers in enumerate(spans):
            if numbers.max() < len(BASES):
                self._of_bases[_key(numbers, bits=2)] = number

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = lambda _done: None) -> Self:
        """Choose the commonest features of a reference.

        They are those of scikit-learn's CountVectorizer with as many ``max_features``, also where
        features are equally common; it would hold a matrix of all sequences and features.

        Raises
        ------
        InputError
            If no sequence is long enough to have a feature.
        """
        counts = _count_spans(sequences, progress)
        if not counts:
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The count encoder needs {SPAN} bases or more.")
        spans = sorted(counts)
        if len(spans) > FEATURES:
            # Equally common ones fall as this sort puts them, from the order of the alphabet.
            order = (-np.array([counts[each] for each in spans], dtype=np.int64)).argsort()
            spans = sorted(spans[place] for place in order[:FEATURES].tolist())
        return cls([words(each).lower() for each in spans])

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
        vectors = np.zeros((len(sequences), self.dimension), dtype=np.float32)
        for counts, sequence in zip(vectors, sequences, strict=True):
            letters = np.frombuffer(sequence.encode(), dtype=np.uint8)
            count_features(letters, self._of_bases, self._keys, self._order, counts)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
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


def span(feature: str) -> str:
    """The bases that a word 4-gram spans.

    >>> span("acgt cgta gtac tacg")
    'ACGTACG'
    """
    first, *others = feature.upper().split()
    return first + "".join(word[-1] for word in others)


def _count_spans(sequences: Sequence[str], progress: Progress) -> dict[str, int]:
    """How often each run of seven letters stands in the sequences."""
    of_bases = np.zeros(4**SPAN, dtype=np.int64)
    others: Counter[int] = Counter()
    for done, sequence in enumerate(sequences):
        if done % _STEP == 0:
            progress(done)
        others.update(count_spans(np.frombuffer(sequence.encode(), np.uint8), of_bases).tolist())
    counts = {
        _spelled(key, bits=2): int(of_bases[key]) for key in np.flatnonzero(of_bases).tolist()
    }
    return counts | {_spelled(key, bits=4): count for key, count in others.items()}


@njit(nogil=True, cache=True)
def count_spans(letters: NDArray[np.uint8], of_bases: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the runs of seven letters of a sequence.

    Parameters
    ----------
    letters
        Letters of the sequence, in ASCII.
    of_bases
        Where runs of bases are counted, by their key of 2 bits a base.

    Returns
    -------
    int64, the keys of all other runs, of 4 bits a letter, as they come.
    """
    others = np.empty(letters.size, dtype=np.int64)
    key, base_key, run, count = np.int64(0), np.int64(0), 0, 0
    for place in range(letters.size):
        letter = _LETTER_NUMBERS[letters[place]]
        key = ((key << 4) | letter) & _KEY_MASK
        base_key = ((base_key << 2) | (letter & 3)) & _BASE_KEY_MASK
        run = run + 1 if letter < 4 else 0
        if run >= SPAN:
            of_bases[base_key] += 1
        elif place >= SPAN - 1:
            others[count] = key
            count += 1
    return others[:count]


@njit(nogil=True, cache=True)
def count_features(
    letters: NDArray[np.uint8],
    of_bases: NDArray[np.int64],
    keys: NDArray[np.int64],
    numbers: NDArray[np.int64],
    counts: NDArray[np.float32],
) -> None:
    """Count the features at every position, into `counts`.

    Parameters
    ----------
    letters
        Letters of a sequence, in ASCII.
    of_bases
        Number of the feature that spans seven bases, by their key of 2 bits a base; or -1.
    keys, numbers
        Keys of all features, 4 bits a letter, ascending, and the features' numbers.
    """
    key, base_key, run = np.int64(0), np.int64(0), 0
    for place in range(letters.size):
        letter = _LETTER_NUMBERS[letters[place]]
        key = ((key << 4) | letter) & _KEY_MASK
        base_key = ((base_key << 2) | (letter & 3)) & _BASE_KEY_MASK
        run = run + 1 if letter < 4 else 0
        if run >= SPAN:
            number = of_bases[base_key]
            if number >= 0:
                counts[number] += 1
        elif place >= SPAN - 1:
            found = np.searchsorted(keys, key)
            if found < keys.size and keys[found] == key:
                counts[numbers[found]] += 1


def _letter_numbers(sequence: str) -> NDArray[np.uint8]:
    numbers: NDArray[np.uint8] = _LETTER_NUMBERS[np.frombuffer(sequence.encode(), dtype=np.uint8)]
    return numbers


def _spelled(key: int, bits: int) -> str:
    """The letters of a key."""
    numbers = [(key >> bits * place) & ((1 << bits) - 1) for place in reversed(range(SPAN))]
    return "".join(IUPAC_DNA[number] for number in numbers)


def _key(numbers: NDArray[np.uint8], bits: int) -> int:
    key = 0
    for number in numbers.tolist():
        key = (key << bits) | number
    return key
