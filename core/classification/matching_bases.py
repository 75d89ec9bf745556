"""Bases of a query that match in its candidates, by ungapped alignment of the DNA.

Strains and close species differ by a few bases in a thousand, most of which change no protein. So
candidates are compared base by base: along every diagonal on which two sequences share a word, the
segments that align are found, and the bases that are identical in the best one count. Insertions
and deletions only change the diagonal.

Unlike the segments of :mod:`core.alignment.seeds`, which are shown, these are found for every
candidate of every query: the words of the query are indexed once, and by hash, as a table of all
words of eleven bases would take longer to clear than to use.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

WORD = 11
"""Bases of the shared words: blastn's."""
_MATCH, _MISMATCH = 2, -3
"""Scores of a base: blastn's."""
_MIN_SCORE = 24
"""Score of a segment that counts; a chance match of a word and one base more has it."""
_MAX_DROP = 60
"""Drop of the score at which a segment ends."""
_MAX_POSITIONS = 64
"""Positions of a word in the query that are followed, the last ones: repeats have thousands."""
_AMBIGUOUS = 4
_WORD_MASK = np.uint32((1 << (2 * WORD)) - 1)
_HASH = np.uint32(2_654_435_769)
_HASH_SHIFT = np.uint32(8)

_Words = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]
"""The last position of a word by its hash, the one before each position, and the word at each."""
_Strand = tuple[NDArray[np.uint8], _Words]
"""Base codes, and their words."""


def count_matches(
    query: NDArray[np.uint8], candidates: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the bases of a query that align with each candidate, on the better strand.

    The strand is that of the first candidate that matches at all.

    Parameters
    ----------
    query, candidates
        Base codes from :func:`core.encoders.proteins.encode_bases`; the closest candidate first.

    Returns
    -------
    matches, aligned
        int64, shape (candidates,): identical bases, and all bases of the aligned segments.
    """
    other = np.where(query < _AMBIGUOUS, _AMBIGUOUS - 1 - query, query)[::-1]
    strands = [(codes, _index_words(codes)) for codes in (query, other)]
    codes, index = _better_strand(strands, candidates)
    counts = [_count(codes, index, candidate) for candidate in candidates]
    matches, aligned = np.array(counts, dtype=np.int64).reshape(-1, 2).T
    return matches, aligned


def _better_strand(strands: Sequence[_Strand], candidates: Sequence[NDArray[np.uint8]]) -> _Strand:
    forward, reverse = strands
    for candidate in candidates:
        (matches, _), (others, _) = (_count(*strand, candidate) for strand in strands)
        if matches != others:
            return forward if matches > others else reverse
    return forward


@njit(nogil=True, cache=True)
def _index_words(codes: NDArray[np.uint8]) -> _Words:
    words, complete = _read_words(codes)
    size = 1 << 12
    while size < 2 * codes.size:
        size *= 2
    last = np.full(size, -1, dtype=np.int32)
    previous = np.full(codes.size, -1, dtype=np.int32)
    for start in range(codes.size):
        if complete[start]:
            slot = _slot(words[start], size)
            previous[start], last[slot] = last[slot], start
    return last, previous, words


@njit(nogil=True, cache=True)
def _read_words(codes: NDArray[np.uint8]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Return the number of the word at each start, and whether it is complete and unambiguous."""
    words = np.zeros(codes.size, dtype=np.uint32)
    complete = np.zeros(codes.size, dtype=np.bool_)
    word, length = np.uint32(0), 0
    for end in range(codes.size):
        length = length + 1 if codes[end] < _AMBIGUOUS else 0
        word = ((word << np.uint32(2)) | np.uint32(codes[end] & 3)) & _WORD_MASK
        if length >= WORD:
            words[end - WORD + 1] = word
            complete[end - WORD + 1] = True
    return words, complete


@njit(nogil=True, cache=True)
def _slot(word: np.uint32, size: int) -> np.uint32:
    return ((word * _HASH) >> _HASH_SHIFT) & np.uint32(size - 1)


@njit(nogil=True, cache=True)
def _count(
    query: NDArray[np.uint8], index: _Words, candidate: NDArray[np.uint8]
) -> tuple[int, int]:
    """Count the bases of a query that are identical in a candidate, and those that are aligned.

    A base counts in the best of its segments only: others match by chance.
    """
    segments = _find_segments(query, candidate, _find_diagonals(query.size, index, candidate))
    aligned = np.zeros(query.size, dtype=np.bool_)
    matches = 0
    for row in np.argsort(-segments[:, 0], kind="mergesort"):
        _, first, stop, shift = segments[row]
        for position in range(first, stop):
            if not aligned[position]:
                aligned[position] = True
                matches += _is_same(query[position], candidate[position + shift])
    return matches, int(aligned.sum())


@njit(nogil=True, cache=True)
def _find_diagonals(size: int, index: _Words, candidate: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the diagonals with a shared word; the number of a diagonal is its shift plus `size`."""
    last, previous, query_words = index
    words, complete = _read_words(candidate)
    found = np.zeros(size + candidate.size, dtype=np.bool_)
    for start in range(candidate.size):
        if not complete[start]:
            continue
        position = last[_slot(words[start], last.size)]
        for _ in range(_MAX_POSITIONS):
            if position < 0:
                break
            if query_words[position] == words[start]:
                found[start - position + size] = True
            position = previous[position]
    return found


@njit(nogil=True, cache=True)
def _find_segments(
    query: NDArray[np.uint8], candidate: NDArray[np.uint8], has_word: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Find the segments that align on the diagonals with a shared word.

    Returns
    -------
    int64, shape (segments, 4): score, first position in the query, the one behind the last, and
    shift to the candidate.
    """
    segments = np.empty((8, 4), dtype=np.int64)
    count = 0
    for diagonal in np.flatnonzero(has_word):
        shift = int(diagonal) - query.size
        end = min(query.size, candidate.size - shift)
        position = first = stop = max(0, -shift)
        score = best = 0
        while position < end:
            score += _MATCH if _is_same(query[position], candidate[position + shift]) else _MISMATCH
            position += 1
            if score > best:
                best, stop = score, position
            if position == end or score < 0 or score < best - _MAX_DROP:
                if best >= _MIN_SCORE:
                    if count == len(segments):
                        segments = np.concatenate((segments, np.empty_like(segments)))
                    segments[count] = best, first, stop, shift
                    count += 1
                    position = stop  # Another segment may begin right behind this one.
                first = stop = position
                score = best = 0
    return segments[:count]


@njit(nogil=True, cache=True)
def _is_same(base: np.uint8, other: np.uint8) -> bool:
    return bool(base == other and base < _AMBIGUOUS)
