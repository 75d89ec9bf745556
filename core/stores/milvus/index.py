"""Vector indexes of Milvus and their parameters."""

from dataclasses import dataclass, field

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
