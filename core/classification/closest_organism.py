"""The organism that has a query's closest gene, with a confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.encoders.translated import K, Profile

MAX_CANDIDATES = 10
"""Candidates compared; an organism with none among them is not the closest."""


def rank_organisms(
    query: Profile, profiles: Sequence[Profile], organisms: Sequence[str]
) -> dict[str, float]:
    """Rank the organisms of the candidates by how likely each has the closest gene.

    The closest candidate shares most of the query's k-mers. Counts are compared, not weights, since
    a candidate's weights grow as it gets shorter: a fragment is as close to a long gene that
    contains it as to a short one. Each organism's best candidate is compared with the overall best
    one k-mer by k-mer, by a sign test; overlapping k-mers are correlated, so that only every K-th
    counts as an independent observation.

    Parameters
    ----------
    profiles, organisms
        Profile and organism of each candidate, the most similar one first.

    Returns
    -------
    dict
        Confidence by organism, the closest first; they add up to 1. Empty without candidates.
    """
    compared = list(islice(zip(profiles, organisms, strict=True), MAX_CANDIDATES))
    names = {organism for _, organism in compared}
    if len(names) < 2:
        return dict.fromkeys(names, 1.0)
    best: dict[str, _SharedKmers] = {}
    for profile, organism in compared:
        shared = _SharedKmers.between(query, profile)
        if organism not in best or shared.count > best[organism].count:
            best[organism] = shared
    ranked = sorted(best, key=lambda organism: -best[organism].count)
    odds = [_odds_of_being_closer(best[organism], best[ranked[0]]) for organism in ranked]
    shares = np.array(odds) / sum(odds)
    return dict(zip(ranked, shares.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _SharedKmers:
    """The k-mers of a query that a candidate has, as a mask, and their number."""

    mask: NDArray[np.bool_]
    count: int

    @classmethod
    def between(cls, query: Profile, candidate: Profile) -> Self:
        mask = is_in(query.keys, candidate.keys)
        return cls(mask, int(np.count_nonzero(mask)))


@njit(nogil=True, cache=True)
def is_in(keys: NDArray[np.uint32], others: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return a mask of the keys that are among `others`; both must be ascending."""
    mask = np.zeros(keys.size, dtype=np.bool_)
    index = other_index = 0
    while index < keys.size and other_index < others.size:  # Branch-free merge.
        key, other = keys[index], others[other_index]
        mask[index] |= key == other
        index += key <= other
        other_index += other <= key
    return mask


def _odds_of_being_closer(shared: _SharedKmers, best: _SharedKmers) -> float:
    """Return the odds that a candidate is closer to the query than the one that shares most."""
    differing = np.count_nonzero(shared.mask != best.mask)
    if not differing:
        return 1.0
    from scipy.special import ndtr  # Imports slowly, and only predictions need it.

    behind = ndtr((best.count - shared.count) / np.sqrt(K * differing))
    return float((1 - behind) / behind)
