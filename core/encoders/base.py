"""What every encoder can do: learn from a reference, and turn sequences into vectors."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from core.arrays import Arrays, Vectors

Progress = Callable[[int], None]
"""Called with how many sequences are done; what it raises ends the work."""

_TOGETHER = 256


class Encoder(Protocol):
    """A fitted mapping from sequences to vectors that are compared by inner product."""

    name: ClassVar[str]
    """How users and the database call it."""

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = ...) -> Self:
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
    def dimension(self) -> int | None:
        """Length of a dense vector; None where the vectors are sparse."""
        ...

    def encode(self, sequences: Sequence[str]) -> Vectors:
        """Vectors to store, one a row; all zeros where nothing was recognised."""
        ...

    def encode_queries(self, sequences: Sequence[str]) -> Vectors:
        """Vectors to search with, to be compared with the stored ones by inner product."""
        ...


def fingerprint(encoder: Encoder) -> str:
    """A digest of an encoder's name and of all that it learned: 32 hexadecimal digits."""
    return state_digest(encoder.name, encoder.state())


def state_digest(name: str, state: Arrays) -> str:
    """A digest of a name and of fitted state: 32 hexadecimal digits."""
    digest = hashlib.sha256(name.encode())
    for key, array in sorted(state.items()):
        digest.update(json.dumps([key, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def batches(sequences: Sequence[str]) -> Iterator[Sequence[str]]:
    """The sequences, so few at a time that what is made of them stays in the processor's cache."""
    for start in range(0, len(sequences), _TOGETHER):
        yield sequences[start : start + _TOGETHER]


def joined(sequences: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Letters of all sequences, one after the other, in ASCII; where each ends, after a first 0."""
    text = np.frombuffer("".join(sequences).encode("ascii"), dtype=np.uint8)
    return text, np.cumsum([0, *map(len, sequences)], dtype=np.int64)
