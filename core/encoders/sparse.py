"""Sparse vectors, compiled by numba: inner products, and selection of the largest weights."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

SparseRows = tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.int64]]
"""Concatenated sparse rows: keys, weights, and 0 followed by the end of each row."""

_DIGITS = 1 << 8
_DIGIT_MASK = np.uint32(_DIGITS - 1)
_SHIFTS = (np.uint32(24), np.uint32(16), np.uint32(8), np.uint32(0))


@njit(nogil=True, cache=True)
def add_vector(
    table: NDArray[np.float32], keys: NDArray[np.uint32], weights: NDArray[np.float32]
) -> None:
    """Add a sparse vector to a table of all keys."""
    for index in range(keys.size):
        table[keys[index]] += weights[index]


@njit(nogil=True, cache=True)
def clear_keys(table: NDArray[np.float32], keys: NDArray[np.uint32]) -> None:
    """Set some keys of a table to zero."""
    for key in keys:
        table[key] = 0


@njit(nogil=True, cache=True)
def dot(
    table: NDArray[np.float32], keys: NDArray[np.uint32], weights: NDArray[np.float32]
) -> float:
    """Return the inner product of a table with a sparse vector, summed in the order of its keys."""
    total = 0.0
    for index in range(keys.size):
        total += table[keys[index]] * weights[index]
    return total


@njit(nogil=True, cache=True)
def select_heaviest(
    rows: SparseRows,
    ranks: NDArray[np.uint16],
    min_rank: int,
    max_rank: int,
    limits: NDArray[np.int64],
) -> SparseRows:
    """Select the entries with the largest weights of each row, in their order.

    Of equal weights, the first are selected.

    Parameters
    ----------
    rows
        Rows whose weights are not negative.
    ranks
        uint16, shape (keys,): rank of each key.
    min_rank, max_rank
        Lowest and highest rank of the keys to select from.
    limits
        int64, shape (rows,): maximum number of entries of each row, at least one.
    """
    keys, weights, ends = rows
    all_bits = weights.view(np.uint32)  # Bits of non-negative floats sort as the floats do.
    longest = 0
    for row in range(ends.size - 1):
        longest = max(longest, int(ends[row + 1] - ends[row]))
    candidates = np.empty(longest + 1, dtype=np.int64)
    bits = np.empty(longest + 1, dtype=np.uint32)
    capacity = min(keys.size, limits.sum()) + 1
    kept_keys = np.empty(capacity, dtype=np.uint32)
    kept_weights = np.empty(capacity, dtype=np.float32)
    kept_ends = np.zeros(ends.size, dtype=np.int64)
    kept = 0
    for row in range(ends.size - 1):
        count = 0
        for index in range(ends[row], ends[row + 1]):  # Branch-free: the next one overwrites.
            candidates[count], bits[count] = index, all_bits[index]
            count += min_rank <= ranks[keys[index]] <= max_rank
        smallest, ties = _find_smallest_kept(bits[:count], limits[row])
        for number in range(count):
            kept_keys[kept] = keys[candidates[number]]
            kept_weights[kept] = weights[candidates[number]]
            tied = bits[number] == smallest and ties > 0
            ties -= tied
            kept += tied or bits[number] > smallest
        kept_ends[row + 1] = kept
    return kept_keys[:kept], kept_weights[:kept], kept_ends


@njit(nogil=True, cache=True)
def _find_smallest_kept(values: NDArray[np.uint32], limit: int) -> tuple[int, int]:
    """Return the smallest of the `limit` largest values, and how many of these equal it.

    A radix selection, from the highest digit on.
    """
    if values.size <= limit:
        return 0, int(values.size)
    smallest = np.uint32(0)
    remaining = limit
    matching = values.copy()
    for shift in _SHIFTS:
        counts = np.zeros(_DIGITS, dtype=np.int64)
        for value in matching:
            counts[(value >> shift) & _DIGIT_MASK] += 1
        digit = _DIGITS - 1
        while counts[digit] < remaining:
            remaining -= counts[digit]
            digit -= 1
        smallest |= np.uint32(digit) << shift
        count = 0
        for value in matching:
            matching[count] = value
            count += ((value >> shift) & _DIGIT_MASK) == np.uint32(digit)
        matching = matching[:count]
    return int(smallest), remaining
