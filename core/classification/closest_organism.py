"""From which organism a query's closest relatives come, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr

from core.encoders.translated import K, Profile

COMPARED = 10
"""Candidates that are looked at: an organism with none among them is not the closest."""


def rank_organisms(
    query: Profile, profiles: Sequence[Profile], organisms: Sequence[str]
) -> dict[str, float]:
    """Confidence that each organism has the closest relative, the closest first.

    The closest shares most of the query's k-mers. Not the weights decide, as a candidate's weights
    grow when it is shorter: a fragment is as close to a long gene that holds it as to a short one.
    Each organism's best candidate is compared with the best of all, k-mer by k-mer: would it still
    be behind, had other k-mers been drawn? As neighbouring k-mers share letters, only every K-th
    counts as one witness.

    Parameters
    ----------
    profiles, organisms
        Candidates from the closest to the farthest, and the organism of each.

    Returns
    -------
    dict
        Confidences that add up to 1; empty without candidates.
    """
    compared = list(islice(zip(profiles, organisms, strict=True), COMPARED))
    names = {organism for _, organism in compared}
    if len(names) < 2:  # There is nothing to choose from.
        return dict.fromkeys(names, 1.0)
    best: dict[str, _Shared] = {}
    for profile, organism in compared:
        shared = _Shared.of(query, profile)
        if organism not in best or shared.count > best[organism].count:
            best[organism] = shared
    ranked = sorted(best, key=lambda organism: -best[organism].count)
    odds = [_odds_of_being_closer(best[organism], best[ranked[0]]) for organism in ranked]
    shares = np.array(odds) / sum(odds)
    return dict(zip(ranked, shares.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Shared:
    """Which of a query's k-mers a candidate has, and how many."""

    which: NDArray[np.bool_]
    count: int

    @classmethod
    def of(cls, query: Profile, candidate: Profile) -> Self:
        which = is_in(query.keys, candidate.keys)
        return cls(which, int(np.count_nonzero(which)))


@njit(nogil=True, cache=True)
def is_in(keys: NDArray[np.uint32], others: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether each of some ascending keys is among others, ascending too."""
    found = np.zeros(keys.size, dtype=np.bool_)
    place = other = 0
    while place < keys.size and other < others.size:  # Without a branch that is hard to foresee.
        one, two = keys[place], others[other]
        found[place] |= one == two
        place += one <= two
        other += two <= one
    return found


def _odds_of_being_closer(one: _Shared, other: _Shared) -> float:
    """Odds that `one` is truly closer to the query than `other`, which shares no less with it."""
    differing = np.count_nonzero(one.which != other.which)
    if not differing:
        return 1.0
    behind = ndtr((other.count - one.count) / np.sqrt(K * differing))
    return float((1 - behind) / behind)
