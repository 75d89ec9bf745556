"""Ungapped segments that two sequences share, found from the words they have in common.

Words of a few letters are looked up, and extended along their diagonal until the score falls too
far below its best (Altschul et al. 1990). So a segment is only missed where not even one word in it
is the same.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

DROP = 20
"""How far a score may fall below its best before an extension ends."""


@njit(nogil=True, cache=True)
def segments(  # noqa: PLR0917  (compiled functions have no keyword-only arguments)
    query: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    scores: NDArray[np.float32],
    letters: int,
    word: int,
    least: float,
) -> NDArray[np.int64]:
    """Segments that score `least` or more; where there is none, the best one there is.

    Parameters
    ----------
    query, reference
        Letters as numbers; those of `letters` and above stand in no word.
    scores
        Score of each letter against each other.
    word
        Letters of a word.

    Returns
    -------
    int64, shape (n, 4): first letter in the query and in the reference, from 0; letters; score.
    """
    heads, following = _words(reference, letters, word)
    reached = np.zeros(query.size + reference.size + 1, dtype=np.int64)
    found = [(0, 0, 0, 0)]
    best = (0, 0, 0, 0)
    for place in range(query.size - word + 1):
        number = _word(query, place, letters, word)
        other = heads[number] if number >= 0 else -1
        while other >= 0:
            diagonal = place - other + reference.size
            if place >= reached[diagonal]:
                right, after = _extend(query, reference, place, other, 1, scores)
                left, before = _extend(query, reference, place - 1, other - 1, -1, scores)
                reached[diagonal] = place + max(after, word)
                segment = (place - before, other - before, before + after, int(left + right))
                if segment[3] >= least:
                    found.append(segment)
                if segment[3] > best[3]:
                    best = segment
            other = following[other]
    if len(found) == 1 and best[3] > 0:
        found.append(best)
    return np.array(found, dtype=np.int64)[1:]


@njit(nogil=True, cache=True)
def _words(
    reference: NDArray[np.uint8], letters: int, word: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each word comes first, and for every place where its word comes next; or -1."""
    heads = np.full(letters**word, -1, dtype=np.int64)
    following = np.full(reference.size, -1, dtype=np.int64)
    for place in range(reference.size - word, -1, -1):
        number = _word(reference, place, letters, word)
        if number >= 0:
            following[place] = heads[number]
            heads[number] = place
    return heads, following


@njit(nogil=True, cache=True)
def _word(sequence: NDArray[np.uint8], place: int, letters: int, word: int) -> int:
    """The number of the word that begins here; -1 where a letter of it is none."""
    number = 0
    for letter in sequence[place : place + word]:
        if letter >= letters:
            return -1
        number = number * letters + letter
    return number


@njit(nogil=True, cache=True)
def _extend(  # noqa: PLR0917
    query: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    place: int,
    other: int,
    step: int,
    scores: NDArray[np.float32],
) -> tuple[float, int]:
    """The best score from here on in one direction, and how many letters it takes."""
    total, best, count, length = 0.0, 0.0, 0, 0
    while 0 <= place < query.size and 0 <= other < reference.size:
        total += scores[query[place], reference[other]]
        count += 1
        if total > best:
            best, length = total, count
        elif total < best - DROP:
            break
        place += step
        other += step
    return best, length
