"""How likely each of some sequences is the closest relative of a query, by their bases.

Strains differ by a few bases in a thousand, most of which change no protein; so what the encoders
see is too coarse here. A query is compared with each candidate by their words of 13 bases. A
substitution takes up to 13 words away, so the words that one candidate shares and another does not,
divided by 13, say by how many substitutions it is closer. Each substitution counts by how rare
substitutions are between the query and its closest relative.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.proteins import base_codes
from core.sequences.alphabet import reverse_complement

WORD = 13
"""Bases in a word: chance brings one into both of two genes once in fifty pairs or so."""
_MOST_CHANGED = 0.7
"""Share of the bases that differ where sequences have nothing to do with each other, about."""
_BASES = 4


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close candidates are to a query.

    Attributes
    ----------
    chances
        Of each to be the closest relative: float64, shape (n,), they add up to 1. Equal where
        nothing tells them apart.
    identity
        Share of the query's bases that are as in the closest, estimated from the words that they
        share, above 0 and at most 1.
    """

    chances: NDArray[np.float64]
    identity: float


def words(sequence: str) -> NDArray[np.int64]:
    """The distinct words of a sequence as numbers, ascending; those with other letters left out."""
    codes = base_codes(sequence).astype(np.int64)
    count = max(0, codes.size - WORD + 1)
    keys = np.zeros(count, dtype=np.int64)
    readable = np.ones(count, dtype=np.bool_)
    for offset in range(WORD):
        letters = codes[offset : offset + count]
        keys = keys * _BASES + letters
        readable &= letters < _BASES
    return np.unique(keys[readable])


class QueryWords:
    """A query, to be compared with its candidates."""

    def __init__(self, sequence: str) -> None:
        self._strands = (words(sequence), words(reverse_complement(sequence)))

    def shared(self, candidate: NDArray[np.int64]) -> int:
        """How many words a candidate, given by its words, has too, on either strand."""
        return max(
            int(np.isin(strand, candidate, assume_unique=True).sum()) for strand in self._strands
        )

    def closeness(self, shared: Sequence[int]) -> Closeness:
        """How close each candidate is that shares so many words, which are more than none."""
        most, count = max(shared), self._strands[0].size
        # Half a word, that no rate is nought: what was not seen may be there all the same.
        rate = 1 - ((most + 0.5) / (count + 1)) ** (1 / WORD)
        changed = min(max(rate, 1 / (count + WORD + 1)), _MOST_CHANGED)
        of_one = np.log((_BASES - 1) * (1 - changed) / changed)
        chances = np.exp((np.array(shared) - most) / WORD * of_one)
        return Closeness(chances / chances.sum(), float((most / count) ** (1 / WORD)))
