"""Ungapped segments that two sequences share, found from the words they have in common.

Words of a few letters are looked up, and extended along their diagonal until the score falls too
far below its maximum. So a segment is missed only if it has not one word in common; or, where only
words are extended that follow another closely, as all significant segments have them, not two.

References
----------
Altschul SF, Gish W, Miller W, Myers EW, Lipman DJ (1990), Basic local alignment search tool. J Mol
Biol 215:403-410.
Altschul SF, Madden TL, Schäffer AA, Zhang J, Zhang Z, Miller W, Lipman DJ (1997), Gapped BLAST and
PSI-BLAST: a new generation of protein database search programs. Nucleic Acids Res 25:3389-3402.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

DROP = 20
"""Drop of the score below its maximum at which an extension ends."""
WINDOW = 40
"""Letters within which a word closely follows another on its diagonal, as in blastp."""


@njit(nogil=True, cache=True)
def find_segments(  # noqa: PLR0917  (compiled functions have no keyword-only arguments)
    query: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    scores: NDArray[np.float32],
    n_letters: int,
    word_size: int,
    min_score: float,
    window: int,
) -> NDArray[np.int64]:
    """Find the segments of a minimum score or, if there is none, the best one.

    Parameters
    ----------
    query, reference
        Letters as numbers; only those below `n_letters` are part of words.
    scores
        float32: score of each letter against each other.
    word_size
        Letters of a word.
    window
        Letters within which a word must follow another on its diagonal; 0: all are extended.

    Returns
    -------
    int64, shape (n, 4): first letter in the query and in the reference, from 0; letters; score.
    """
    first_starts, next_starts = _index_words(reference, n_letters, word_size)
    extended = np.zeros(query.size + reference.size + 1, dtype=np.int64)
    previous = np.full(extended.size, -window - 1, dtype=np.int64)
    segments = [(0, 0, 0, 0)]
    best = (0, 0, 0, 0)
    for start in range(query.size - word_size + 1):
        number = _word_number(query, start, n_letters, word_size)
        other = first_starts[number] if number >= 0 else -1
        while other >= 0:
            diagonal = start - other + reference.size
            distance = start - previous[diagonal]
            follows = word_size <= distance <= window
            if distance >= word_size:  # Else it overlaps the word before.
                previous[diagonal] = start
            if start >= extended[diagonal] and (follows or window == 0):
                right, after = _extend(query, reference, start, other, 1, scores)
                left, before = _extend(query, reference, start - 1, other - 1, -1, scores)
                extended[diagonal] = start + max(after, word_size)
                segment = (start - before, other - before, before + after, int(left + right))
                if segment[3] >= min_score:
                    segments.append(segment)
                if segment[3] > best[3]:
                    best = segment
            other = next_starts[other]
    if len(segments) == 1 and best[3] > 0:
        segments.append(best)
    return np.array(segments, dtype=np.int64)[1:]


@njit(nogil=True, cache=True)
def _index_words(
    reference: NDArray[np.uint8], n_letters: int, word_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first start of each word, and the next start of the word at each start; or -1."""
    first_starts = np.full(n_letters**word_size, -1, dtype=np.int64)
    next_starts = np.full(reference.size, -1, dtype=np.int64)
    for start in range(reference.size - word_size, -1, -1):
        number = _word_number(reference, start, n_letters, word_size)
        if number >= 0:
            next_starts[start] = first_starts[number]
            first_starts[number] = start
    return first_starts, next_starts


@njit(nogil=True, cache=True)
def _word_number(sequence: NDArray[np.uint8], start: int, n_letters: int, word_size: int) -> int:
    """Return the number of the word at a start; -1 if it has an ambiguous letter."""
    number = 0
    for letter in sequence[start : start + word_size]:
        if letter >= n_letters:
            return -1
        number = number * n_letters + letter
    return number


@njit(nogil=True, cache=True)
def _extend(  # noqa: PLR0917
    query: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    index: int,
    other: int,
    step: int,
    scores: NDArray[np.float32],
) -> tuple[float, int]:
    """Return the best score of an extension in one direction, and its letters."""
    total, best, count, length = 0.0, 0.0, 0, 0
    while 0 <= index < query.size and 0 <= other < reference.size:
        total += scores[query[index], reference[other]]
        count += 1
        if total > best:
            best, length = total, count
        elif total < best - DROP:
            break
        index += step
        other += step
    return best, length
