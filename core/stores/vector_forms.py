"""Vectors in the forms that Milvus takes."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Vectors


def entries(vectors: Vectors) -> list[NDArray[np.float32] | dict[int, float]]:
    """Vectors in the form that they are written in: dense rows, or dicts of what is not zero."""
    if not isinstance(vectors, csr_array):
        return list(vectors)
    keys, weights, ends = vectors.indices.tolist(), vectors.data.tolist(), vectors.indptr.tolist()
    return [
        dict(zip(keys[start:end], weights[start:end], strict=True)) for start, end in pairwise(ends)
    ]


def asked(vectors: Vectors) -> list[NDArray[np.float32] | bytes]:
    """Vectors in the form that a search takes: dense rows, or the bytes of sparse ones.

    Milvus reads the same from dicts, but pymilvus would look at each of their numbers three times,
    which takes a quarter of the search.
    """
    if not isinstance(vectors, csr_array):
        return list(vectors)
    ordered = vectors.sorted_indices()
    pairs = np.empty(ordered.nnz, dtype=[("key", "<u4"), ("weight", "<f4")])
    pairs["key"], pairs["weight"] = ordered.indices, ordered.data
    return [pairs[start:end].tobytes() for start, end in pairwise(ordered.indptr.tolist())]
