"""Best ungapped alignment of a query's translations with a protein.

Homologous proteins that share few k-mers still have a segment that aligns without gaps. Its
BLOSUM62 score is computed along every diagonal, in a loop that the compiler vectorises. Narrow
integers make it fast: 8 bits hold the scores of most pairs, and only the others are computed again.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import BLOSUM62, STOP
from core.encoders.translation import translate

FRAME_SHARE = 0.3
"""Minimum openness of a frame that is aligned, as a share of the best frame's; openness is the sum
of the squared lengths of its open reading frames."""

MAX_COLUMNS = 60_000
"""Residues of a query that are aligned, over all frames: of a longer one, its longest open reading
frames. So the work for a contig is bounded."""

_BARRIER = np.iinfo(np.int32).min
_MAX_INT8_SCORE = np.iinfo(np.int8).max - int(BLOSUM62.max())
_MAX_INT16_SCORE = np.iinfo(np.int16).max - int(BLOSUM62.max())
"""Scores up to which no sum can have exceeded 8 or 16 bits."""


@njit(nogil=True, cache=True)
def segment_scores(
    codes: NDArray[np.uint8], proteins: NDArray[np.uint8], ends: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the best ungapped local BLOSUM62 score of a query against each protein.

    Parameters
    ----------
    codes
        Bases of the query, 0 to 3; 4 and above are ambiguous.
    proteins, ends
        Concatenated residues of all proteins, uint8; and the end of each, preceded by 0.

    Returns
    -------
    float32, shape (proteins,): scores in half bits, 0 where nothing aligns.
    """
    profile = _frame_profile(codes)
    scores = np.zeros(ends.size - 1, dtype=np.float32)
    if not scores.size:
        return scores
    narrow = np.maximum(profile, np.iinfo(np.int8).min).astype(np.int8)
    _update_scores(scores, -1, narrow, proteins, ends)
    if scores.max() > _MAX_INT8_SCORE:
        wide = np.maximum(profile, np.iinfo(np.int16).min).astype(np.int16)
        _update_scores(scores, _MAX_INT8_SCORE, wide, proteins, ends)
    if scores.max() > _MAX_INT16_SCORE:
        _update_scores(scores, _MAX_INT16_SCORE, profile, proteins, ends)
    return scores


@njit(nogil=True, cache=True)
def _update_scores(
    scores: NDArray[np.float32],
    limit: int,
    profile: NDArray[Any],
    proteins: NDArray[np.uint8],
    ends: NDArray[np.int64],
) -> None:
    """Compute those scores that are above `limit`, with integers as wide as those of `profile`."""
    running = np.empty(profile.shape[1] + np.diff(ends).max() + 1, dtype=profile.dtype)
    for number in range(scores.size):
        if scores[number] > limit:
            protein = proteins[ends[number] : ends[number + 1]]
            scores[number] = _best_segment(profile, protein, running)


@njit(nogil=True, cache=True)
def frame_scores(codes: NDArray[np.uint8], protein: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the best ungapped local BLOSUM62 score of each frame of a query against a protein.

    Returns
    -------
    float32, shape (6,): frames 0 to 2 of the forward strand, 3 to 5 of the reverse strand.
    """
    residues, lengths = translate(codes)
    scores = np.zeros(6, dtype=np.float32)
    running = np.empty(residues.shape[1] + protein.size + 1, dtype=np.int32)
    for frame in range(6):
        profile = BLOSUM62[:, residues[frame, : lengths[frame]]].astype(np.int32)
        scores[frame] = _best_segment(profile, protein, running)
    return scores


@njit(nogil=True, cache=True)
def _frame_profile(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the scores of every residue against the open frames, with barriers between parts.

    Parts are whole frames; in a long query, the longest open reading frames.
    """
    residues, lengths = translate(codes)
    orfs = _split_at_stops(residues, lengths)
    openness = np.zeros(6, dtype=np.int64)
    for frame, start, end in orfs:
        openness[frame] += (end - start) ** 2
    frames = np.flatnonzero(openness >= FRAME_SHARE * openness.max())
    parts = np.zeros((frames.size, 3), dtype=np.int64)
    parts[:, 0], parts[:, 2] = frames, lengths[frames]
    if (lengths[frames] + 1).sum() > MAX_COLUMNS:
        parts = _select_longest(orfs)
    profile = np.empty((BLOSUM62.shape[0], (parts[:, 2] - parts[:, 1] + 1).sum()), dtype=np.int32)
    column = 0
    for frame, start, end in parts:
        for index in range(start, end):
            profile[:, column] = BLOSUM62[:, residues[frame, index]]
            column += 1
        profile[:, column] = _BARRIER
        column += 1
    return profile


@njit(nogil=True, cache=True)
def _split_at_stops(residues: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the frame, the start and the end of what is between stops: int64, shape (n, 3)."""
    orfs = np.empty((residues.size + 6, 3), dtype=np.int64)
    count = 0
    for frame in range(6):
        start = 0
        for index in range(lengths[frame] + 1):
            if index == lengths[frame] or residues[frame, index] == STOP:
                orfs[count] = frame, start, index
                count += 1
                start = index + 1
    return orfs[:count]


@njit(nogil=True, cache=True)
def _select_longest(orfs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the longest reading frames, of :data:`MAX_COLUMNS` in all; at least one."""
    sizes = orfs[:, 2] - orfs[:, 1]
    totals = np.bincount(sizes) * (np.arange(sizes.max() + 1) + 1)  # Columns of all of each size.
    shortest = totals.size - 1
    columns = totals[shortest]
    while shortest > 1 and columns + totals[shortest - 1] <= MAX_COLUMNS:
        shortest -= 1
        columns += totals[shortest]
    longest: NDArray[np.int64] = orfs[sizes >= shortest]
    return longest


@njit(nogil=True, cache=True)
def _best_segment(profile: NDArray[Any], protein: NDArray[np.uint8], running: NDArray[Any]) -> int:
    """Return the largest sum along any diagonal; `running` holds one sum per diagonal.

    Both have one dtype. With int8, a sum that exceeds 8 bits is wrong, but the one before it, which
    is above `_MAX_INT8_SCORE`, is not; so with int16.
    """
    columns, rows = profile.shape[1], protein.size
    running[: columns + rows] = 0
    zero = profile.dtype.type(0)
    best = zero
    for row in range(rows):
        scores = profile[protein[row]]
        sums = running[rows - 1 - row : rows - 1 - row + columns]
        for column in range(columns):
            # Back to the narrow type at once: so the loop is vectorised.
            total = max(profile.dtype.type(sums[column] + scores[column]), zero)
            sums[column] = total
            best = max(profile.dtype.type(best), total)
    return int(best)
