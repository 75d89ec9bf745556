"""The hot loops, compiled by numba: translation, open stretches, k-mers, profiles.

Each is checked against a slow, obvious twin in the tests. All release the GIL. Compiled code is
kept on disk beside this file, so that only the first process ever waits for the compiler.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.proteins import BACK_TRIPLE_RESIDUES, STOP, TRIPLE_RESIDUES

SHORTEST_STRETCH = 8
"""Open stretches below this many residues are chance."""
FALLBACK_STRETCHES = 3
"""Where none is so long, the longest of this rank and above are kept."""

_FRAMES = 6
_LENGTH_BITS = np.uint64(20)
_LENGTH_MASK = np.uint64((1 << 20) - 1)
_LONGEST_FRAMED = (1 << 17) - 1
_DIGITS = 1 << 11
_DIGIT_MASK = np.uint64(_DIGITS - 1)
_HIGH_SHIFT = np.uint64(20 + 11)


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
def open_stretches(residues: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stretches between stops: int64 of shape (n, 3), each a frame, a first and an end residue.

    Those below :data:`SHORTEST_STRETCH` are dropped; if none is left, the longest three are kept
    (and any as long as the third).
    """
    found = np.empty((lengths.sum() + _FRAMES, 3), dtype=np.int64)
    count = 0
    for frame in range(_FRAMES):
        first = 0
        for place in range(lengths[frame] + 1):
            if place == lengths[frame] or residues[frame, place] == STOP:
                if place > first:
                    found[count] = frame, first, place
                    count += 1
                first = place + 1
    found = found[:count]
    if count == 0:
        return found
    sizes = found[:, 2] - found[:, 1]
    shortest = SHORTEST_STRETCH
    if sizes.max() < shortest:
        shortest = np.sort(sizes)[max(0, count - FALLBACK_STRETCHES)]
    return found[sizes >= shortest]


@njit(nogil=True, cache=True)
def packed_kmers(
    residues: NDArray[np.uint8],
    stretches: NDArray[np.int64],
    letters: NDArray[np.uint8],
    alphabet: int,
    k: int,
) -> NDArray[np.uint64]:
    """K-mers of all stretches, each with its stretch's length in the low 20 bits; unsorted.

    Parameters
    ----------
    letters
        uint8, shape (20,): the letter of each residue, below `alphabet`.

    Returns
    -------
    uint64, one a k-mer that holds nothing unreadable, in the order of the stretches.
    """
    total = 0
    for row in range(stretches.shape[0]):
        total += max(0, stretches[row, 2] - stretches[row, 1] - k + 1)
    packed = np.empty(total, dtype=np.uint64)
    count = 0
    top = alphabet ** (k - 1)
    for row in range(stretches.shape[0]):
        frame, first, end = stretches[row]
        size = min(np.uint64(end - first), _LENGTH_MASK)
        key, run = 0, 0
        for place in range(first, end):
            residue = residues[frame, place]
            if residue >= 20:  # Unreadable, or a stop.
                key, run = 0, 0
                continue
            if run >= k:
                key -= letters[residues[frame, place - k]] * top
            key = key * alphabet + letters[residue]
            run += 1
            if run >= k:
                packed[count] = (np.uint64(key) << _LENGTH_BITS) | size
                count += 1
    return packed[:count]


@njit(nogil=True, cache=True)
def sort_packed(packed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`packed` in the order of its k-mers, which are below 2**22: a radix sort of two digits."""
    low_starts = np.zeros(_DIGITS, dtype=np.int64)
    high_starts = np.zeros(_DIGITS, dtype=np.int64)
    for value in packed:
        low_starts[(value >> _LENGTH_BITS) & _DIGIT_MASK] += 1
        high_starts[value >> _HIGH_SHIFT] += 1
    low, high = 0, 0
    for digit in range(_DIGITS):
        count = low_starts[digit]
        low_starts[digit] = low
        low += count
        count = high_starts[digit]
        high_starts[digit] = high
        high += count
    half = np.empty_like(packed)
    for value in packed:
        place = (value >> _LENGTH_BITS) & _DIGIT_MASK
        half[low_starts[place]] = value
        low_starts[place] += 1
    ordered = np.empty_like(packed)
    for value in half:
        place = value >> _HIGH_SHIFT
        ordered[high_starts[place]] = value
        high_starts[place] += 1
    return ordered


@njit(nogil=True, cache=True)
def weigh(
    packed: NDArray[np.uint64], longest: int, power: float
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Distinct k-mers and their weights, from packed ones in order.

    A weight is (longest stretch the k-mer stands in / `longest`) ** power * (1 + ln count).
    """
    keys = np.empty(packed.size, dtype=np.uint32)
    weights = np.empty(packed.size, dtype=np.float32)
    count, place = 0, 0
    while place < packed.size:
        key = packed[place] >> _LENGTH_BITS
        size, copies = np.uint64(0), 0
        while place < packed.size and packed[place] >> _LENGTH_BITS == key:
            size = max(size, packed[place] & _LENGTH_MASK)
            copies += 1
            place += 1
        weight = np.float64(size) / longest
        if power != 1.0:
            weight = weight**power
        if copies > 1:
            weight *= 1.0 + np.log(copies)
        keys[count] = key
        weights[count] = weight
        count += 1
    return keys[:count], weights[:count]


@njit(nogil=True, cache=True)
def weighted_kmers(
    codes: NDArray[np.uint8],
    letters: NDArray[np.uint8],
    alphabet: int,
    k: int,
    power: float,
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Distinct k-mers of a sequence's translations, in order, and their weights."""
    residues, lengths = translate(codes)
    stretches = open_stretches(residues, lengths)
    longest = 1
    for row in range(stretches.shape[0]):
        longest = max(longest, stretches[row, 2] - stretches[row, 1])
    packed = packed_kmers(residues, stretches, letters, alphabet, k)
    return weigh(sort_packed(packed), longest, power)


@njit(nogil=True, cache=True)
def longest_stretch(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Residues of the longest open stretch; of equally long ones, the last in residue order.

    So that it is the same on either strand. uint8, empty where there is none.
    """
    residues, lengths = translate(codes)
    best = residues[0, :0]
    stretches = open_stretches(residues, lengths)
    for row in range(stretches.shape[0]):
        frame, first, end = stretches[row]
        stretch = residues[frame, first:end]
        if stretch.size > best.size or (stretch.size == best.size and _is_after(stretch, best)):
            best = stretch
    return best.copy()


@njit(nogil=True, cache=True)
def _is_after(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    for place in range(one.size):
        if one[place] != other[place]:
            return bool(one[place] > other[place])
    return False


@njit(nogil=True, cache=True)
def dot(
    keys: NDArray[np.uint32],
    weights: NDArray[np.float32],
    other_keys: NDArray[np.uint32],
    other_weights: NDArray[np.float32],
) -> float:
    """Inner product of two sparse vectors whose keys ascend; the same whatever the strand."""
    total = 0.0
    place, other = 0, 0
    while place < keys.size and other < other_keys.size:
        if keys[place] == other_keys[other]:
            total += weights[place] * other_weights[other]
            place += 1
            other += 1
        elif keys[place] < other_keys[other]:
            place += 1
        else:
            other += 1
    return total


@njit(nogil=True, cache=True)
def framed_kmers(
    codes: NDArray[np.uint8], letters: NDArray[np.uint8], alphabet: int, k: int
) -> NDArray[np.uint64]:
    """K-mers of all open stretches in order, each with its stretch's length and its frame.

    The low 20 bits hold the length times 8, plus the frame: 0 to 2 of the strand as given, 3 to 5
    of the other one.
    """
    residues, lengths = translate(codes)
    stretches = open_stretches(residues, lengths)
    packed = packed_kmers(residues, stretches, letters, alphabet, k)
    start = 0
    for row in range(stretches.shape[0]):
        frame, first, end = stretches[row]
        found = packed_kmers(residues, stretches[row : row + 1], letters, alphabet, k).size
        tail = np.uint64(min(end - first, _LONGEST_FRAMED) * 8 + frame)
        for place in range(start, start + found):
            packed[place] = (packed[place] & ~_LENGTH_MASK) | tail
        start += found
    return sort_packed(packed)


@njit(nogil=True, cache=True)
def frame_evidence(
    framed: NDArray[np.uint64], keys: NDArray[np.uint32], weights: NDArray[np.float32]
) -> NDArray[np.float64]:
    """How much of a weighted set of k-mers, whose keys ascend, each frame of a sequence has.

    A shared k-mer counts by its weight and by the length of the open stretch it stands in.

    Parameters
    ----------
    framed
        K-mers of the sequence, from :func:`framed_kmers`.

    Returns
    -------
    float64, shape (6,): frames 0 to 2 of the strand as given, 3 to 5 of the other one.
    """
    found = np.zeros(_FRAMES)
    other = 0
    for value in framed:
        key = value >> _LENGTH_BITS
        while other < keys.size and keys[other] < key:
            other += 1
        if other == keys.size:
            break
        if keys[other] == key:
            tail = value & _LENGTH_MASK
            found[tail & np.uint64(7)] += weights[other] * np.float64(tail >> np.uint64(3))
    return found
