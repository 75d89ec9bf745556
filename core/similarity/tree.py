"""A tree of organisms by the similarity of their genes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.errors import InputError
from core.similarity.organism_pairs import Comparison

MIN_ORGANISMS = 3
"""Organisms of a tree; two have a single distance."""


@dataclass(frozen=True, slots=True)
class Join:
    """The node where two branches meet.

    Attributes
    ----------
    positions
        Positions of the two branches: 0 is the first of the tree's organisms, 1 the second.
    start_distances
        Distances at which the two branches begin.
    distance
        Distance at which they meet: the mean over all pairs of their organisms.
    """

    positions: tuple[float, float]
    start_distances: tuple[float, float]
    distance: float


@dataclass(frozen=True, slots=True)
class Merge:
    """Two groups of organisms that are joined, and the distance at which they are."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    distance: float


@dataclass(frozen=True, slots=True)
class Tree:
    """Organisms joined by average linkage (UPGMA).

    Attributes
    ----------
    organisms
        Names in the order of the leaves.
    joins
        Inner nodes, one fewer than organisms.
    """

    organisms: Sequence[str]
    joins: Sequence[Join]

    def merges(self) -> Iterator[Merge]:
        """Return the groups that are joined, the nearest first, each with its members in order."""
        groups: dict[float, tuple[str, ...]] = {
            float(at): (name,) for at, name in enumerate(self.organisms)
        }
        for join in sorted(self.joins, key=lambda join: join.distance):
            one, other = (groups.pop(_nearest(groups, position)) for position in join.positions)
            groups[sum(join.positions) / 2] = one + other
            yield Merge(one, other, join.distance)

    def newick(self) -> str:
        """Return the tree in Newick format, with distances as lengths of paths between leaves."""
        clades: dict[tuple[str, ...], _Clade] = {
            (name,): _Clade(_quote(name), 0.0) for name in self.organisms
        }
        for merge in self.merges():
            height = merge.distance / 2
            branches = (clades.pop(group).branch(height) for group in (merge.one, merge.other))
            clades[merge.one + merge.other] = _Clade(f"({','.join(branches)})", height)
        (root,) = clades.values()
        return f"{root.text};\n"


@dataclass(frozen=True, slots=True)
class _Clade:
    """A subtree in Newick format, and the height of its node."""

    text: str
    height: float

    def branch(self, height: float) -> str:
        return f"{self.text}:{height - self.height:.6g}"


def build_tree(comparison: Comparison) -> Tree:
    """Join organisms by one minus the mean best inner product of both directions.

    The tree groups organisms by these genes; it is not a phylogeny.

    Raises
    ------
    InputError
        If there are fewer than three organisms.
    """
    from scipy.cluster.hierarchy import dendrogram, linkage  # It takes half a second to import.

    names = comparison.organisms
    if len(names) < MIN_ORGANISMS:
        message = f"A tree needs {MIN_ORGANISMS} or more organisms, not {len(names)}."
        raise InputError(message, "Load more organisms.")
    distances = [max(0.0, comparison.distance(*pair)) for pair in combinations(names, 2)]
    layout = dendrogram(linkage(distances, "average", optimal_ordering=True), no_plot=True)
    joins = tuple(
        Join(
            # scipy draws its leaves at 5, 15, 25, …
            positions=((across[0] - 5) / 10, (across[2] - 5) / 10),
            start_distances=(float(up[0]), float(up[3])),
            distance=float(up[1]),
        )
        for across, up in zip(layout["icoord"], layout["dcoord"], strict=True)
    )
    return Tree(tuple(names[index] for index in layout["leaves"] or ()), joins)


def _nearest(positions: Iterable[float], position: float) -> float:
    """Return the known position next to one that rounding may have moved."""
    return min(positions, key=lambda known: abs(known - position))


def _quote(name: str) -> str:
    """Quote a name for Newick, where a quote is doubled."""
    return "'" + name.replace("'", "''") + "'"
