"""The kinds of arrays that pass between the modules."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Arrays = Mapping[str, NDArray[Any]]
"""Fitted state as plain arrays, by name; never a pickle."""

Vectors = NDArray[np.float32] | csr_array
"""Dense or sparse vectors, one a row."""


def recognised(vectors: Vectors) -> NDArray[np.bool_]:
    """Which vectors are not all zeros, shape (n,)."""
    if isinstance(vectors, csr_array):
        return np.diff(vectors.indptr) > 0
    found: NDArray[np.bool_] = np.any(vectors, axis=1)
    return found


def to_npy(array: NDArray[Any]) -> bytes:
    """An array as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
