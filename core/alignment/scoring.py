"""How letters are compared: residues of proteins, or bases."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from Bio.Align import PairwiseAligner
from Bio.Align.substitution_matrices import Array
from numpy.typing import NDArray

from core.alignment.seeds import segments
from core.encoders.proteins import BASES, BLOSUM62, RESIDUES

GAP = "-"
CHANCE = 0.01
"""Segments that chance brings less often than this in a comparison are evidence."""

_MANY_PAIRS = 10_000_000
"""Pairs of letters from which on words are one letter longer, so that it still takes no time."""
_MATCH, _MISMATCH = 2.0, -3.0


@dataclass(frozen=True, eq=False)
class Scheme:
    """A way to score alignments.

    Attributes
    ----------
    alphabet
        The letters, by their numbers; words hold the first `letters` of them.
    word
        Letters of the words from which segments are found.
    scores
        Of each letter against each other, float32.
    rate, factor
        Karlin and Altschul's lambda, in nats, and K, of ungapped segments.
    gap_open, gap_extend
        Scores of the first letter of a gap and of every further one.
    """

    alphabet: str
    letters: int
    word: int
    scores: NDArray[np.float32]
    rate: float
    factor: float
    gap_open: float
    gap_extend: float

    def text(self, codes: NDArray[np.uint8]) -> str:
        """Numbers as letters."""
        return np.frombuffer(self.alphabet.encode(), dtype=np.uint8)[codes].tobytes().decode()

    def least(self, query: int, reference: int) -> float:
        """The score that is beyond chance between a query and a reference of so many letters."""
        pairs = max(1, query) * max(1, reference)
        return math.log(self.factor * pairs / CHANCE) / self.rate

    def segments(
        self, query: NDArray[np.uint8], reference: NDArray[np.uint8], least: float
    ) -> NDArray[np.int64]:
        """Ungapped segments of that score, or the best one there is; see :mod:`.seeds`."""
        word = self.word + (query.size * reference.size > _MANY_PAIRS)
        return segments(query, reference, self.scores, self.letters, word, least)

    def bits(self, score: float) -> float:
        """A score in bits, which does not depend on the scheme."""
        return (self.rate * score - math.log(self.factor)) / math.log(2)

    def same(self, one: str, other: str) -> bool:
        """Whether both letters of a column are the same, and can be read."""
        return one == other and self.alphabet.index(one) < self.letters

    def mark(self, one: str, other: str) -> str:
        """What stands between the letters of a column: the letter itself, ``+``, or a blank."""
        if self.same(one, other):
            return one
        if GAP in {one, other}:
            return " "
        score = self.scores[self.alphabet.index(one), self.alphabet.index(other)]
        return "+" if score > 0 else " "

    def aligner(self) -> PairwiseAligner:
        """Biopython's aligner for local alignments with affine gaps."""
        aligner = PairwiseAligner()  # type: ignore[no-untyped-call]
        aligner.mode = "local"
        aligner.substitution_matrix = Array(  # type: ignore[no-untyped-call]
            alphabet=self.alphabet, dims=2, data=self.scores.astype(np.float64)
        )
        aligner.open_gap_score = self.gap_open
        aligner.extend_gap_score = self.gap_extend
        return aligner


@cache
def proteins() -> Scheme:
    """As blastp: BLOSUM62, gaps 11 and 1; a stop may be passed, at a cost."""
    return Scheme(f"{RESIDUES}X*", len(RESIDUES), 2, BLOSUM62, 0.318, 0.134, -12.0, -1.0)


@cache
def nucleotides() -> Scheme:
    """As blastn: +2 and -3, gaps 5 and 2; an ambiguity code neither matches nor mismatches."""
    scores = np.full((len(BASES) + 1, len(BASES) + 1), _MISMATCH, dtype=np.float32)
    np.fill_diagonal(scores, _MATCH)
    scores[-1, :] = scores[:, -1] = 0
    return Scheme(f"{BASES}N", len(BASES), 8, scores, 0.634, 0.408, -7.0, -2.0)
