"""The encoder ``translated``: k-mers of what the DNA codes for, in all six frames.

A gene family is a property of a protein. So every frame is translated and split at stops into ORFs;
their residues are reduced to twelve groups; every six consecutive groups are a k-mer. A k-mer
weighs by the length of its ORF, so that the true reading frame outweighs chance ORFs: neither a
gene finder nor the strand or frame is needed. Rare k-mers weigh more, by their inverse document
frequency (IDF) in the reference.

A sequence has about 2,000 distinct k-mers. Its *profile* has all of them, and ranks candidates; its
*vector* has those of the largest weights, and finds candidates in Milvus.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.arrays import Arrays
from core.encoders.base import FITTING, concatenate, iter_batches
from core.encoders.kmers import KmerSpec, KmerWeights, score_frames, weigh_kmers
from core.encoders.proteins import GROUPS, RESIDUE_GROUPS, make_codon_table
from core.encoders.sparse import SparseRows, add_vector, clear_keys, select_heaviest
from core.errors import InputError
from core.progress import Progress, no_progress
from core.thread_pool import map_in_threads

K = 6
N_KMERS = len(GROUPS) ** K
"""Possible k-mers, 2,985,984, which are the dimensions of a vector."""

MIN_STORED_KMERS, MAX_STORED_KMERS = 200, 800
"""Bounds of the k-mers of a stored vector: otherwise as many as a third of the bases."""
MAX_POSTINGS = 6_400
"""Postings that a search with a query vector may touch: the sum of its k-mers' document
frequencies. So what is compared with a query does not grow with the library."""
MAX_DOCUMENT_FREQUENCY = 100
"""K-mers in more sequences than this are not searched: rarer ones find the same candidates."""

_PAIR_BYTES = 8
"""Bytes of a k-mer and its weight or its count."""
_KMERS_PER_BASE = 2
"""Six reading frames, three bases a residue."""
_PROFILE_BATCH = 16
"""Profiles that a thread computes at a time."""

_SPEC = KmerSpec(make_codon_table(RESIDUE_GROUPS), len(GROUPS), K, length_power=1.0)
_MAX_RANK = np.iinfo(np.uint16).max
_NO_ROWS: SparseRows = (np.zeros(0, np.uint32), np.zeros(0, np.float32), np.zeros(1, np.int64))
_tables: list[NDArray[np.float32]] = []
"""Tables of all k-mers that are not in use; all zero."""


@dataclass(frozen=True, slots=True)
class Profile:
    """All k-mers of a sequence, with weights of Euclidean length one.

    Attributes
    ----------
    keys
        uint32, shape (k-mers,), ascending.
    weights
        float32, shape (k-mers,).
    """

    keys: NDArray[np.uint32]
    weights: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Size in memory, in bytes."""
        return self.keys.nbytes + self.weights.nbytes


@contextmanager
def profile_table(profiles: Sequence[Profile]) -> Iterator[NDArray[np.float32]]:
    """Provide the sum of profiles as a table of all k-mers: float32, shape (12**6,)."""
    try:
        table = _tables.pop()
    except IndexError:
        table = np.zeros(N_KMERS, dtype=np.float32)
    for profile in profiles:
        add_vector(table, profile.keys, profile.weights)
    try:
        yield table
    finally:
        for profile in profiles:
            clear_keys(table, profile.keys)
        _tables.append(table)


class TranslatedEncoder:
    """Weighted k-mers of the six translations, as sparse vectors of length one.

    Parameters
    ----------
    documents
        Number of sequences of the reference.
    keys, counts
        uint32: the k-mers of the reference, ascending, and the number of sequences with each.
    """

    name: ClassVar[str] = "translated"
    dimension: ClassVar[int | None] = None

    def __init__(
        self, documents: int, keys: NDArray[np.uint32], counts: NDArray[np.uint32]
    ) -> None:
        self._documents = documents
        self._keys = keys
        self._counts = counts
        # A k-mer has the rank of its count among the different counts; 0 if not in the reference.
        # If there were more counts than ranks, the most common k-mers would share the last rank.
        occurs = np.bincount(counts) > 0
        distinct_counts = np.flatnonzero(occurs)[:_MAX_RANK]
        ranks = np.zeros(N_KMERS, dtype=np.uint16)
        ranks[keys] = np.minimum(np.cumsum(occurs), _MAX_RANK)[counts]
        frequencies = np.append(0, distinct_counts).astype(np.float32)
        values = (np.log((1 + documents) / (1 + frequencies)) + 1).astype(np.float32)
        self._idf = KmerWeights(ranks, values)
        self._postings = np.append(0, distinct_counts)
        self._postings[self._postings > MAX_DOCUMENT_FREQUENCY] = 0

    @classmethod
    def fit(cls, sequences: Sequence[str], progress: Progress = no_progress) -> Self:
        """Count the sequences of a reference that have each k-mer.

        Raises
        ------
        InputError
            If no sequence has a k-mer.
        """
        counts = np.zeros(N_KMERS, dtype=np.uint32)
        uniform = KmerWeights(np.zeros(N_KMERS, dtype=np.uint16), np.ones(1, dtype=np.float32))
        done = 0
        for batch in iter_batches(sequences):
            progress(FITTING, done, len(sequences))
            keys, _, _ = weigh_kmers(*concatenate(batch), _SPEC, uniform)
            np.add.at(counts, keys, np.uint32(1))
            done += len(batch)
        known = np.flatnonzero(counts)
        if not known.size:
            message = "No sequence is long enough to learn from."
            raise InputError(message, f"The translated encoder needs {3 * K} bases or more.")
        return cls(len(sequences), known.astype(np.uint32), counts[known])

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """Restore the encoder from its document frequencies.

        Raises
        ------
        ValueError
            If they are not document frequencies.
        """
        if set(arrays) != {"documents", "keys", "counts"} or not _are_frequencies(
            arrays["documents"], arrays["keys"], arrays["counts"]
        ):
            message = "not the document frequencies of an encoder"
            raise ValueError(message)
        return cls(int(arrays["documents"]), arrays["keys"], arrays["counts"])

    def state(self) -> Arrays:
        """Return the number of documents, the k-mers, and their document frequencies."""
        return {
            "documents": np.array(self._documents, dtype=np.int64),
            "keys": self._keys,
            "counts": self._counts,
        }

    def profile(self, sequence: str) -> Profile:
        """Return all k-mers of a sequence, including those that are not in the reference."""
        keys, weights, _ = self._weigh_kmers([sequence])
        return Profile(keys.copy(), weights.copy())  # Views would keep the larger work arrays.

    def profiles(self, sequences: Sequence[str]) -> list[Profile]:
        """Return the profiles of many sequences, faster than one by one.

        They are views into shared arrays: keeping one keeps the memory of its neighbours.
        """
        batches = list(iter_batches(sequences, _PROFILE_BATCH))
        return [
            Profile(keys[first:end], weights[first:end])
            for keys, weights, ends in map_in_threads(self._weigh_kmers, batches)
            for first, end in pairwise(ends.tolist())
        ]

    @classmethod
    def vector_bytes(cls, lengths: NDArray[np.int64]) -> int:
        """Return the maximum size of the stored vectors of sequences of these lengths."""
        return int(_clip_stored_kmers(lengths // 3).sum()) * _PAIR_BYTES

    @classmethod
    def state_bytes(cls, bases: int) -> int:
        """Return the maximum size of the state fitted to so many bases."""
        return _PAIR_BYTES * min(_KMERS_PER_BASE * bases, int(N_KMERS))

    def encode(self, sequences: Sequence[str]) -> csr_array:
        """Return the vectors to store: the k-mers of the largest weights of each profile.

        Returns
        -------
        float32, shape (n, 12**6).
        """
        ones = np.ones_like(self._postings)
        return _to_matrix(
            select_heaviest(self._weigh_kmers(batch), self._idf.ranks, ones, _stored_kmers(batch))
            for batch in iter_batches(sequences)
        )

    def encode_queries(self, sequences: Sequence[str]) -> csr_array:
        """Return the vectors to search with: the heaviest k-mers that are rare in the reference.

        Returns
        -------
        float32, shape (n, 12**6).
        """
        return self.encode_query_profiles(self.profiles(sequences))

    def encode_query_profiles(
        self, profiles: Sequence[Profile], max_postings: int = MAX_POSTINGS
    ) -> csr_array:
        """Return the vectors to search with, from profiles.

        Parameters
        ----------
        max_postings
            Largest sum of the document frequencies of a vector's k-mers.
        """
        budgets = np.full(len(profiles), max_postings)
        rows = _concatenate_profiles(profiles)
        return _to_matrix([select_heaviest(rows, self._idf.ranks, self._postings, budgets)])

    def score_frames(
        self, codes: NDArray[np.uint8], candidates: Sequence[Profile]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Score the frames of a query by the k-mers they share with candidates.

        The inverse document frequency does not count, as rare k-mers of chance ORFs would outweigh
        the others.

        Parameters
        ----------
        codes
            Base codes of the query, from :func:`core.encoders.proteins.encode_bases`.

        Returns
        -------
        scores
            float64, shape (6,): frames 0 to 2 of the forward strand, then of the reverse
            complement.
        spans
            int64, shape (6, 2): the bases of the shared k-mers of the ORF that scores most in each
            frame, on the forward strand.
        """
        with profile_table(candidates) as table:
            return score_frames(codes, _SPEC, self._idf, table)

    def _weigh_kmers(self, sequences: Sequence[str]) -> SparseRows:
        return weigh_kmers(*concatenate(sequences), _SPEC, self._idf)


def stack_profiles(profiles: Sequence[Profile]) -> csr_array:
    """Return profiles as the rows of one sparse matrix, float32, shape (n, 12**6)."""
    return _to_matrix([_concatenate_profiles(profiles)])


def _are_frequencies(documents: NDArray[Any], keys: NDArray[Any], counts: NDArray[Any]) -> bool:
    if documents.dtype != np.int64 or documents.shape != () or documents <= 0:
        return False
    if keys.dtype != np.uint32 or counts.dtype != np.uint32 or keys.shape != counts.shape:
        return False
    if keys.ndim != 1 or not keys.size or keys[-1] >= N_KMERS:
        return False
    return bool((keys[:-1] < keys[1:]).all() and counts.min() > 0 and counts.max() <= documents)


def _stored_kmers(sequences: Sequence[str]) -> NDArray[np.int64]:
    """Return the maximum number of k-mers in the stored vector of each sequence."""
    residues = np.array([len(sequence) // 3 for sequence in sequences], dtype=np.int64)
    return _clip_stored_kmers(residues)


def _clip_stored_kmers(residues: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.clip(residues, MIN_STORED_KMERS, MAX_STORED_KMERS)


def _concatenate_profiles(profiles: Sequence[Profile]) -> SparseRows:
    keys, weights, _ = _NO_ROWS
    return (
        np.concatenate([keys, *(profile.keys for profile in profiles)]),
        np.concatenate([weights, *(profile.weights for profile in profiles)]),
        np.cumsum([0, *(profile.keys.size for profile in profiles)]),
    )


def _to_matrix(blocks: Iterable[SparseRows]) -> csr_array:
    """Return the rows of all blocks as one sparse matrix."""
    keys, weights, ends = zip(_NO_ROWS, *blocks, strict=True)
    sizes = np.concatenate([np.diff(block_ends) for block_ends in ends])
    return csr_array(
        (
            np.concatenate(weights),
            np.concatenate(keys).astype(np.int32),
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        shape=(sizes.size, N_KMERS),
    )
