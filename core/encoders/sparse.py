"""Sparse vectors, compiled by numba: inner products, and the heaviest of their weights."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Rows = tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.int64]]
"""Sparse rows one after the other: keys, weights, and where each row ends, after a first 0."""

_DIGITS = 1 << 8
_DIGIT_MASK = np.uint32(_DIGITS - 1)
_SHIFTS = (np.uint32(24), np.uint32(16), np.uint32(8), np.uint32(0))


@njit(nogil=True, cache=True)
def add(table: NDArray[np.float32], keys: NDArray[np.uint32], weights: NDArray[np.float32]) -> None:
    """Add a sparse vector to a table of all keys."""
    for place in range(keys.size):
        table[keys[place]] += weights[place]


@njit(nogil=True, cache=True)
def wipe(table: NDArray[np.float32], keys: NDArray[np.uint32]) -> None:
    """Set a table to zero at these keys."""
    for key in keys:
        table[key] = 0


@njit(nogil=True, cache=True)
def dot(
    table: NDArray[np.float32], keys: NDArray[np.uint32], weights: NDArray[np.float32]
) -> float:
    """Inner product of a table with a sparse vector, in the order of its keys."""
    total = 0.0
    for place in range(keys.size):
        total += table[keys[place]] * weights[place]
    return total


@njit(nogil=True, cache=True)
def heaviest(
    rows: Rows, ranks: NDArray[np.uint16], lowest: int, highest: int, most: NDArray[np.int64]
) -> Rows:
    """The heaviest entries of each row, in their order; of equal ones, the first.

    Parameters
    ----------
    rows
        Their weights are not negative.
    ranks, lowest, highest
        Only keys whose rank is not below `lowest` nor above `highest` are kept.
    most
        Entries to keep of each row, at least one: int64, shape (rows,).
    """
    keys, weights, ends = rows
    all_bits = weights.view(np.uint32)  # Bits of floats that are not negative ascend as they do.
    longest = 0
    for row in range(ends.size - 1):
        longest = max(longest, int(ends[row + 1] - ends[row]))
    useful = np.empty(longest + 1, dtype=np.int64)
    bits = np.empty(longest + 1, dtype=np.uint32)
    room = min(keys.size, most.sum()) + 1
    kept_keys = np.empty(room, dtype=np.uint32)
    kept_weights = np.empty(room, dtype=np.float32)
    kept_ends = np.zeros(ends.size, dtype=np.int64)
    kept = 0
    for row in range(ends.size - 1):
        count = 0
        for place in range(ends[row], ends[row + 1]):  # Each is written; some are overwritten.
            useful[count], bits[count] = place, all_bits[place]
            count += lowest <= ranks[keys[place]] <= highest
        least, equals = _least_kept(bits[:count], most[row])
        for number in range(count):
            kept_keys[kept] = keys[useful[number]]
            kept_weights[kept] = weights[useful[number]]
            equal = bits[number] == least and equals > 0
            equals -= equal
            kept += equal or bits[number] > least
        kept_ends[row + 1] = kept
    return kept_keys[:kept], kept_weights[:kept], kept_ends


@njit(nogil=True, cache=True)
def _least_kept(values: NDArray[np.uint32], most: int) -> tuple[int, int]:
    """The least of the `most` largest values, and how many equal to it are among them.

    Digit by digit, from the highest.
    """
    if values.size <= most:
        return 0, int(values.size)
    least = np.uint32(0)
    rest = most
    alike = values.copy()
    for shift in _SHIFTS:
        counts = np.zeros(_DIGITS, dtype=np.int64)
        for value in alike:
            counts[(value >> shift) & _DIGIT_MASK] += 1
        digit = _DIGITS - 1
        while counts[digit] < rest:
            rest -= counts[digit]
            digit -= 1
        least |= np.uint32(digit) << shift
        count = 0
        for value in alike:
            alike[count] = value
            count += ((value >> shift) & _DIGIT_MASK) == np.uint32(digit)
        alike = alike[:count]
    return int(least), rest
