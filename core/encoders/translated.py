"""The encoder ``translated``: k-mers of what the DNA codes for, in all six frames.

A gene family is a property of a protein. So every frame is translated and cut at stops into open
stretches; their residues are reduced to twelve groups; each run of six groups is a k-mer. A k-mer
weighs by the length of the stretch it stands in, so the true reading frame speaks and chance
stretches whisper: no gene finder is needed, no strand and no frame. Rare k-mers weigh more (inverse
document frequency over the reference).

A sequence has some 2,000 distinct k-mers. Its *profile* has them all, and ranks; its *vector* has
the heaviest, that is the rarest ones of its longest stretches, and finds candidates in Milvus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Arrays
from core.encoders.base import Progress
from core.encoders.kernels import frame_evidence, framed_kmers, weighted_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, base_codes
from core.errors import InputError

K = 6
KMERS = len(GROUPS) ** K
"""Possible k-mers: 2,985,984, each with a number of its own."""

STORED_KMERS = 400
"""K-mers of a stored vector: the heaviest."""
QUERY_KMERS = 400
"""K-mers of a query vector: the heaviest of those that the reference has, and has rarely."""
COMMON = 100
"""A k-mer in more sequences than this finds nothing that rarer ones do not."""
_STEP = 1_000


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
        frequency = np.zeros(KMERS, dtype=np.float32)
        frequency[keys] = counts
        self._rarity = (np.log((1 + documents) / (1 + frequency)) + 1).astype(np.float32)
        self._searchable = np.zeros(KMERS, dtype=np.bool_)
        self._searchable[keys[counts <= COMMON]] = True

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = lambda _done: None) -> Self:
        """Count in how many sequences of a reference each k-mer stands.

        Raises
        ------
        InputError
            If no sequence has a k-mer.
        """
        counts = np.zeros(KMERS, dtype=np.uint32)
        for done, sequence in enumerate(sequences):
            if done % _STEP == 0:
                progress(done)
            keys, _ = _kmers(sequence)
            counts[keys] += 1
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
        keys, weights = _kmers(sequence)
        weights = weights * self._rarity[keys]
        length = np.linalg.norm(weights)
        return Profile(keys, weights / length if length else weights)

    def encode(self, sequences: Sequence[str]) -> csr_array:
        """Vectors to store, float32 of shape (n, 12**6): the heaviest k-mers of each profile."""
        return stacked([_heaviest(self.profile(sequence), STORED_KMERS) for sequence in sequences])

    def encode_queries(self, sequences: Sequence[str]) -> csr_array:
        """Vectors to search with: the heaviest k-mers that the reference has, and has rarely."""
        return self.query_vectors([self.profile(sequence) for sequence in sequences])

    def query_vectors(self, profiles: Sequence[Profile], most: int = QUERY_KMERS) -> csr_array:
        """As :meth:`encode_queries`, from profiles, of at most so many k-mers each."""
        return stacked([self._query(profile, most) for profile in profiles])

    def frame_evidence(
        self, codes: NDArray[np.uint8], relatives: Sequence[Profile]
    ) -> NDArray[np.float64]:
        """How much each frame of a query shares with its relatives: float64, shape (6,).

        Rarity does not count here: rare words of chance stretches would speak too loud.
        """
        framed = framed_kmers(codes, RESIDUE_GROUPS, len(GROUPS), K)
        shared = np.zeros(6)
        for relative in relatives:
            weights = relative.weights / self._rarity[relative.keys]
            shared += frame_evidence(framed, relative.keys, weights)
        return shared

    def _query(self, profile: Profile, most: int) -> Profile:
        useful = self._searchable[profile.keys]
        return _heaviest(Profile(profile.keys[useful], profile.weights[useful]), most)


def _kmers(sequence: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    return weighted_kmers(base_codes(sequence), RESIDUE_GROUPS, len(GROUPS), K, 1.0)


def _heaviest(profile: Profile, limit: int) -> Profile:
    """The `limit` heaviest k-mers, in the order of their keys; of equal ones, the first keys."""
    if profile.keys.size <= limit:
        return profile
    chosen = np.sort(np.argsort(-profile.weights, kind="stable")[:limit])
    return Profile(profile.keys[chosen], profile.weights[chosen])


def stacked(rows: Sequence[Profile]) -> csr_array:
    """Profiles as the rows of one sparse matrix, float32, shape (n, 12**6)."""
    ends = np.cumsum([0, *(row.keys.size for row in rows)])
    keys = np.concatenate([row.keys for row in rows]) if rows else np.zeros(0, dtype=np.uint32)
    weights = (
        np.concatenate([row.weights for row in rows]) if rows else np.zeros(0, dtype=np.float32)
    )
    return csr_array((weights, keys.astype(np.int32), ends), shape=(len(rows), KMERS))
