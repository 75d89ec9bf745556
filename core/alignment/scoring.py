"""Scoring schemes: for residues as in blastp, for bases as in blastn."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from Bio.Align import PairwiseAligner
from Bio.Align.substitution_matrices import Array
from numpy.typing import NDArray

from core.alignment.seeds import find_segments
from core.encoders.proteins import BASES, BLOSUM62, RESIDUES

GAP = "-"
MAX_EVALUE = 0.01
"""Expected number of chance segments of the same score, below which a segment is significant."""

_MANY_PAIRS = 10_000_000
"""Pairs of letters above which words are one letter longer, to limit the time."""
_MATCH, _MISMATCH = 2.0, -3.0


@dataclass(frozen=True, eq=False)
class ScoringScheme:
    """Scores of letters and gaps, and the statistics of ungapped segments.

    Attributes
    ----------
    alphabet
        The letters, by their numbers; the first `n_letters` are unambiguous.
    word_size
        Letters of the words from which segments are extended.
    scores
        float32, shape (letters, letters): score of each letter against each other.
    karlin_lambda, karlin_k
        Parameters of Karlin and Altschul (1990), lambda in nats, of ungapped segments.
    gap_open, gap_extend
        Scores of the first letter of a gap and of every further one.
    """

    alphabet: str
    n_letters: int
    word_size: int
    scores: NDArray[np.float32]
    karlin_lambda: float
    karlin_k: float
    gap_open: float
    gap_extend: float

    def decode(self, codes: NDArray[np.uint8]) -> str:
        """Return the letters of numbers, uint8."""
        return np.frombuffer(self.alphabet.encode(), dtype=np.uint8)[codes].tobytes().decode()

    def min_significant_score(self, query_letters: int, hit_letters: int) -> float:
        """Return the score that is significant between a query and a hit of these lengths."""
        pairs = max(1, query_letters) * max(1, hit_letters)
        return math.log(self.karlin_k * pairs / MAX_EVALUE) / self.karlin_lambda

    def find_segments(
        self, query: NDArray[np.uint8], reference: NDArray[np.uint8], min_score: float
    ) -> NDArray[np.int64]:
        """Find the ungapped segments of a minimum score, or the best one; see :mod:`.seeds`."""
        word_size = self.word_size + (query.size * reference.size > _MANY_PAIRS)
        return find_segments(query, reference, self.scores, self.n_letters, word_size, min_score)

    def bit_score(self, score: float) -> float:
        """Return a score in bits, which are comparable between schemes."""
        return (self.karlin_lambda * score - math.log(self.karlin_k)) / math.log(2)

    def is_match(self, one: str, other: str) -> bool:
        """Return whether the letters of a column are the same and unambiguous."""
        return one == other and self.alphabet.index(one) < self.n_letters

    def match_symbol(self, one: str, other: str) -> str:
        """Return the midline of a column: the letter of a match, ``+`` if similar, or a blank."""
        if self.is_match(one, other):
            return one
        if GAP in {one, other}:
            return " "
        score = self.scores[self.alphabet.index(one), self.alphabet.index(other)]
        return "+" if score > 0 else " "

    def create_aligner(self) -> PairwiseAligner:
        """Return Biopython's aligner for local alignments with affine gaps."""
        aligner = PairwiseAligner()  # type: ignore[no-untyped-call]
        aligner.mode = "local"
        aligner.substitution_matrix = Array(  # type: ignore[no-untyped-call]
            alphabet=self.alphabet, dims=2, data=self.scores.astype(np.float64)
        )
        aligner.open_gap_score = self.gap_open
        aligner.extend_gap_score = self.gap_extend
        return aligner


@cache
def protein_scheme() -> ScoringScheme:
    """Return the scheme of blastp: BLOSUM62, gaps 11 and 1; a stop may be passed, at a cost."""
    return ScoringScheme(
        alphabet=f"{RESIDUES}X*",
        n_letters=len(RESIDUES),
        word_size=2,
        scores=BLOSUM62,
        karlin_lambda=0.318,
        karlin_k=0.134,
        gap_open=-12.0,
        gap_extend=-1.0,
    )


@cache
def nucleotide_scheme() -> ScoringScheme:
    """Return the scheme of blastn: +2 and -3, gaps 5 and 2; an ambiguity code scores 0."""
    scores = np.full((len(BASES) + 1, len(BASES) + 1), _MISMATCH, dtype=np.float32)
    np.fill_diagonal(scores, _MATCH)
    scores[-1, :] = scores[:, -1] = 0
    return ScoringScheme(
        alphabet=f"{BASES}N",
        n_letters=len(BASES),
        word_size=8,
        scores=scores,
        karlin_lambda=0.634,
        karlin_k=0.408,
        gap_open=-7.0,
        gap_extend=-2.0,
    )
