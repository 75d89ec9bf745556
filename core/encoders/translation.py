"""Reading frames, compiled by numba: translation, and the open stretches between stops.

Each function is checked against a slow, obvious twin in the tests. All release the GIL. Compiled
code is kept on disk beside this file, so that only the first process ever waits for the compiler.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import (
    BACK_TRIPLE_RESIDUES,
    RESIDUES,
    STOP,
    TRIPLE_RESIDUES,
    codon_letters,
)

SHORTEST_ORF = 8
"""Open stretches below this many residues are chance."""
FALLBACK_ORFS = 3
"""Where none is so long, the longest of this rank and above are kept."""

_FRAMES = 6
_BASES = 4
_CODON_RESIDUES = codon_letters(np.arange(len(RESIDUES), dtype=np.uint8))


@njit(nogil=True, cache=True)
def translate(codes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Translate all six frames.

    Parameters
    ----------
    codes
        Bases 0 to 3; 4 and above are unreadable.

    Returns
    -------
    residues
        uint8, shape (6, length // 3 + 1): rows 0 to 2 are the frames of the strand as given, 3 to
        5 those of its reverse complement; 20 unreadable, 21 stop.
    lengths
        int64, shape (6,): residues in each frame.
    """
    n = codes.size
    residues = np.full((_FRAMES, n // 3 + 1), STOP, dtype=np.uint8)
    lengths = np.zeros(_FRAMES, dtype=np.int64)
    for frame in range(3):
        count = max(0, (n - frame) // 3)
        lengths[frame] = count
        lengths[frame + 3] = count
        back = (n - frame) % 3  # The reverse frame that reads the same triples.
        for place in range(count):
            start = frame + 3 * place
            triple = (codes[start] * 5 + codes[start + 1]) * 5 + codes[start + 2]
            residues[frame, place] = TRIPLE_RESIDUES[triple]
            residues[back + 3, count - 1 - place] = BACK_TRIPLE_RESIDUES[triple]
    return residues, lengths


@njit(nogil=True, cache=True)
def read_codons(codes: NDArray[np.uint8], codons: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the triple that begins at each base stands for, on either strand.

    Parameters
    ----------
    codes
        Bases 0 to 3; 4 is unreadable.
    codons
        What triples stand for, from :func:`core.encoders.proteins.codon_letters`.

    Returns
    -------
    uint8, shape (2, bases - 2): both strands in the order of the one as given.
    """
    places = max(0, codes.size - 2)
    triples = np.empty(places, dtype=np.uint8)
    letters = np.empty((2, places), dtype=np.uint8)
    second, third = codes[1:], codes[2:]
    for place in range(places):
        triples[place] = codes[place] * np.uint8(25) + second[place] * np.uint8(5) + third[place]
    forward, back = letters[0], letters[1]
    forward_codons, back_codons = codons[0], codons[1]
    for place in range(places):
        forward[place] = forward_codons[triples[place]]
        back[place] = back_codons[triples[place]]
    return letters


@njit(nogil=True, cache=True)
def find_orfs(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int64], int]:
    """Stretches between stops of what :func:`read_codons` read.

    Those below :data:`SHORTEST_STRETCH` are dropped; if none is left, the longest three are kept
    (and any as long as the third).

    Returns
    -------
    stretches
        int64, shape (n, 2): the base with which each begins and the one where it has ended.
    forward
        How many of them, the first ones, are of the strand as given.
    """
    found = np.empty((letters.shape[1] + 6, 2), dtype=np.int64)
    forward, both = _cut(letters, SHORTEST_ORF, found)
    if both == 0:
        _, both = _cut(letters, 1, found)
        forward, both = _cut(letters, _fallback_size(found[:both]), found)
    return found[:both], forward


@njit(nogil=True, cache=True)
def _cut(letters: NDArray[np.uint8], shortest: int, found: NDArray[np.int64]) -> tuple[int, int]:
    """Stretches of so many residues and more, into `found`: how many forward, and in all."""
    places = letters.shape[1]
    forward, count = 0, 0
    for strand in range(2):
        forward = count
        row = letters[strand]
        for frame in range(min(3, places)):
            begin = frame
            for place in range(frame, places, 3):
                if row[place] == STOP:
                    if place - begin >= 3 * shortest:
                        found[count, 0], found[count, 1] = begin, place
                        count += 1
                    begin = place + 3
            end = places + (frame - places) % 3
            if end - begin >= 3 * shortest:
                found[count, 0], found[count, 1] = begin, end
                count += 1
    return forward, count


@njit(nogil=True, cache=True)
def _fallback_size(stretches: NDArray[np.int64]) -> int:
    """Residues of the third longest; 1 where there are not so many."""
    longest = np.ones(FALLBACK_ORFS, dtype=np.int64)
    for row in range(len(stretches)):
        size = (stretches[row, 1] - stretches[row, 0]) // 3
        for rank in range(FALLBACK_ORFS):
            if size > longest[rank]:
                longest[rank], size = size, longest[rank]
    return int(longest[-1])


@njit(nogil=True, cache=True)
def longest_orf(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Residues of the longest open stretch; of equally long ones, the last in residue order.

    So that it is the same on either strand. uint8, empty where there is none.
    """
    letters = read_codons(codes, _CODON_RESIDUES)
    stretches, forward = find_orfs(letters)
    best = letters[0, :0:3]
    for row in range(len(stretches)):
        begin, end = stretches[row]
        stretch = letters[0, begin:end:3] if row < forward else letters[1, begin:end:3][::-1]
        if stretch.size > best.size or (stretch.size == best.size and _is_after(stretch, best)):
            best = stretch
    return best.copy()


@njit(nogil=True, cache=True)
def _is_after(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    for place in range(one.size):
        if one[place] != other[place]:
            return bool(one[place] > other[place])
    return False
