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
    costs: NDArray[np.int64],
    budgets: NDArray[np.int64],
) -> SparseRows:
    """Select the entries with the largest weights of each row that its budget pays for.

    The selection ends with the first entry that it cannot pay. Of equal weights, the first come
    first. The selected entries stay in their order.

    Parameters
    ----------
    rows
        Rows whose weights are not negative.
    ranks
        uint16, shape (keys,): rank of each key.
    costs
        int64, shape (ranks,): cost of a key of each rank; one of cost 0 is never selected.
    budgets
        int64, shape (rows,): largest sum of costs in each row, at least one.
    """
    keys, weights, ends = rows
    all_bits = weights.view(np.uint32)  # Bits of non-negative floats sort as the floats do.
    longest = 0
    for row in range(ends.size - 1):
        longest = max(longest, int(ends[row + 1] - ends[row]))
    candidates = np.empty(longest + 1, dtype=np.int64)
    candidate_costs = np.empty(longest + 1, dtype=np.int64)
    bits = np.empty(longest + 1, dtype=np.uint32)
    capacity = min(keys.size, budgets.sum()) + 1
    kept_keys = np.empty(capacity, dtype=np.uint32)
    kept_weights = np.empty(capacity, dtype=np.float32)
    kept_ends = np.zeros(ends.size, dtype=np.int64)
    kept = 0
    for row in range(ends.size - 1):
        count = 0
        for index in range(ends[row], ends[row + 1]):  # Branch-free: the next one overwrites.
            cost = costs[ranks[keys[index]]]
            candidates[count], bits[count], candidate_costs[count] = index, all_bits[index], cost
            count += cost > 0
        smallest, left = _find_smallest_kept(bits[:count], candidate_costs[:count], budgets[row])
        for number in range(count):
            if bits[number] == smallest:
                left -= candidate_costs[number]
            if bits[number] > smallest or (bits[number] == smallest and left >= 0):
                kept_keys[kept] = keys[candidates[number]]
                kept_weights[kept] = weights[candidates[number]]
                kept += 1
        kept_ends[row + 1] = kept
    return kept_keys[:kept], kept_weights[:kept], kept_ends


@njit(nogil=True, cache=True)
def _find_smallest_kept(
    values: NDArray[np.uint32], costs: NDArray[np.int64], budget: int
) -> tuple[int, int]:
    """Return the smallest value that a budget pays for, and what is left for those that equal it.

    The largest are paid first. A radix selection, from the highest digit on.
    """
    if costs.sum() <= budget:
        return 0, int(budget)
    smallest = np.uint32(0)
    left = budget
    matching, matching_costs = values.copy(), costs.copy()
    for shift in _SHIFTS:
        sums = np.zeros(_DIGITS, dtype=np.int64)
        for index in range(matching.size):
            sums[(matching[index] >> shift) & _DIGIT_MASK] += matching_costs[index]
        digit = _DIGITS - 1
        while sums[digit] <= left:
            left -= sums[digit]
            digit -= 1
        smallest |= np.uint32(digit) << shift
        count = 0
        for index in range(matching.size):
            value, cost = matching[index], matching_costs[index]
            matching[count], matching_costs[count] = value, cost
            count += ((value >> shift) & _DIGIT_MASK) == np.uint32(digit)
        matching, matching_costs = matching[:count], matching_costs[:count]
    return int(smallest), left
