"""What comparing the genes of organisms brings: the nearest of each gene, and how near it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.bootstrap import Estimate, estimate_mean


@dataclass(frozen=True, slots=True)
class Gene:
    """A sequence of an organism, without its residues; `length` is in bases."""

    id: int
    organism: str
    family: int
    name: str
    length: int


@dataclass(frozen=True)
class Similarity:
    """The best inner product of each gene of one organism with any gene of another.

    It is a cosine of weighted words of these genes: 1 where they have the same words, 0 where they
    share none. It is not the percent identity of genomes.

    Attributes
    ----------
    genes
        Those of the organism `of`, in the order they came.
    others
        All of the organism `to`.
    nearest
        Place among `others` of the nearest of each gene, int64, shape (n,); -1 where it shares
        nothing with any.
    best
        float64, shape (n,); 0 where nothing is shared.
    """

    of: str
    to: str
    genes: Sequence[Gene]
    others: Sequence[Gene]
    nearest: NDArray[np.int64]
    best: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of genes compared."""
        return len(self.best)

    @property
    def mean(self) -> float:
        """Mean best inner product."""
        return float(self.best.mean())

    @cached_property
    def estimate(self) -> Estimate:
        """The mean with its interval."""
        return estimate_mean(self.best)

    @cached_property
    def by_family(self) -> Mapping[int, Estimate]:
        """The same for the genes of each family, by ascending class number."""
        families = np.array([gene.family for gene in self.genes], dtype=np.int64)
        return {
            family: estimate_mean(self.best[families == family])
            for family in np.unique(families).tolist()
        }

    def ranked(self, *, closest: bool, most: int) -> list[int]:
        """Places of the closest, or farthest, genes, those first; of equals, the first came."""
        order = np.argsort(-self.best if closest else self.best, kind="stable")
        places: list[int] = order[:most].tolist()
        return places

    def nearest_gene(self, place: int) -> Gene | None:
        """The gene of `to` that is nearest to the gene at that place."""
        number = int(self.nearest[place])
        return self.others[number] if number >= 0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every organism with every other, both ways.

    Attributes
    ----------
    encoder
        Of which encoder its figures are.
    organisms
        In the order they came.
    pairs
        By organism and other organism; at least one gene each.
    """

    encoder: str
    organisms: Sequence[str]
    pairs: Mapping[tuple[str, str], Similarity]

    def distance(self, one: str, other: str) -> float:
        """One minus the mean of both directions: 0 where every gene has its double."""
        there, back = self.pairs[one, other].mean, self.pairs[other, one].mean
        return 1 - (there + back) / 2

    @property
    def n(self) -> int:
        """Number of genes, of all organisms, whose nearest were looked for."""
        return sum({pair.of: pair.n for pair in self.pairs.values()}.values())

    def seen_from(self, organism: str) -> list[Similarity]:
        """How close the others' genes come to those of an organism, the closest first."""
        found = [pair for pair in self.pairs.values() if pair.to == organism]
        return sorted(found, key=lambda pair: -pair.mean)
