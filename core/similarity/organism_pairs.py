"""Results of comparing organisms: the nearest gene of each gene, and its similarity."""

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
    """The best inner product of each gene of an organism with any gene of a reference organism.

    It is a cosine of weighted k-mers: 1 for genes with the same k-mers, 0 for genes that share
    none. It is not the percent identity of genomes.

    Attributes
    ----------
    organism, reference
        Names of the two organisms.
    genes
        Genes of `organism`, in the order they were loaded.
    reference_genes
        All genes of `reference`.
    nearest
        int64, shape (n,): index in `reference_genes` of the nearest of each gene; -1 where nothing
        is shared with any.
    best
        float64, shape (n,): inner product with the nearest gene; 0 where nothing is shared.
    """

    organism: str
    reference: str
    genes: Sequence[Gene]
    reference_genes: Sequence[Gene]
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
        """Mean best inner product with its interval."""
        return estimate_mean(self.best)

    @cached_property
    def by_family(self) -> Mapping[int, Estimate]:
        """Mean best inner products of each family, by ascending class number."""
        families = np.array([gene.family for gene in self.genes], dtype=np.int64)
        return {
            family: estimate_mean(self.best[families == family])
            for family in np.unique(families).tolist()
        }

    def rank_genes(self, *, closest: bool, max_genes: int) -> list[int]:
        """Return the indices of the most, or least, similar genes, those first; ties in order."""
        order = np.argsort(-self.best if closest else self.best, kind="stable")
        indices: list[int] = order[:max_genes].tolist()
        return indices

    def nearest_gene(self, index: int) -> Gene | None:
        """Return the nearest gene of the reference to a gene; None if nothing is shared."""
        nearest = int(self.nearest[index])
        return self.reference_genes[nearest] if nearest >= 0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Similarities of all pairs of organisms, in both directions.

    Attributes
    ----------
    encoder
        Name of the encoder.
    organisms
        In the order they were loaded.
    pairs
        By organism and reference organism; at least one gene each.
    """

    encoder: str
    organisms: Sequence[str]
    pairs: Mapping[tuple[str, str], Similarity]

    def distance(self, one: str, other: str) -> float:
        """Return one minus the mean of both directions: 0 if every gene has an identical one."""
        forward, reverse = self.pairs[one, other].mean, self.pairs[other, one].mean
        return 1 - (forward + reverse) / 2

    @property
    def n(self) -> int:
        """Number of genes of all organisms whose nearest genes were searched."""
        return sum({pair.organism: pair.n for pair in self.pairs.values()}.values())

    def rank_against(self, reference: str) -> list[Similarity]:
        """Return the similarities of the other organisms to a reference, the closest first."""
        pairs = [pair for pair in self.pairs.values() if pair.reference == reference]
        return sorted(pairs, key=lambda pair: -pair.mean)
