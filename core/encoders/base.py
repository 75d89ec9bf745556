"""The interface of all encoders, their fingerprints, and batches of sequences."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import ClassVar, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.arrays import Arrays, Vectors
from core.progress import Progress

FITTING = "Fitting the encoder"
"""Name of the step that :meth:`Encoder.fit` reports as progress."""

_BATCH_SIZE = 256

_Item = TypeVar("_Item")


class Encoder(Protocol):
    """A fitted mapping from sequences to vectors that are compared by inner product."""

    name: ClassVar[str]
    """Name on screens, in commands and in the database."""

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = ...) -> Self:
        """Fit an encoder to the sequences of a reference.

        Parameters
        ----------
        sequences
            Upper-case IUPAC DNA.
        progress
            Called with the number of sequences done, and of all.

        Raises
        ------
        InputError
            If all sequences are too short to have a feature.
        """
        ...

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """Restore the encoder from the arrays that :meth:`state` returned.

        Raises
        ------
        ValueError
            If they are not the state of such an encoder.
        """
        ...

    def state(self) -> Arrays:
        """Return the fitted state as plain arrays."""
        ...

    @property
    def dimension(self) -> int | None:
        """Length of a dense vector; None where the vectors are sparse."""
        ...

    @classmethod
    def vector_bytes(cls, lengths: NDArray[np.int64]) -> int:
        """Return the maximum size of the stored vectors of sequences of these lengths."""
        ...

    @classmethod
    def state_bytes(cls, bases: int) -> int:
        """Return the maximum size of the state fitted to so many bases."""
        ...

    def encode(self, sequences: Sequence[str]) -> Vectors:
        """Return the vectors to store, one a row; all zeros where a sequence has no feature."""
        ...

    def encode_queries(self, sequences: Sequence[str]) -> Vectors:
        """Return the vectors to search with, one a row, for inner products with stored ones."""
        ...


def fingerprint(encoder: Encoder) -> str:
    """Return a digest of an encoder's name and fitted state: 32 hexadecimal digits."""
    return state_digest(encoder.name, encoder.state())


def state_digest(name: str, state: Arrays) -> str:
    """Return a digest of a name and of fitted state: 32 hexadecimal digits."""
    digest = hashlib.sha256(name.encode())
    for key, array in sorted(state.items()):
        digest.update(json.dumps([key, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def iter_batches(items: Sequence[_Item], size: int = _BATCH_SIZE) -> Iterator[Sequence[_Item]]:
    """Yield batches; without `size`, sequences whose k-mers fit into the CPU cache."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def concatenate(sequences: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Concatenate sequences for the compiled functions.

    Returns
    -------
    text
        uint8, shape (letters,): all letters in ASCII.
    ends
        int64, shape (n + 1,): 0, then the end of each sequence.
    """
    text = np.frombuffer("".join(sequences).encode("ascii"), dtype=np.uint8)
    return text, np.cumsum([0, *map(len, sequences)], dtype=np.int64)
