"""Vector indexes of Milvus and their parameters, and vectors in the forms that Milvus takes."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Vectors

INDEX_KINDS = ("FLAT", "IVF_FLAT", "IVF_SQ8", "HNSW", "GPU_IVF_FLAT")
"""Index types for dense vectors; FLAT is exact."""
SPARSE_INDEX = "SPARSE_INVERTED_INDEX"
"""Index type for sparse vectors; it is exact."""

_DEFAULT_BUILD: dict[str, dict[str, int]] = {
    "IVF_FLAT": {"nlist": 512},
    "IVF_SQ8": {"nlist": 512},
    "GPU_IVF_FLAT": {"nlist": 512},
    "HNSW": {"M": 16, "efConstruction": 200},
}
_DEFAULT_SEARCH: dict[str, dict[str, int]] = {
    "IVF_FLAT": {"nprobe": 20},
    "IVF_SQ8": {"nprobe": 20},
    "GPU_IVF_FLAT": {"nprobe": 20},
    "HNSW": {"ef": 128},
}


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """The index of a library's vectors.

    Attributes
    ----------
    kind
        One of :data:`INDEX_KINDS`, or :data:`SPARSE_INDEX`.
    build
        Parameters of the index, such as nlist.
    search
        Parameters of a search, such as nprobe.
    """

    kind: str = "FLAT"
    build: dict[str, int] = field(default_factory=dict)
    search: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_kind(cls, kind: str) -> "VectorIndex":
        """Return an index of that kind with default parameters (nlist 512, nprobe 20)."""
        return cls(kind, _DEFAULT_BUILD.get(kind, {}), _DEFAULT_SEARCH.get(kind, {}))


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
    pairs = np.empty(ordered.nnz, dtype=[("key", "<u4"), ("weight", "<f4")])
    pairs["key"], pairs["weight"] = ordered.indices, ordered.data
    return [pairs[start:end].tobytes() for start, end in pairwise(ordered.indptr.tolist())]
