"""From which organism a query's closest relatives come, and how sure that is."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from core.encoders.translated import K, Profile, spread


def origin(
    query: Profile, profiles: Sequence[Profile], organisms: Sequence[str]
) -> dict[str, float]:
    """Confidence that each organism has the closest relative, the closest first.

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
    best: dict[str, Profile] = {}
    for profile, organism in zip(profiles, organisms, strict=True):
        best.setdefault(organism, profile)
    if not best:
        return {}
    first, *others = best.values()
    odds = [1.0, *(_odds_of_being_closer(query, other, first) for other in others)]
    shares = np.array(odds) / sum(odds)
    return dict(zip(best, shares.tolist(), strict=True))


def _odds_of_being_closer(query: Profile, one: Profile, other: Profile) -> float:
    """Odds that `one` is truly closer to the query than `other`, which looks closer."""
    differences = _weights_at(query, other) - _weights_at(query, one)
    witnesses = differences * query.weights
    spread = np.sqrt(K * (witnesses**2).sum())
    behind = ndtr(witnesses.sum() / spread) if spread else 0.5
    return float((1 - behind) / behind)


def _weights_at(query: Profile, profile: Profile) -> np.ndarray:
    """The weights of a profile at the k-mers of the query."""
    with spread([profile]) as table:
        return table[query.keys]
