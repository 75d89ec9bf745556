"""Strand, reading frame and place of the evidence, from k-mers that a query shares with candidates.

The antisense strand of a gene is often open too, and a near copy shares its k-mers there as well.
More distant homologs share only those of the coding frame, and only that frame aligns with their
proteins; so several candidates are compared, in both ways.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.classification.model import Candidate
from core.classification.ungapped_alignment import frame_scores
from core.encoders.translated import TranslatedEncoder

_MAX_SECOND_SHARE = 0.5
"""Largest share of the best frame's evidence that the second best may have for a clear result."""
_KMER_CANDIDATES, _ALIGNED_CANDIDATES = 10, 5
"""Candidates compared by k-mers, and by alignment: true strand for 99% of human genes, 96% of those
with 8% of their bases substituted, 93% at 20%."""
_LONG_QUERY, _SURROUNDINGS = 60_000, 6_000
"""Bases above which a query is aligned only around its evidence, and those on either side of it."""


class ReadingFrame(NamedTuple):
    """The open reading frame with most of the evidence.

    Attributes
    ----------
    strand, frame
        ``+`` or ``-``, and 1 to 3.
    start, end
        The first and the last base of the evidence in it, from 1 on, on the forward strand.
    """

    strand: str = ""
    frame: int = 0
    start: int = 0
    end: int = 0


NO_FRAME = ReadingFrame()
"""That of a query that shares nothing with its candidates."""


def reading_frame(
    encoder: TranslatedEncoder, codes: NDArray[np.uint8], candidates: Sequence[Candidate]
) -> ReadingFrame:
    """Return the reading frame of a query; :data:`NO_FRAME` if it shares no k-mer with candidates.

    Parameters
    ----------
    codes
        Base codes of the query, from :func:`core.encoders.proteins.encode_bases`.
    candidates
        The most similar one first.
    """
    profiles = [candidate.profile for candidate in candidates[:_KMER_CANDIDATES]]
    evidence, spans = encoder.score_frames(codes, profiles[:1])
    if not _is_clear(evidence):
        evidence, spans = encoder.score_frames(codes, profiles)
    if not evidence.any():
        return NO_FRAME
    if not _is_clear(evidence):
        window = _window(codes, spans[evidence.argmax()])
        scores = sum(
            frame_scores(window, candidate.protein)
            for candidate in candidates[:_ALIGNED_CANDIDATES]
        )
        both = evidence / evidence.max() + scores / max(np.max(scores), 1.0)
        evidence = np.where(evidence > 0, both, 0.0)
    best = int(evidence.argmax())
    start, end = spans[best].tolist()
    return ReadingFrame("+-"[best // 3], best % 3 + 1, start + 1, end)


def _window(codes: NDArray[np.uint8], span: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the surroundings of a span; all of a query that is not long.

    They begin and end whole codons from the ends of the query, so that the frames are the same.
    """
    if codes.size <= _LONG_QUERY:
        return codes
    first = max(0, int(span[0]) - _SURROUNDINGS) // 3 * 3
    after = max(0, codes.size - int(span[1]) - _SURROUNDINGS) // 3 * 3
    return codes[first : codes.size - after]


def _is_clear(evidence: NDArray[np.float64]) -> bool:
    second, best = np.sort(evidence)[-2:]
    return bool(best > 0 and second <= _MAX_SECOND_SHARE * best)
