"""Array types that modules exchange."""

import io
import re
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

if TYPE_CHECKING:  # Imports slowly, and the tables of the database need none of it.
    from scipy.sparse import csr_array

Arrays = Mapping[str, NDArray[Any]]
"""Fitted state as plain arrays, by name; never a pickle."""

Vectors: TypeAlias = "NDArray[np.float32] | csr_array"
"""Dense or sparse vectors, one per row."""

_PREFIX_BYTES = 10
"""Bytes before the text of a header: the magic string, the version, and the length of the text."""
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '[<|][biufU][1-9]\d{0,4}', 'fortran_order': (?:False|True),"
    rb" 'shape': \((?:\d{1,12},|\d{1,12}(?:, \d{1,12}){1,3})?\), \} *\n",
    re.DOTALL,
)
"""The headers that :func:`to_npy` writes of numbers and texts: nothing else is ever parsed."""


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


def from_npy(data: bytes) -> NDArray[Any]:
    """Read the bytes of a ``.npy`` file, after checking that it is as large as its header says.

    Raises
    ------
    ValueError
        If it is not an array of numbers or texts, or has another size.
    """
    header = _HEADER.match(data)
    if header is None or int.from_bytes(data[8:_PREFIX_BYTES], "little") != (
        header.end() - _PREFIX_BYTES
    ):
        message = "not an array of numbers or texts"
        raise ValueError(message)
    file = io.BytesIO(data)
    npy.read_magic(file)
    shape, _, dtype = npy.read_array_header_1_0(file)
    if prod(shape) * dtype.itemsize != len(data) - header.end():
        message = "size and header of the array disagree"
        raise ValueError(message)
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
