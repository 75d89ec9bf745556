"""Evidence for a call: the regions that a query shares with its hits, and their alignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.pairwise import Alignment, build_alignment
from core.alignment.scoring import nucleotide_scheme, protein_scheme
from core.alignment.translations import Reading, read_strands, translate_frames
from core.calls import Call
from core.classification.prediction import Hit
from core.encoders.proteins import encode_bases
from core.encoders.translation import find_longest_orf
from core.library.library import Library

MAX_HITS = 10
MAX_HIT_LETTERS = 3_000
"""Letters of a hit that are aligned; of a longer one, those around the best segment."""
_MARGIN = 200
"""Letters that are aligned beyond the ends that the hit would have without gaps, and beyond the
ends of a segment that is not significant."""
_MIN_SCORE_RATIO = 2.0
"""Another reading is aligned than the one of the call if its score is this many times higher."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A region of a query that a hit shares, without gaps.

    Attributes
    ----------
    start, end
        First and last base on the query as entered, from 1.
    strand, frame
        Reading of the query; the frame is 0 where bases are compared.
    hit
        The hit, with its family and organism.
    hit_start, hit_end
        First and last letter on the hit, from 1.
    bits
        Bit score.
    significant
        Whether its E-value is below :data:`~core.alignment.scoring.MAX_EVALUE`. A segment that is
        not significant is the best one of its hit.
    """

    start: int
    end: int
    strand: str
    frame: int
    hit: Hit
    hit_start: int
    hit_end: int
    bits: float
    significant: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Alignments of a query with the best hits of its call.

    Attributes
    ----------
    alignments
        In the order of the hits; hits without any similarity have none.
    segments
        Of all these hits, in the order of the hits, then by position on the query.
    missing
        Hits that are no longer in the library.
    """

    alignments: tuple[Alignment, ...]
    segments: tuple[Segment, ...]
    missing: tuple[Hit, ...]


def explain(
    library: Library, query: str, call: Call, max_hits: int = MAX_HITS, *, searched: int = 1
) -> Explanation:
    """Align a query with the best hits of its call.

    Residues are aligned if the call has a frame, else bases on both strands.

    Parameters
    ----------
    query
        Its residues: upper-case IUPAC DNA.
    max_hits
        Number of hits to align, the best ones.
    searched
        Number of genes that were searched for hits, which E-values depend on.

    Raises
    ------
    StoreError
        If the residues of the hits cannot be read.
    """
    hits = call.hits[:max_hits]
    residues = library.residues([hit.id for hit in hits])
    return explain_hits(query, call, hits, residues, searched=searched)


def explain_hits(
    query: str,
    call: Call,
    hits: Sequence[Hit],
    residues: Mapping[int, str],
    *,
    searched: int = 1,
) -> Explanation:
    """Align a query with hits as :func:`explain` does.

    Parameters
    ----------
    residues
        DNA of the hits by their ids; hits without one are missing.
    """
    missing = tuple(hit for hit in hits if hit.id not in residues)
    if len(missing) == len(hits):
        return Explanation((), (), missing)
    aligner = _QueryAligner(query, call, searched)
    alignments: list[Alignment] = []
    segments: list[Segment] = []
    for hit in hits:
        if hit.id in residues and (result := aligner.align(hit, residues[hit.id])):
            alignments.append(result[0])
            segments += result[1]
    return Explanation(tuple(alignments), tuple(segments), missing)


class _QueryAligner:
    """All readings of a query, to be aligned with one hit after the other."""

    def __init__(self, query: str, call: Call, searched: int) -> None:
        self._searched = searched
        self._coding = call.frame > 0
        self._scheme = protein_scheme() if self._coding else nucleotide_scheme()
        self._readings = translate_frames(query) if self._coding else read_strands(query)
        # All readings count: each one is another chance of a high score.
        self._letters = sum(reading.codes.size for reading in self._readings)
        self._called = (call.strand, call.frame)

    def align(self, hit: Hit, residues: str) -> tuple[Alignment, list[Segment]] | None:
        """Return the alignment and the segments by position, or None without any similarity."""
        codes = encode_bases(residues)
        reference = find_longest_orf(codes) if self._coding else codes
        min_score = self._scheme.min_significant_score(
            self._letters, reference.size, self._searched
        )
        rows_by_reading = [
            self._scheme.find_segments(reading.codes, reference, min_score)
            for reading in self._readings
        ]
        best_scores = [int(rows[:, 3].max(initial=0)) for rows in rows_by_reading]
        if not any(best_scores):
            return None
        chosen = self._choose_reading(best_scores)
        rows = rows_by_reading[chosen]
        seed = rows[rows[:, 3].argmax()]
        alignment = self._align_around(hit, self._readings[chosen], reference, seed, min_score)
        segments = [
            self._segment(hit, reading, row, min_score)
            for reading, rows in zip(self._readings, rows_by_reading, strict=True)
            for row in rows
            if row[3] >= min(min_score, max(best_scores))
        ]
        return alignment, sorted(segments, key=lambda segment: (segment.start, segment.end))

    def _choose_reading(self, best_scores: Sequence[int]) -> int:
        """Return the index of the reading of the call, unless another one fits far better."""
        best = int(np.argmax(best_scores))
        for index, reading in enumerate(self._readings):
            called = (reading.strand, reading.frame) == self._called
            if called and best_scores[index] * _MIN_SCORE_RATIO >= best_scores[best]:
                return index
        return best

    def _segment(
        self, hit: Hit, reading: Reading, row: NDArray[np.int64], min_score: float
    ) -> Segment:
        first, hit_first, length, score = row.tolist()
        start, end = reading.to_query_positions(first, first + length)
        return Segment(
            start=start,
            end=end,
            strand=reading.strand,
            frame=reading.frame,
            hit=hit,
            hit_start=hit_first + 1,
            hit_end=hit_first + length,
            bits=self._scheme.ungapped.bits(score),
            significant=score >= min_score,
        )

    def _align_around(
        self,
        hit: Hit,
        reading: Reading,
        reference: NDArray[np.uint8],
        seed: NDArray[np.int64],
        min_score: float,
    ) -> Alignment:
        """Return the best local alignment around a segment."""
        first, hit_first, length, seed_score = seed.tolist()
        reach = MAX_HIT_LETTERS // 2 if seed_score >= min_score else length // 2 + _MARGIN
        middle = hit_first + length // 2
        low, high = max(0, middle - reach), min(reference.size, middle + reach)
        start = max(0, first - (hit_first - low) - _MARGIN)
        stop = min(reading.codes.size, first + high - hit_first + _MARGIN)
        query, region = reading.codes[start:stop], reference[low:high]
        path, score = self._scheme.align(query, region)
        return build_alignment(
            hit,
            reading,
            reference,
            self._scheme,
            path=path + np.array([[start], [low]]),
            score=score,
            pairs=self._letters * reference.size * self._searched,
            truncated=region.size < reference.size,
        )
