"""Array types that modules exchange."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # Imports slowly, and the tables of the database need none of it.
    from scipy.sparse import csr_array

Arrays = Mapping[str, NDArray[Any]]
"""Fitted state as plain arrays, by name; never a pickle."""

Vectors: TypeAlias = "NDArray[np.float32] | csr_array"
"""Dense or sparse vectors, one per row."""


def nonzero_rows(vectors: Vectors) -> NDArray[np.bool_]:
    """Return True for every vector that is not all zeros, shape (n,)."""
    if not isinstance(vectors, np.ndarray):
        return np.diff(vectors.indptr) > 0
    nonzero: NDArray[np.bool_] = np.any(vectors, axis=1)
    return nonzero


def to_npy(array: NDArray[Any]) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
