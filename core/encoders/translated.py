"""The encoder ``translated``: k-mers of what the DNA codes for, in all six frames.

A gene family is a property of a protein. So every frame is translated and cut at stops into open
stretches; their residues are reduced to twelve groups; each run of six groups is a k-mer. A k-mer
weighs by the length of the stretch it stands in, so the true reading frame speaks and chance
stretches whisper: no gene finder is needed, no strand and no frame. Rare k-mers weigh more (inverse
document frequency over the reference).

A sequence has some 2,000 distinct k-mers. Its *profile* has them all, and ranks; its *vector* has
the heaviest, that is the rarest ones of its longest stretches, and finds candidates in Milvus.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Arrays
from core.encoders.base import Progress, batches, joined
from core.encoders.kmers import KmerSpec, KmerWeights, frame_evidence, weighted_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, codon_letters
from core.encoders.sparse import Rows, add, heaviest, wipe
from core.errors import InputError

K = 6
KMERS = len(GROUPS) ** K
"""Possible k-mers: 2,985,984, each with a number of its own."""

FEWEST_STORED, MOST_STORED = 200, 800
"""K-mers of a stored vector: the heaviest, as many as a gene of its length has residues."""
QUERY_KMERS = 800
"""K-mers of a query vector: the heaviest of those that the reference has, and has rarely."""
COMMON = 100
"""A k-mer in more sequences than this finds nothing that rarer ones do not."""

_KIND = KmerSpec(codon_letters(RESIDUE_GROUPS), len(GROUPS), K, power=1.0)
_MOST_RANKS = np.iinfo(np.uint16).max
_NOTHING: Rows = (np.zeros(0, np.uint32), np.zeros(0, np.float32), np.zeros(1, np.int64))
_tables: list[NDArray[np.float32]] = []
"""Tables of all k-mers, all zero, that are not in use."""


@dataclass(frozen=True, slots=True)
class Profile:
    """All k-mers of a sequence, weighted, of Euclidean length one (or none at all).

    Attributes
    ----------
    keys
        uint32, ascending.
    weights
        float32, as many.
    """

    keys: NDArray[np.uint32]
    weights: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Bytes it takes in memory."""
        return self.keys.nbytes + self.weights.nbytes


@contextmanager
def spread(profiles: Sequence[Profile]) -> Iterator[NDArray[np.float32]]:
    """The sum of profiles as a table of all k-mers: float32, shape (12**6,)."""
    try:
        table = _tables.pop()
    except IndexError:
        table = np.zeros(KMERS, dtype=np.float32)
    for profile in profiles:
        add(table, profile.keys, profile.weights)
    try:
        yield table
    finally:
        for profile in profiles:
            wipe(table, profile.keys)
        _tables.append(table)


class TranslatedEncoder:
    """Weighted k-mers of the six translations; sparse vectors of length one.

    Parameters
    ----------
    documents
        How many sequences it was fitted on.
    keys, counts
        The k-mers of the reference, ascending, and in how many of its sequences each stands.
    """

    name: ClassVar[str] = "translated"
    dimension: ClassVar[int | None] = None

    def __init__(
        self, documents: int, keys: NDArray[np.uint32], counts: NDArray[np.uint32]
    ) -> None:
        self._documents = documents
        self._keys = keys
        self._counts = counts
        # A k-mer's rank is that of its count among all counts, 0 where the reference has it not.
        # Were there ever more counts than ranks, the commonest k-mers would share the last one.
        seen = np.bincount(counts) > 0
        kinds = np.flatnonzero(seen)[:_MOST_RANKS]
        ranks = np.zeros(KMERS, dtype=np.uint16)
        ranks[keys] = np.minimum(np.cumsum(seen), _MOST_RANKS)[counts]
        frequency = np.append(0, kinds).astype(np.float32)
        rarities = (np.log((1 + documents) / (1 + frequency)) + 1).astype(np.float32)
        self._rarity = KmerWeights(ranks, rarities)
        self._last_searched = int(np.searchsorted(kinds, COMMON, side="right"))

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = lambda _done: None) -> Self:
        """Count in how many sequences of a reference each k-mer stands.

        Raises
        ------
        InputError
            If no sequence has a k-mer.
        """
        counts = np.zeros(KMERS, dtype=np.uint32)
        alike = KmerWeights(np.zeros(KMERS, dtype=np.uint16), np.ones(1, dtype=np.float32))
        done = 0
        for batch in batches(sequences):
            progress(done)
            keys, _, _ = weighted_kmers(*joined(batch), _KIND, alike)
            np.add.at(counts, keys, np.uint32(1))
            done += len(batch)
        known = np.flatnonzero(counts)
        if not known.size:
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The translated encoder needs {3 * K} bases or more.")
        return cls(len(sequences), known.astype(np.uint32), counts[known])

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """The encoder with these document frequencies."""
        return cls(int(arrays["documents"]), arrays["keys"], arrays["counts"])

    def state(self) -> Arrays:
        """Document frequencies: how many documents, the k-mers, their counts."""
        return {
            "documents": np.array(self._documents, dtype=np.int64),
            "keys": self._keys,
            "counts": self._counts,
        }

    def profile(self, sequence: str) -> Profile:
        """All k-mers of a sequence, those that the reference has not among them."""
        keys, weights, _ = self._kmers([sequence])
        return Profile(keys.copy(), weights.copy())  # They come with room to spare.

    def profiles(self, sequences: Sequence[str]) -> list[Profile]:
        """As :meth:`profile`, of many: quicker, but one kept keeps the memory of its neighbours."""
        found = []
        for batch in batches(sequences):
            keys, weights, ends = self._kmers(batch)
            found += [
                Profile(keys[first:end], weights[first:end])
                for first, end in pairwise(ends.tolist())
            ]
        return found

    def encode(self, sequences: Sequence[str]) -> csr_array:
        """Vectors to store, float32 of shape (n, 12**6): the heaviest k-mers of each profile."""
        ranks = self._rarity.ranks
        return _matrix(
            heaviest(self._kmers(batch), ranks, 0, _MOST_RANKS, _stored(batch))
            for batch in batches(sequences)
        )

    def encode_queries(self, sequences: Sequence[str]) -> csr_array:
        """Vectors to search with: the heaviest k-mers that the reference has, and has rarely."""
        return self.query_vectors(self.profiles(sequences))

    def query_vectors(self, profiles: Sequence[Profile], most: int = QUERY_KMERS) -> csr_array:
        """As :meth:`encode_queries`, from profiles, of at most so many k-mers each."""
        rows, ranks = _concatenated(profiles), self._rarity.ranks
        limits = np.full(len(profiles), most)
        return _matrix([heaviest(rows, ranks, 1, self._last_searched, limits)])

    def frame_evidence(
        self, codes: NDArray[np.uint8], relatives: Sequence[Profile]
    ) -> NDArray[np.float64]:
        """How much each frame of a query shares with its relatives: float64, shape (6,).

        Rarity does not count here: rare words of chance stretches would speak too loud.
        """
        with spread(relatives) as table:
            return frame_evidence(codes, _KIND, self._rarity, table)

    def _kmers(self, sequences: Sequence[str]) -> Rows:
        return weighted_kmers(*joined(sequences), _KIND, self._rarity)


def _stored(sequences: Sequence[str]) -> NDArray[np.int64]:
    """How many k-mers the vector of each of these sequences keeps."""
    residues = np.array([len(sequence) // 3 for sequence in sequences], dtype=np.int64)
    return np.clip(residues, FEWEST_STORED, MOST_STORED)


def stacked(profiles: Sequence[Profile]) -> csr_array:
    """Profiles as the rows of one sparse matrix, float32, shape (n, 12**6)."""
    return _matrix([_concatenated(profiles)])


def _concatenated(profiles: Sequence[Profile]) -> Rows:
    keys, weights, _ = _NOTHING
    return (
        np.concatenate([keys, *(profile.keys for profile in profiles)]),
        np.concatenate([weights, *(profile.weights for profile in profiles)]),
        np.cumsum([0, *(profile.keys.size for profile in profiles)]),
    )


def _matrix(parts: Iterable[Rows]) -> csr_array:
    """All rows of all parts as one sparse matrix."""
    keys, weights, ends = zip(_NOTHING, *parts, strict=True)
    sizes = np.concatenate([np.diff(each) for each in ends])
    return csr_array(
        (
            np.concatenate(weights),
            np.concatenate(keys).astype(np.int32),
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        shape=(sizes.size, KMERS),
    )
