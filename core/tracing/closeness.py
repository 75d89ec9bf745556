"""Probabilities that candidates are the closest relative of a query, from their bases.

Strains differ by a few bases in a thousand, most of which change no protein, so encoders cannot
distinguish them. A query is compared with each candidate by their 13-mers. A substitution removes
up to 13 of these, so the difference of two candidates in shared 13-mers, divided by 13, says by how
many substitutions one is closer. A substitution counts the more, the rarer substitutions are
between the query and its closest relative.

Unrelated sequences share some 13-mers too. They stand in runs: by chance, the base behind a run of
matches matches again with the probability p, so that the number of runs is a Poisson variable and
their lengths are geometric (Pólya-Aeppli distribution).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classification.closest_organism import closest_probabilities
from core.encoders.proteins import BASES, encode_bases
from core.sequences.alphabet import reverse_complement

K = 13
"""Bases of a k-mer: two unrelated genes share one about once in fifty pairs."""
_MAX_MATCH = 0.9
"""Two sequences of the same single base have no end of a run."""
_N_BASES = len(BASES)


@dataclass(frozen=True, slots=True)
class Closeness:
    """Closeness of candidates to a query.

    Attributes
    ----------
    probabilities
        float64, shape (n,): that of each candidate to be the closest relative; they add up to 1,
        and are equal where nothing distinguishes the candidates.
    identity
        Share of the query's bases that are identical in the closest candidate, estimated from
        shared k-mers, above 0 and at most 1.
    """

    probabilities: NDArray[np.float64]
    identity: float


def find_kmers(sequence: str) -> NDArray[np.int64]:
    """Return the distinct k-mers of a sequence as numbers, ascending, without ambiguous ones."""
    codes = encode_bases(sequence).astype(np.int64)
    count = max(0, codes.size - K + 1)
    keys = np.zeros(count, dtype=np.int64)
    unambiguous = np.ones(count, dtype=np.bool_)
    for offset in range(K):
        letters = codes[offset : offset + count]
        keys = keys * _N_BASES + letters
        unambiguous &= letters < _N_BASES
    return np.unique(keys[unambiguous])


class QueryKmers:
    """K-mers of both strands of a query, to be compared with those of candidates."""

    def __init__(self, sequence: str) -> None:
        self._strands = (find_kmers(sequence), find_kmers(reverse_complement(sequence)))

    def count_shared(self, candidate: NDArray[np.int64]) -> int:
        """Return the number of k-mers shared with a candidate, on the better strand."""
        return max(
            int(np.isin(strand, candidate, assume_unique=True).sum()) for strand in self._strands
        )

    def chance_of_sharing(self, shared: int, candidate: NDArray[np.int64]) -> float:
        """Return the probability that an unrelated sequence shares as many k-mers, or more.

        Parameters
        ----------
        shared
            Number of k-mers shared with the candidate.
        candidate
            K-mers of the candidate, whose length and composition the unrelated sequence has.
        """
        match = self._match_probability(candidate)
        runs = 2 * self._strands[0].size * candidate.size * match**K * (1 - match)
        return _tail_of_runs(shared, runs, match)

    def _match_probability(self, candidate: NDArray[np.int64]) -> float:
        """Return the probability that two random bases are the same, on the likelier strand."""
        composition = _composition(candidate)
        likeliest = max(float(_composition(strand) @ composition) for strand in self._strands)
        return min(likeliest, _MAX_MATCH)

    def closeness(self, shared: Sequence[int]) -> Closeness:
        """Return the closeness of candidates.

        Parameters
        ----------
        shared
            Number of k-mers shared with each candidate, above 0.
        """
        most, count = max(shared), self._strands[0].size
        # Pseudocount of half a k-mer: avoid a zero rate.
        rate = 1 - ((most + 0.5) / (count + 1)) ** (1 / K)
        divergence = max(rate, 1 / (count + K + 1))
        probabilities = closest_probabilities((most - np.array(shared)) / K, divergence)
        return Closeness(probabilities, float((most / count) ** (1 / K)))


def _composition(kmers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each base among the last bases of k-mers: float64, shape (4,)."""
    counts = np.bincount(kmers % _N_BASES, minlength=_N_BASES)
    shares: NDArray[np.float64] = counts / max(1, kmers.size)
    return shares


def _tail_of_runs(shared: int, runs: float, match: float) -> float:
    """Return the probability that runs of matches have so many k-mers or more in total.

    Parameters
    ----------
    runs
        Expected number of runs.
    match
        Probability that the base behind a run matches too.
    """
    from scipy.special import bdtr, pdtrc  # It takes a tenth of a second to import.

    # Of the first `shared - 1` k-mers, some end a run; there must be more runs than these.
    ends = np.arange(shared)
    ended = np.diff(bdtr(ends, shared - 1, 1 - match), prepend=0)
    return float(ended @ pdtrc(ends, runs))
