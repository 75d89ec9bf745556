"""Strand and reading frame of a query, from the k-mers that it shares with its candidates.

The antisense strand of a gene is often open too, and a near copy shares its k-mers there as well.
More distant homologs share only those of the coding frame, and only that frame aligns with their
proteins; so several candidates are compared, in both ways.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classification.model import Candidate
from core.classification.ungapped_alignment import frame_scores
from core.encoders.proteins import encode_bases
from core.encoders.translated import TranslatedEncoder

_MAX_SECOND_SHARE = 0.5
"""Largest share of the best frame's evidence that the second best may have for a clear result."""
_KMER_CANDIDATES, _ALIGNED_CANDIDATES = 10, 5
"""Candidates compared by k-mers, and by alignment: true strand for 99% of human genes, 96% of those
with 8% of their bases substituted, 93% at 20%."""


def reading_frame(
    encoder: TranslatedEncoder, sequence: str, candidates: Sequence[Candidate]
) -> tuple[str, int]:
    """Return the strand (``+`` or ``-``) and the frame (1 to 3) of a query.

    Parameters
    ----------
    candidates
        The most similar one first.

    Returns
    -------
    strand, frame
        Empty and 0 if it shares no k-mer with them.
    """
    codes = encode_bases(sequence)
    profiles = [candidate.profile for candidate in candidates[:_KMER_CANDIDATES]]
    evidence = encoder.score_frames(codes, profiles[:1])
    if not _is_clear(evidence):
        evidence = encoder.score_frames(codes, profiles)
    if not evidence.any():
        return "", 0
    evidence /= evidence.max()
    if not _is_clear(evidence):
        scores = sum(
            frame_scores(codes, candidate.protein) for candidate in candidates[:_ALIGNED_CANDIDATES]
        )
        evidence += scores / max(np.max(scores), 1.0)
    best = int(evidence.argmax())
    return "+-"[best // 3], best % 3 + 1


def _is_clear(evidence: NDArray[np.float64]) -> bool:
    second, best = np.sort(evidence)[-2:]
    return bool(best > 0 and second <= _MAX_SECOND_SHARE * best)
