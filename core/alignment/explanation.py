"""Where on a query the evidence for its call lies: what it shares with its hits, and how well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.alignment.pairwise import Alignment, aligned
from core.alignment.scoring import nucleotides, proteins
from core.alignment.translations import Reading, strands, translations
from core.classification.votes import Hit
from core.classify import Call
from core.encoders.proteins import base_codes
from core.encoders.translation import longest_orf
from core.library.library import Library

MOST_HITS = 10
LONGEST = 3_000
"""Letters of a hit that are aligned; of a longer one, those around the best segment."""
_MARGIN = 200
"""Letters that are aligned beyond where the ends of the hit would lie without gaps; and beyond the
ends of a segment that chance may have brought."""
_CLEARLY_BETTER = 2.0
"""How many times better another reading must fit a hit than the one that was called."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a query that a hit has too, without gaps.

    Attributes
    ----------
    start, end
        First and last base on the query as given, from 1.
    strand, frame
        How it is read; the frame is 0 where bases are compared.
    of
        The hit, with its family and organism.
    hit_start, hit_end
        First and last letter on the hit, from 1.
    bits
        How strong it is: one bit more is half as likely by chance.
    beyond_chance
        Whether chance brings so strong a one in less than one comparison of a hundred. A segment
        that is not is shown where it is the best one that a hit has.
    """

    start: int
    end: int
    strand: str
    frame: int
    of: Hit
    hit_start: int
    hit_end: int
    bits: float
    beyond_chance: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a call's best hits have in common with its query.

    Attributes
    ----------
    alignments
        One a hit, the best hit first; none of a hit with which nothing aligns.
    segments
        Of all these hits, in the order of the hits, then from the start of the query on.
    missing
        Hits that are not in the library any more.
    """

    alignments: tuple[Alignment, ...]
    segments: tuple[Segment, ...]
    missing: tuple[Hit, ...]


def explain(library: Library, query: str, call: Call, most: int = MOST_HITS) -> Explanation:
    """Align a query with the best hits of its call.

    Proteins are aligned where the call has a frame, else bases on both strands.

    Parameters
    ----------
    query
        Its residues: IUPAC DNA, upper case.
    most
        Hits to align, the best ones.

    Raises
    ------
    StoreError
        If the residues of the hits cannot be read.
    """
    hits = call.hits[:most]
    residues = library.residues([hit.id for hit in hits])
    return explain_by(query, call, hits, residues)


def explain_by(
    query: str, call: Call, hits: Sequence[Hit], residues: Mapping[int, str]
) -> Explanation:
    """As :func:`explain`, by hits whose residues are given by id."""
    missing = tuple(hit for hit in hits if hit.id not in residues)
    if len(missing) == len(hits):
        return Explanation((), (), missing)
    comparing = _Comparing(query, call)
    alignments: list[Alignment] = []
    segments: list[Segment] = []
    for hit in hits:
        if hit.id in residues and (found := comparing.with_hit(hit, residues[hit.id])):
            alignments.append(found[0])
            segments += found[1]
    return Explanation(tuple(alignments), tuple(segments), missing)


class _Comparing:
    """A query, read in all ways, to be compared with one hit after the other."""

    def __init__(self, query: str, call: Call) -> None:
        self._query = query
        self._coding = call.frame > 0
        self._scheme = proteins() if self._coding else nucleotides()
        self._readings = translations(query) if self._coding else strands(query)
        self._called = (call.strand, call.frame)
        self._aligner = self._scheme.aligner()

    def with_hit(self, hit: Hit, residues: str) -> tuple[Alignment, list[Segment]] | None:
        """The alignment, and the segments from the start of the query on; None without any."""
        codes = base_codes(residues)
        reference = longest_orf(codes) if self._coding else codes
        letters = sum(reading.codes.size for reading in self._readings)
        least = self._scheme.least(letters, reference.size)
        found = [self._scheme.segments(each.codes, reference, least) for each in self._readings]
        best = [int(rows[:, 3].max(initial=0)) for rows in found]
        if not any(best):
            return None
        chosen = self._chosen(best)
        seed = found[chosen][found[chosen][:, 3].argmax()]
        alignment = self._align(hit, self._readings[chosen], reference, seed, least)
        segments = [
            self._segment(hit, reading, row, least)
            for reading, rows in zip(self._readings, found, strict=True)
            for row in rows
            if row[3] >= min(least, max(best))
        ]
        return alignment, sorted(segments, key=lambda each: (each.start, each.end))

    def _chosen(self, best: Sequence[int]) -> int:
        """The reading to align: that of the call, unless another one fits this hit far better."""
        fittest = int(np.argmax(best))
        for place, reading in enumerate(self._readings):
            called = (reading.strand, reading.frame) == self._called
            if called and best[place] * _CLEARLY_BETTER >= best[fittest]:
                return place
        return fittest

    def _segment(self, hit: Hit, reading: Reading, row: NDArray[np.int64], least: float) -> Segment:
        first, other, length, score = row.tolist()
        start, end = reading.on_query(first, first + length)
        return Segment(
            start=start,
            end=end,
            strand=reading.strand,
            frame=reading.frame,
            of=hit,
            hit_start=other + 1,
            hit_end=other + length,
            bits=self._scheme.bits(score),
            beyond_chance=score >= least,
        )

    def _align(
        self,
        hit: Hit,
        reading: Reading,
        reference: NDArray[np.uint8],
        seed: NDArray[np.int64],
        least: float,
    ) -> Alignment:
        """The best local alignment around a segment."""
        first, other, length, score = seed.tolist()
        reach = LONGEST // 2 if score >= least else length // 2 + _MARGIN
        middle = other + length // 2
        low, high = max(0, middle - reach), min(reference.size, middle + reach)
        start = max(0, first - (other - low) - _MARGIN)
        stop = min(reading.codes.size, first + high - other + _MARGIN)
        query, piece = reading.codes[start:stop], reference[low:high]
        text = self._scheme.text
        path = self._aligner.align(text(query), text(piece))[0]  # type: ignore[no-untyped-call]
        return aligned(
            hit,
            reading,
            reference,
            self._scheme,
            path=path.coordinates + np.array([[start], [low]]),
            score=float(path.score),
            beyond_chance=score >= least,
            cut=piece.size < reference.size,
        )
