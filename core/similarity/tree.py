"""A tree of organisms, by how close their genes are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy.cluster.hierarchy import dendrogram, linkage

from core.errors import InputError
from core.similarity.organism_pairs import Comparison

FEWEST = 3
"""Organisms that a tree needs to say more than one distance."""


@dataclass(frozen=True, slots=True)
class Join:
    """Where two branches meet.

    Attributes
    ----------
    places
        Of the two branches: 0 is the first of the tree's organisms, 1 the second.
    starts
        The distances at which the two branches begin.
    distance
        The distance at which they meet: the mean over all pairs of their organisms.
    """

    places: tuple[float, float]
    starts: tuple[float, float]
    distance: float


@dataclass(frozen=True, slots=True)
class Tree:
    """Organisms joined by average linkage (UPGMA).

    Attributes
    ----------
    organisms
        As the tree has them, from one end to the other.
    joins
        One fewer.
    """

    organisms: Sequence[str]
    joins: Sequence[Join]


def organism_tree(comparison: Comparison) -> Tree:
    """Join the organisms by one minus the mean best inner product of both directions.

    It shows which are close, in these genes; it is not a phylogeny.

    Raises
    ------
    InputError
        If there are fewer than three.
    """
    names = comparison.organisms
    if len(names) < FEWEST:
        message = f"{len(names)} organisms make no tree."
        raise InputError(message, "Load three or more.")
    distances = [max(0.0, comparison.distance(*pair)) for pair in combinations(names, 2)]
    drawn = dendrogram(linkage(distances, "average", optimal_ordering=True), no_plot=True)
    joins = tuple(
        Join(
            # scipy draws its leaves at 5, 15, 25, …
            places=((across[0] - 5) / 10, (across[2] - 5) / 10),
            starts=(float(up[0]), float(up[3])),
            distance=float(up[1]),
        )
        for across, up in zip(drawn["icoord"], drawn["dcoord"], strict=True)
    )
    return Tree(tuple(names[place] for place in drawn["leaves"] or ()), joins)
