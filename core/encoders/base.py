"""What every encoder can do: learn from a reference, and turn sequences into vectors."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
"""Fitted state as plain arrays, by name; never a pickle."""


class Encoder(Protocol):
    """A fitted mapping from sequences to vectors that are compared by inner product."""

    name: ClassVar[str]
    """How users and the database call it."""

    @classmethod
    def fit(cls, sequences: Sequence[str]) -> Self:
        """Learn from the sequences of a reference.

        Raises
        ------
        InputError
            If there is nothing in them to learn from.
        """
        ...

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """The encoder whose :meth:`state` was `arrays`."""
        ...

    def state(self) -> Arrays:
        """Everything that it learned."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (n, dimension), of length one, or zero where nothing was recognised."""
        ...


def fingerprint(encoder: Encoder) -> str:
    """A digest of an encoder's name and of all that it learned: 32 hexadecimal digits."""
    digest = hashlib.sha256(encoder.name.encode())
    for name, array in sorted(encoder.state().items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]
