"""The best ungapped alignment of a query's translations with a protein.

Where k-mers say little, related proteins still share a stretch that aligns without gaps. Its
BLOSUM62 score is found by brute force, along every diagonal: so plain a loop that the compiler
makes vector instructions of it, a tenth of a nanosecond a cell.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import BLOSUM62, STOP
from core.encoders.translation import translate

FRAME_SHARE = 0.3
"""A frame is aligned if the sum of its squared stretch lengths is this share of the best one's."""

_BREAK = np.float32(-np.inf)


@njit(nogil=True, cache=True)
def segment_scores(
    codes: NDArray[np.uint8], proteins: NDArray[np.uint8], ends: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Best ungapped local BLOSUM62 score of a query against each of some proteins.

    Parameters
    ----------
    codes
        Bases of the query, 0 to 3; 4 and above are unreadable.
    proteins, ends
        Residues of all proteins, one after the other, uint8; where each ends, after a first 0.

    Returns
    -------
    float32, shape (proteins,): scores in half bits, 0 where nothing aligns.
    """
    profile = _frame_profile(codes)
    longest = 0
    for number in range(ends.size - 1):
        longest = max(longest, int(ends[number + 1] - ends[number]))
    running = np.empty(profile.shape[1] + longest + 1, dtype=np.float32)
    best = np.empty(profile.shape[1], dtype=np.float32)
    scores = np.zeros(ends.size - 1, dtype=np.float32)
    for number in range(ends.size - 1):
        protein = proteins[ends[number] : ends[number + 1]]
        scores[number] = _best_segment(profile, protein, running, best)
    return scores


@njit(nogil=True, cache=True)
def frame_scores(codes: NDArray[np.uint8], protein: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Best ungapped local BLOSUM62 score of each frame of a query against a protein.

    Returns
    -------
    float32, shape (6,): frames 0 to 2 of the strand as given, 3 to 5 of the other one.
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
    """Scores of every residue against the frames worth aligning, which a barrier parts."""
    residues, lengths = translate(codes)
    openness = np.zeros(6, dtype=np.int64)
    for frame in range(6):
        run = 0
        for place in range(lengths[frame] + 1):
            if place == lengths[frame] or residues[frame, place] == STOP:
                openness[frame] += run**2
                run = 0
            else:
                run += 1
    kept = openness >= FRAME_SHARE * openness.max()
    profile = np.empty((BLOSUM62.shape[0], (lengths[kept] + 1).sum()), dtype=np.float32)
    column = 0
    for chosen in np.flatnonzero(kept):
        for place in range(lengths[chosen]):
            profile[:, column] = BLOSUM62[:, residues[chosen, place]]
            column += 1
        profile[:, column] = _BREAK
        column += 1
    return profile


@njit(nogil=True, cache=True)
def _best_segment(
    profile: NDArray[np.float32],
    protein: NDArray[np.uint8],
    running: NDArray[np.float32],
    best: NDArray[np.float32],
) -> float:
    """Largest sum along any diagonal; `running` holds one sum a diagonal."""
    columns, rows = profile.shape[1], protein.size
    running[: columns + rows] = 0
    best[:] = 0
    for row in range(rows):
        scores = profile[protein[row]]
        sums = running[rows - 1 - row : rows - 1 - row + columns]
        for column in range(columns):
            total = sums[column] + scores[column]
            total = total if total > 0 else np.float32(0)
            sums[column] = total
            best[column] = max(total, best[column])
    return float(best.max()) if columns else 0.0
