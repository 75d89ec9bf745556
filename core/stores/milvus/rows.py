"""Vectors in the forms that Milvus takes: rows of an upsert, and queries of a search."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Vectors

PAIR = np.dtype([("key", "<u4"), ("weight", "<f4")])
"""A nonzero weight of a sparse vector, as Milvus encodes it."""


def to_upsert_rows(vectors: Vectors) -> list[NDArray[np.float32] | dict[int, float]]:
    """Convert vectors to the rows of an upsert: dense rows, or dicts of the nonzero weights."""
    if not isinstance(vectors, csr_array):
        return list(vectors)
    keys, weights, ends = vectors.indices.tolist(), vectors.data.tolist(), vectors.indptr.tolist()
    return [
        dict(zip(keys[start:end], weights[start:end], strict=True)) for start, end in pairwise(ends)
    ]


def to_query_rows(vectors: Vectors) -> list[NDArray[np.float32] | bytes]:
    """Convert vectors to the queries of a search: dense rows, or the bytes of sparse ones.

    Milvus accepts dicts as well, but pymilvus would look at each of their numbers three times,
    which takes a quarter of the search.
    """
    if not isinstance(vectors, csr_array):
        return list(vectors)
    ordered = vectors.sorted_indices()
    pairs = np.empty(ordered.nnz, dtype=PAIR)
    pairs["key"], pairs["weight"] = ordered.indices, ordered.data
    return [pairs[start:end].tobytes() for start, end in pairwise(ordered.indptr.tolist())]
