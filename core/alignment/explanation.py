"""Evidence for a call: the regions that a query shares with its hits, and their alignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.alignment.pairwise import Alignment, build_alignment
from core.alignment.scoring import nucleotide_scheme, protein_scheme
from core.alignment.translations import Reading, read_strands, translate_frames
from core.calls import Call
from core.classification.prediction import Hit
from core.encoders.proteins import encode_bases
from core.encoders.translation import find_longest_orf

MAX_HITS = 10
MAX_HIT_LETTERS = 3_000
"""Letters of a hit that are aligned; of a longer one, those around the best segment."""
_MARGIN = 200
"""Letters that are aligned beyond the ends that the hit would have without gaps, and beyond the
ends of a segment that is not significant."""
_MIN_SCORE_RATIO = 2.0
"""Another reading is aligned than the one of the call if its score is this many times higher."""


class GeneSource(Protocol):
    """Source of the residues of hits: their library, or a file."""

    def residues(self, ids: Sequence[int], /) -> Mapping[int, str]:
        """Return the residues of those genes that it has, by id."""
        ...


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
        Hits whose residues are lost, as they are no longer in the library.
    """

    alignments: tuple[Alignment, ...]
    segments: tuple[Segment, ...]
    missing: tuple[Hit, ...]


def explain(
    genes: GeneSource, query: str, call: Call, max_hits: int = MAX_HITS, *, searched: int = 1
) -> Explanation:
    """Align a query with the best hits of its call.

    Residues are aligned if the call has a frame, else bases on both strands.

    Parameters
    ----------
    genes
        Where the residues of the hits are.
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
    residues = genes.residues([hit.id for hit in hits])
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
    found = [aligner.compare(hit, residues[hit.id]) for hit in hits if hit.id in residues]
    similar = [match for match in found if match is not None]
    segments = tuple(segment for match in similar for segment in match.segments)
    return Explanation(tuple(aligner.align(similar)), segments, missing)


@dataclass(frozen=True, slots=True)
class _Match:
    """A hit with some similarity, and the regions to align.

    Attributes
    ----------
    reference
        uint8: letters of the hit.
    reading, start, stop
        Index of a reading of the query, and the letters of it to align.
    low, high
        The letters of the reference to align.
    shared
        Segments within the letters to align, as rows; see :mod:`.local`.
    segments
        By position on the query.
    """

    hit: Hit
    reference: NDArray[np.uint8]
    reading: int
    start: int
    stop: int
    low: int
    high: int
    shared: NDArray[np.int64]
    segments: Sequence[Segment]


class _QueryAligner:
    """All readings of a query, to be compared with one hit after the other, then aligned."""

    def __init__(self, query: str, call: Call, searched: int) -> None:
        self._searched = searched
        self._coding = call.frame > 0
        self._scheme = protein_scheme() if self._coding else nucleotide_scheme()
        self._readings = translate_frames(query) if self._coding else read_strands(query)
        # All readings count: each one is another chance of a high score.
        self._letters = sum(reading.codes.size for reading in self._readings)
        self._called = (call.strand, call.frame)

    def compare(self, hit: Hit, residues: str) -> _Match | None:
        """Return the regions of a hit to align, or None without any similarity."""
        codes = encode_bases(residues)
        reference = find_longest_orf(codes) if self._coding else codes
        min_score = self._scheme.min_significant_score(
            self._letters, reference.size, self._searched
        )
        rows_by_reading = self._find_segments(reference, min_score)
        best_scores = [int(rows[:, 3].max(initial=0)) for rows in rows_by_reading]
        if not any(best_scores):
            return None
        chosen = self._choose_reading(best_scores)
        rows = rows_by_reading[chosen]
        seed = rows[rows[:, 3].argmax()]
        segments = [
            self._segment(hit, reading, row, min_score)
            for reading, rows in zip(self._readings, rows_by_reading, strict=True)
            for row in rows
            if row[3] >= min(min_score, max(best_scores))
        ]
        start, stop, low, high = _surroundings(
            seed, self._readings[chosen].codes.size, reference.size, min_score
        )
        return _Match(
            hit,
            reference,
            chosen,
            start,
            stop,
            low,
            high,
            _clip(rows, start, stop, low, high),
            sorted(segments, key=lambda segment: (segment.start, segment.end)),
        )

    def align(self, matches: Sequence[_Match]) -> list[Alignment]:
        """Return the best local alignment of each match.

        Hits that are aligned with the same part of the query are aligned at once, in half the time.
        """
        groups: dict[tuple[int, int, int], list[int]] = {}
        for number, match in enumerate(matches):
            groups.setdefault((match.reading, match.start, match.stop), []).append(number)
        alignments: dict[int, Alignment] = {}
        for (index, start, stop), numbers in groups.items():
            reading = self._readings[index]
            regions = [matches[n].reference[matches[n].low : matches[n].high] for n in numbers]
            shared = [matches[n].shared for n in numbers]
            paths = self._scheme.aligner.align(reading.codes[start:stop], regions, shared)
            for number, (path, score) in zip(numbers, paths, strict=True):
                alignments[number] = self._build(matches[number], reading, path, score)
        return [alignments[number] for number in range(len(matches))]

    def _find_segments(
        self, reference: NDArray[np.uint8], min_score: float
    ) -> list[NDArray[np.int64]]:
        """Return the segments of each reading; thoroughly, if none is significant otherwise."""
        rows_by_reading: list[NDArray[np.int64]] = []
        for thorough in (False, True):
            rows_by_reading = [
                self._scheme.find_segments(reading.codes, reference, min_score, thorough=thorough)
                for reading in self._readings
            ]
            if any((rows[:, 3] >= min_score).any() for rows in rows_by_reading):
                break
        return rows_by_reading

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

    def _build(
        self, match: _Match, reading: Reading, path: NDArray[np.int64], score: float
    ) -> Alignment:
        return build_alignment(
            match.hit,
            reading,
            match.reference,
            self._scheme,
            path=path + np.array([[match.start], [match.low]]),
            score=score,
            pairs=self._letters * match.reference.size * self._searched,
            truncated=match.high - match.low < match.reference.size,
        )


def _surroundings(
    seed: NDArray[np.int64], query_letters: int, hit_letters: int, min_score: float
) -> tuple[int, int, int, int]:
    """Return the letters around a segment to align: start and stop in the query, and in the hit."""
    first, hit_first, length, score = seed.tolist()
    reach = MAX_HIT_LETTERS // 2 if score >= min_score else length // 2 + _MARGIN
    middle = hit_first + length // 2
    low, high = max(0, middle - reach), min(hit_letters, middle + reach)
    start = max(0, first - (hit_first - low) - _MARGIN)
    stop = min(query_letters, first + high - hit_first + _MARGIN)
    return start, stop, low, high


def _clip(rows: NDArray[np.int64], start: int, stop: int, low: int, high: int) -> NDArray[np.int64]:
    """Return what segments have of some letters, with positions in these."""
    clipped = rows - np.array([start, low, 0, 0])
    before = np.maximum(0, -clipped[:, :2].min(axis=1))
    clipped[:, :2] += before[:, None]
    room = np.array([stop - start, high - low]) - clipped[:, :2]
    clipped[:, 2] = np.minimum(clipped[:, 2] - before, room.min(axis=1))
    kept: NDArray[np.int64] = clipped[clipped[:, 2] > 0]
    return kept
