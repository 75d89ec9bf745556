"""The caller: it turns the candidates of a query into a decision.

It joins two kinds of evidence. Neighbours answer where a relative is near; where none is, the best
ungapped alignments and the composition of the protein still say something. How much each may say
is learned from the library itself (:mod:`core.classification.training`), so that a confidence of 0.9 is
right about nine times in ten, for near copies and for strangers alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.arrays import Arrays
from core.classification.conditional_logit import probabilities
from core.classification.evidence import (
    CLEAR,
    clear_features,
    nats,
    neighbour_evidence,
    unclear_features,
)
from core.classification.peptide_kmers import PeptideKmers
from core.classification.ungapped_alignment import segment_scores
from core.encoders.proteins import base_codes
from core.encoders.sparse import dot
from core.encoders.translated import Profile, TranslatedEncoder, spread
from core.encoders.translation import longest_orf


@dataclass(frozen=True, slots=True)
class Candidate:
    """What deciding needs of a candidate.

    Attributes
    ----------
    family
        Its class number.
    profile
        Its k-mers.
    protein
        Residues of its longest open stretch, uint8.
    """

    family: int
    profile: Profile
    protein: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Query:
    """What deciding needs of a query."""

    sequence: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Decision:
    """What the evidence says of one query.

    Attributes
    ----------
    order
        Candidates from the closest to the farthest, as indexes.
    cosines
        Their inner products with the query, float32, in that order.
    families
        Probability of each family by class number, the largest first.
    significant
        Whether the evidence is more than random DNA reaches.
    """

    order: NDArray[np.int64]
    cosines: NDArray[np.float32]
    families: dict[int, float]
    significant: bool


@dataclass(frozen=True)
class ModelParameters:
    """All that a caller knows, as arrays.

    Attributes
    ----------
    families
        int64: class numbers of the families that it was fitted on.
    weights, priors
        Of the linear classifier: float32 (words, families); float64 (families,).
    clear_weights, unclear_weights
        Of the joining, for queries with a close neighbour and without: float64.
    noise
        float64 (intercept, slope): nats that random DNA of some length reaches, by the natural
        logarithm of its bases.
    threshold
        float64 (1,): confidence from which on a query is called.
    """

    families: NDArray[np.int64]
    weights: NDArray[np.float32]
    priors: NDArray[np.float64]
    clear_weights: NDArray[np.float64]
    unclear_weights: NDArray[np.float64]
    noise: NDArray[np.float64]
    threshold: NDArray[np.float64]


def candidate(encoder: TranslatedEncoder, family: int, sequence: str) -> Candidate:
    """A sequence as a candidate."""
    return Candidate(family, encoder.profile(sequence), longest_orf(base_codes(sequence)))


class FamilyModel:
    """Decides by what was learned; safe to share between threads."""

    def __init__(self, words: PeptideKmers, learned: ModelParameters) -> None:
        self._words = words
        self._learned = learned

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """The caller whose :meth:`state` was `arrays`."""
        learned = {name: arrays[name] for name in ModelParameters.__dataclass_fields__}
        return cls(PeptideKmers(arrays["word_rarity"]), ModelParameters(**learned))

    def state(self) -> Arrays:
        """Everything that it knows."""
        return {**vars(self._learned), **self._words.state()}

    @property
    def threshold(self) -> float:
        """Confidence from which on a query is called."""
        return float(self._learned.threshold[0])

    def decide(
        self, query: Query, candidates: Sequence[Candidate], products: NDArray[np.float32]
    ) -> Decision:
        """Judge a query by its candidates, which may come in any order.

        Parameters
        ----------
        products
            Their inner products with the query, from :func:`cosines`.
        """
        order = np.argsort(-products, kind="stable")
        products = products[order]
        ranked = [candidates[place] for place in order]
        numbers = self._numbers(ranked)
        families = np.array([numbers.index(each.family) for each in ranked], dtype=np.int64)
        evidence = neighbour_evidence(products, families, len(numbers))
        if significant := is_clear(products):
            features, weights = clear_features(evidence), self._learned.clear_weights
        else:
            strengths = alignments(query.sequence, ranked)
            composition = self.composition(query.sequence, len(numbers))
            length = len(query.sequence)
            features = unclear_features(evidence, strengths, families, composition, length)
            weights = self._learned.unclear_weights
            significant = bool(strengths.size and strengths.max() >= self._noise(length))
        shares = probabilities(features[None], weights)[0].tolist()
        ranking = sorted(zip(numbers, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return Decision(order, products, dict(ranking), significant)

    def composition(self, sequence: str, count: int | None = None) -> NDArray[np.float64]:
        """What the short words say of each family: about 1 for its own, about 0 for the others.

        Families beyond those it was fitted on, up to `count`, get 0.
        """
        keys, weights = self._words.features(sequence)
        said = weights @ self._learned.weights[keys] + self._learned.priors
        return np.pad(said.astype(np.float64), (0, (count or said.size) - said.size))

    def _numbers(self, candidates: Sequence[Candidate]) -> list[int]:
        """Class numbers: those it was fitted on, then others that the candidates have."""
        known = self._learned.families.tolist()
        others = {candidate.family for candidate in candidates} - set(known)
        return [*known, *sorted(others)]

    def _noise(self, length: int) -> float:
        intercept, slope = self._learned.noise
        return float(intercept + slope * np.log(max(length, 1)))


def cosines(profile: Profile, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """Exact inner products of a query's profile with those of its candidates."""
    with spread([profile]) as table:
        products = [dot(table, each.profile.keys, each.profile.weights) for each in candidates]
    return np.array(products, dtype=np.float32)


def is_clear(products: NDArray[np.float32]) -> bool:
    """Whether one of the candidates is so close that no more need to be looked at."""
    return bool((products >= CLEAR).any())


def alignments(sequence: str, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """Nats of the best ungapped alignment of a query with each candidate's protein."""
    if not candidates:
        return np.zeros(0)
    lengths = np.array([each.protein.size for each in candidates], dtype=np.int64)
    proteins = np.concatenate([each.protein for each in candidates])
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return nats(segment_scores(base_codes(sequence), proteins, ends), lengths)
