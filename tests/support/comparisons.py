"""Small comparisons of organisms."""

import numpy as np

from core.similarity import Comparison, Gene, Similarity

FAMILIES = {0: "Kinase", 1: "Synthase"}


def make_genes(organism: str, count: int) -> list[Gene]:
    """Return genes of two families in turn."""
    return [
        Gene(number, organism, number % 2, f"{organism} <{number}>", 300) for number in range(count)
    ]


def make_comparison(*organisms: str, encoder: str = "count") -> Comparison:
    """Compare organisms of eight genes: the further apart in the list, the less similar."""
    pairs = {}
    for row, one in enumerate(organisms):
        for column, other in enumerate(organisms):
            if one != other:
                best = np.linspace(0.2, 1, 8) / abs(row - column)
                nearest = np.zeros(8, dtype=np.int64)
                pairs[one, other] = Similarity(
                    one, other, make_genes(one, 8), make_genes(other, 8), nearest, best
                )
    return Comparison(encoder, organisms, pairs)
