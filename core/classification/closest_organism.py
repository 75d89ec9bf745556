"""The organism that has a query's closest gene, with a confidence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classification.matching_bases import count_matches

MAX_CANDIDATES = 10
"""Candidates of each organism that are compared, the most similar ones."""
_MAX_DIVERGENCE = 0.7
"""Approximate share of bases that differ between unrelated sequences."""
_OTHER_BASES = 3


def rank_organisms(
    query: NDArray[np.uint8], candidates: Sequence[NDArray[np.uint8]], organisms: Sequence[str]
) -> dict[str, float]:
    """Rank the organisms of the candidates by how likely each has the closest gene.

    The closest gene matches in most bases. If all bases change at one rate, which is estimated from
    the closest candidate, a base that matches in one candidate only multiplies the odds by the
    probability of a match over that of one certain mismatch.

    Parameters
    ----------
    query, candidates
        Base codes of the query, and of each candidate, the most similar one first.
    organisms
        Organism of each candidate.

    Returns
    -------
    dict
        Confidence by organism, the closest first; they add up to 1. Empty without candidates.
    """
    compared: dict[str, list[int]] = {}
    for index, organism in enumerate(organisms):
        indexes = compared.setdefault(organism, [])
        if len(indexes) < MAX_CANDIDATES:
            indexes.append(index)
    if len(compared) < 2:
        return dict.fromkeys(compared, 1.0)
    chosen = sorted(index for indexes in compared.values() for index in indexes)
    matches, aligned = count_matches(query, [candidates[index] for index in chosen])
    most = {
        organism: max(int(matches[chosen.index(index)]) for index in indexes)
        for organism, indexes in compared.items()
    }
    closest = int(matches.argmax())
    mismatches = aligned[closest] - matches[closest]
    # Pseudocount of half a base: avoid a zero rate.
    divergence = min((mismatches + 0.5) / (aligned[closest] + 1), _MAX_DIVERGENCE)
    log_odds = np.log(_OTHER_BASES * (1 - divergence) / divergence)
    ranked = sorted(most, key=lambda organism: -most[organism])
    behind = np.array([most[organism] for organism in ranked]) - matches[closest]
    odds = np.exp(behind * log_odds)
    return dict(zip(ranked, (odds / odds.sum()).tolist(), strict=True))
