"""Postings of sparse vectors: for each key, the rows that have it, searched by inner product."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numba import njit
from numpy.typing import NDArray

_Lists = tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]
"""Keys, ascending; the start of each one's postings, and the end; rows and weights of postings."""


class Postings:
    """The postings of sparse rows, 8 bytes each.

    Parameters
    ----------
    pairs
        The entries of all rows, one row after the other, of the dtype
        :data:`core.stores.milvus.rows.PAIR`.
    ends
        int64, shape (rows + 1,): 0, and the end of each row.
    """

    def __init__(self, pairs: NDArray[np.void], ends: NDArray[np.int64]) -> None:
        self._rows = ends.size - 1
        self._lists = _invert(pairs["key"], pairs["weight"], ends)

    def search(
        self, queries: Sequence[dict[int, float]], limit: int, valid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows of the largest inner products with each query, best first.

        Of equal products, the row that shares the first key of the query comes first.

        Parameters
        ----------
        queries
            Weights by key, in the order in which their products are summed.
        valid
            Shape (rows,): rows to search.

        Returns
        -------
        int64 and float32, both of shape (queries, limit): rows, padded with -1, and their inner
        products, padded with minus infinity.
        """
        sizes = [len(query) for query in queries]
        keys = np.fromiter(chain.from_iterable(queries), np.uint32, sum(sizes))
        weights = np.fromiter(
            chain.from_iterable(map(dict.values, queries)), np.float64, sum(sizes)
        )
        ends = np.cumsum([0, *sizes])
        rows = np.full((len(queries), limit), -1, dtype=np.int64)
        products = np.full((len(queries), limit), -np.inf, dtype=np.float32)
        _search((keys, weights, ends), self._lists, valid, rows, products)
        return rows, products


@njit(nogil=True, cache=True)
def _invert(
    keys: NDArray[np.uint32], weights: NDArray[np.float32], ends: NDArray[np.int64]
) -> _Lists:
    """Sort entries by key, those of a key by row; leave out weights of zero."""
    largest = 0
    for key in keys:
        largest = max(largest, int(key))
    counts = np.zeros(largest + 1, dtype=np.int32)
    for index in range(keys.size):
        counts[keys[index]] += weights[index] > 0
    used = np.flatnonzero(counts)
    starts = np.zeros(used.size + 1, dtype=np.int64)
    following = np.zeros(largest + 1, dtype=np.int64)  # Where the next posting of a key goes.
    for number in range(used.size):
        following[used[number]] = starts[number]
        starts[number + 1] = starts[number] + counts[used[number]]
    posting_rows = np.empty(starts[-1], dtype=np.int32)
    posting_weights = np.empty(starts[-1], dtype=np.float32)
    for row in range(ends.size - 1):
        for index in range(ends[row], ends[row + 1]):
            if weights[index] > 0:
                position = following[keys[index]]
                posting_rows[position] = row
                posting_weights[position] = weights[index]
                following[keys[index]] = position + 1
    return used.astype(np.uint32), starts, posting_rows, posting_weights


@njit(nogil=True, cache=True)
def _search(
    queries: tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.int64]],
    lists: _Lists,
    valid: NDArray[np.bool_],
    best_rows: NDArray[np.int64],
    best_products: NDArray[np.float32],
) -> None:
    query_keys, query_weights, query_ends = queries
    keys, starts, rows, weights = lists
    products = np.zeros(valid.size, dtype=np.float64)
    seen = np.zeros(valid.size, dtype=np.bool_)
    found = np.empty(valid.size, dtype=np.int64)
    for query in range(query_ends.size - 1):
        count = 0
        for index in range(query_ends[query], query_ends[query + 1]):
            number = np.searchsorted(keys, query_keys[index])
            if number == keys.size or keys[number] != query_keys[index]:
                continue
            for position in range(starts[number], starts[number + 1]):
                row = rows[position]
                if not valid[row]:
                    continue
                if not seen[row]:
                    seen[row] = True
                    found[count] = row
                    count += 1
                products[row] += query_weights[index] * weights[position]
        order = np.argsort(-products[found[:count]], kind="mergesort")  # It keeps ties in order.
        for rank in range(min(count, best_rows.shape[1])):
            row = found[order[rank]]
            best_rows[query, rank] = row
            best_products[query, rank] = products[row]
        for number in range(count):
            products[found[number]] = 0
            seen[found[number]] = False
