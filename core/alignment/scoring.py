"""Scoring schemes: for residues as in blastp, for bases as in blastn.

References
----------
Karlin S, Altschul SF (1990), Methods for assessing the statistical significance of molecular
sequence features by using general scoring schemes. PNAS 87:2264-2268.
The parameters are those that NCBI BLAST+ prints for these schemes (blast_stat.c).
"""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from core.alignment.local import LocalAligner
from core.alignment.seeds import WINDOW, find_segments
from core.encoders.proteins import BASES, BLOSUM62, RESIDUES

GAP = "-"
MAX_EVALUE = 0.01
"""E-value below which a segment or an alignment is significant."""

_MANY_PAIRS = 10_000_000
"""Pairs of letters above which words are one letter longer, to limit the time."""
_MATCH, _MISMATCH = 2.0, -3.0


@dataclass(frozen=True, slots=True)
class ScoreStatistics:
    """Distribution of the scores that local alignments of unrelated sequences reach.

    Attributes
    ----------
    decay
        Lambda of Karlin and Altschul (1990), in nats.
    scale
        Their K.
    """

    decay: float
    scale: float

    def bits(self, score: float) -> float:
        """Return a score in bits, which are comparable between schemes."""
        return (self.decay * score - math.log(self.scale)) / math.log(2)

    def evalue(self, score: float, pairs: float) -> float:
        """Return the number of alignments of this score that chance brings.

        Parameters
        ----------
        pairs
            Letters of the query times letters that it is compared with. Both in full, without
            BLAST's correction for ends, which would make the E-value smaller.
        """
        return self.scale * pairs * math.exp(-self.decay * score)

    def min_score(self, evalue: float, pairs: float) -> float:
        """Return the score of an E-value."""
        return math.log(self.scale * pairs / evalue) / self.decay


@dataclass(frozen=True, eq=False)
class ScoringScheme:
    """Scores of letters and gaps, and the statistics of alignments.

    Attributes
    ----------
    alphabet
        The letters, by their numbers; the first `n_letters` are unambiguous.
    word_size
        Letters of the words from which segments are extended.
    scores
        float32, shape (letters, letters): score of each letter against each other.
    ungapped, gapped
        Statistics of segments, and of alignments with gaps.
    gap_open, gap_extend
        Scores of the first letter of a gap and of every further one.
    """

    alphabet: str
    n_letters: int
    word_size: int
    scores: NDArray[np.float32]
    ungapped: ScoreStatistics
    gapped: ScoreStatistics
    gap_open: float
    gap_extend: float

    def decode(self, codes: NDArray[np.uint8]) -> str:
        """Return the letters of numbers, uint8."""
        return np.frombuffer(self.alphabet.encode(), dtype=np.uint8)[codes].tobytes().decode()

    def min_significant_score(
        self, query_letters: int, hit_letters: int, searched: int = 1
    ) -> float:
        """Return the score from which a segment of a query and a hit is significant.

        Parameters
        ----------
        searched
            Number of genes among which the hit was found.
        """
        pairs = max(1, query_letters) * max(1, hit_letters) * searched
        return self.ungapped.min_score(MAX_EVALUE, pairs)

    def find_segments(
        self,
        query: NDArray[np.uint8],
        reference: NDArray[np.uint8],
        min_score: float,
        *,
        thorough: bool = True,
    ) -> NDArray[np.int64]:
        """Find the ungapped segments of a minimum score, or the best one; see :mod:`.seeds`.

        Parameters
        ----------
        thorough
            Whether to extend single words, too, which takes several times as long.
        """
        word_size = self.word_size + (query.size * reference.size > _MANY_PAIRS)
        window = 0 if thorough else WINDOW
        return find_segments(
            query, reference, self.scores, self.n_letters, word_size, min_score, window
        )

    def midline(self, query: str, reference: str) -> str:
        """Return the midline of columns: the letter of a match, ``+`` if similar, or a blank.

        A match is of two letters that are the same and unambiguous.

        Parameters
        ----------
        query, reference
            Letters and gaps of each column, of the same length.
        """
        first, other = (np.frombuffer(line.encode(), np.uint8) for line in (query, reference))
        return self._symbols[first, other].tobytes().decode()

    @cached_property
    def _symbols(self) -> NDArray[np.uint8]:
        """uint8, shape (128, 128): symbol of the midline, by two characters of ASCII."""
        symbols = np.full((128, 128), ord(" "), dtype=np.uint8)
        letters = np.frombuffer(self.alphabet.encode(), np.uint8)
        pairs = np.ix_(letters, letters)
        symbols[pairs] = np.where(self.scores > 0, ord("+"), ord(" "))
        unambiguous = letters[: self.n_letters]
        symbols[unambiguous, unambiguous] = unambiguous
        return symbols

    @cached_property
    def aligner(self) -> LocalAligner:
        """The aligner by these scores; its gaps are affine."""
        return LocalAligner(self.scores, self.gap_open, self.gap_extend)


@cache
def protein_scheme() -> ScoringScheme:
    """Return the scheme of blastp: BLOSUM62, gaps 11 and 1; a stop may be passed, at a cost."""
    return ScoringScheme(
        alphabet=f"{RESIDUES}X*",
        n_letters=len(RESIDUES),
        word_size=2,
        scores=BLOSUM62,
        ungapped=ScoreStatistics(0.318, 0.134),
        gapped=ScoreStatistics(0.267, 0.041),
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
        ungapped=ScoreStatistics(0.634, 0.408),
        gapped=ScoreStatistics(0.625, 0.41),
        gap_open=-7.0,
        gap_extend=-2.0,
    )
