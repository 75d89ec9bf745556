"""The organism that has a query's closest gene, with a confidence."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classification.matching_bases import count_matches
from core.encoders.proteins import BASES

MAX_CANDIDATES = 10
"""Candidates of each organism that are compared, the most similar ones."""
_MAX_DIVERGENCE = 0.7
"""Approximate share of bases that differ between unrelated sequences."""


def rank_organisms(
    query: NDArray[np.uint8], candidates: Sequence[NDArray[np.uint8]], organisms: Sequence[str]
) -> dict[str, float]:
    """Rank the organisms of the candidates by how likely each has the closest gene.

    The closest gene matches in most bases. The rate at which bases change is estimated from it.

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
    compared: Counter[str] = Counter()
    chosen = []
    for index, organism in enumerate(organisms):
        if compared[organism] < MAX_CANDIDATES:
            compared[organism] += 1
            chosen.append(index)
    if len(compared) < 2:
        return dict.fromkeys(compared, 1.0)
    matches, aligned = count_matches(query, [candidates[index] for index in chosen])
    most = dict.fromkeys(compared, 0)
    for index, count in zip(chosen, matches.tolist(), strict=True):
        most[organisms[index]] = max(most[organisms[index]], count)
    closest = matches.argmax()
    mismatches = aligned[closest] - matches[closest]
    # Pseudocount of half a base: avoid a zero rate.
    divergence = (mismatches + 0.5) / (aligned[closest] + 1)
    ranked = sorted(most, key=lambda organism: -most[organism])
    behind = matches[closest] - np.array([most[organism] for organism in ranked])
    return dict(zip(ranked, closest_probabilities(behind, divergence).tolist(), strict=True))


def closest_probabilities(
    behind: NDArray[np.float64 | np.int64], divergence: float
) -> NDArray[np.float64]:
    """Return the probability of each candidate to be the closest relative; they add up to 1.

    If all bases change at one rate, a substitution counts the more, the rarer substitutions are.

    Parameters
    ----------
    behind
        Substitutions by which each candidate is further away than the closest.
    divergence
        Share of the bases that differ from the closest, above 0.
    """
    divergence = min(divergence, _MAX_DIVERGENCE)
    log_odds = np.log((len(BASES) - 1) * (1 - divergence) / divergence)
    odds = np.exp(-behind * log_odds)
    probabilities: NDArray[np.float64] = odds / odds.sum()
    return probabilities
