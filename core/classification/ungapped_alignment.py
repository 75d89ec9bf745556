"""Best ungapped alignment of a query's translations with a protein.

Homologous proteins that share few k-mers still have a segment that aligns without gaps. Its
BLOSUM62 score is computed along every diagonal, in a loop that the compiler vectorises (a twentieth
of a nanosecond per cell).
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

_BARRIER = np.float32(-np.inf)
_INT16_BARRIER = np.float32(np.iinfo(np.int16).min)
_MAX_INT16_RESIDUES = int(np.iinfo(np.int16).max // BLOSUM62.max())
"""Length of a protein up to which no score exceeds 16 bits, which are twice as fast."""


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
    longest = 0
    for number in range(ends.size - 1):
        longest = max(longest, int(ends[number + 1] - ends[number]))
    if longest <= _MAX_INT16_RESIDUES:  # All scores are whole numbers.
        narrow = np.maximum(profile, _INT16_BARRIER).astype(np.int16)
        return _best_segments(narrow, proteins, ends, longest)
    return _best_segments(profile, proteins, ends, longest)


@njit(nogil=True, cache=True)
def _best_segments(
    profile: NDArray[Any], proteins: NDArray[np.uint8], ends: NDArray[np.int64], longest: int
) -> NDArray[np.float32]:
    running = np.empty(profile.shape[1] + longest + 1, dtype=profile.dtype)
    best = np.empty(profile.shape[1], dtype=profile.dtype)
    scores = np.zeros(ends.size - 1, dtype=np.float32)
    for number in range(ends.size - 1):
        protein = proteins[ends[number] : ends[number + 1]]
        scores[number] = _best_segment(profile, protein, running, best)
    return scores


@njit(nogil=True, cache=True)
def frame_scores(codes: NDArray[np.uint8], protein: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the best ungapped local BLOSUM62 score of each frame of a query against a protein.

    Returns
    -------
    float32, shape (6,): frames 0 to 2 of the forward strand, 3 to 5 of the reverse strand.
    """
    residues, lengths = translate(codes)
    scores = np.zeros(6, dtype=np.float32)
    running = np.empty(residues.shape[1] + protein.size + 1, dtype=np.float32)
    for frame in range(6):
        profile = np.ascontiguousarray(BLOSUM62[:, residues[frame, : lengths[frame]]])
        best = np.empty(lengths[frame], dtype=np.float32)
        scores[frame] = _best_segment(profile, protein, running, best)
    return scores


@njit(nogil=True, cache=True)
def _frame_profile(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the scores of every residue against the open frames, with barriers between frames."""
    residues, lengths = translate(codes)
    openness = np.zeros(6, dtype=np.int64)
    for frame in range(6):
        run = 0
        for index in range(lengths[frame] + 1):
            if index == lengths[frame] or residues[frame, index] == STOP:
                openness[frame] += run**2
                run = 0
            else:
                run += 1
    kept = openness >= FRAME_SHARE * openness.max()
    profile = np.empty((BLOSUM62.shape[0], (lengths[kept] + 1).sum()), dtype=np.float32)
    column = 0
    for open_frame in np.flatnonzero(kept):
        for index in range(lengths[open_frame]):
            profile[:, column] = BLOSUM62[:, residues[open_frame, index]]
            column += 1
        profile[:, column] = _BARRIER
        column += 1
    return profile


@njit(nogil=True, cache=True)
def _best_segment(
    profile: NDArray[Any],
    protein: NDArray[np.uint8],
    running: NDArray[Any],
    best: NDArray[Any],
) -> float:
    """Return the largest sum along any diagonal; `running` holds one sum per diagonal.

    All arrays have one dtype, float32 or int16.
    """
    columns, rows = profile.shape[1], protein.size
    running[: columns + rows] = 0
    best[:] = 0
    zero = profile.dtype.type(0)
    for row in range(rows):
        scores = profile[protein[row]]
        sums = running[rows - 1 - row : rows - 1 - row + columns]
        for column in range(columns):
            total = max(profile.dtype.type(sums[column] + scores[column]), zero)
            sums[column] = total
            best[column] = max(total, best[column])
    return float(best.max()) if columns else 0.0
