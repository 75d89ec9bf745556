"""The family model: it turns the candidates of a query into probabilities of families.

It combines several kinds of evidence. A close neighbour decides alone; without one, the best
ungapped alignments, the peptide composition of the query and, in a library that has some, profile
HMMs (:mod:`core.classification.profile_evidence`) count too. Their weights are learned from the
library itself (:mod:`core.classification.training`), so that a confidence of 0.9 is right about
nine times in ten, for near copies and for distant homologs alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.arrays import Arrays
from core.classification.conditional_logit import probabilities
from core.classification.evidence import (
    clear_features,
    is_clear,
    nats,
    neighbour_evidence,
    unclear_features,
)
from core.classification.peptide_kmers import DIMENSION, PeptideKmers
from core.classification.profile_evidence import ProfileEvidence
from core.classification.ungapped_alignment import segment_scores
from core.encoders.proteins import encode_bases
from core.encoders.sparse import dot
from core.encoders.translated import Profile, TranslatedEncoder, profile_table
from core.encoders.translation import find_longest_orf


@dataclass(frozen=True, slots=True)
class Candidate:
    """Sequence data of a candidate.

    Attributes
    ----------
    family
        Class number.
    profile
        Weighted k-mers.
    protein
        Residues of the longest open reading frame, uint8.
    bases
        Base codes, uint8.
    """

    family: int
    profile: Profile
    protein: NDArray[np.uint8]
    bases: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Query:
    """A query to classify: residues and weighted k-mers."""

    sequence: str
    profile: Profile


@dataclass(frozen=True)
class ModelParameters:
    """Learned parameters, as arrays; the names are those of the stored state.

    Attributes
    ----------
    families
        int64: class numbers of the families in the training data.
    weights, priors
        Linear classifier of peptide k-mers: float32 (k-mers, families); float64 (families,).
    clear_weights, unclear_weights
        Weights of the evidence for queries with and without a close neighbour: float64.
    noise
        float64 (intercept, slope): nats that random DNA reaches, by the natural logarithm of its
        length in bp.
    threshold
        float64 (1,): minimum confidence for a call.
    """

    families: NDArray[np.int64]
    weights: NDArray[np.float32]
    priors: NDArray[np.float64]
    clear_weights: NDArray[np.float64]
    unclear_weights: NDArray[np.float64]
    noise: NDArray[np.float64]
    threshold: NDArray[np.float64]


class FamilyModel:
    """A trained classifier of gene families; safe to share between threads."""

    def __init__(self, peptide_kmers: PeptideKmers, parameters: ModelParameters) -> None:
        self._peptide_kmers = peptide_kmers
        self._parameters = parameters

    @classmethod
    def from_state(cls, arrays: Arrays) -> Self:
        """Return the model whose :meth:`state` is `arrays`.

        Raises
        ------
        ValueError
            If they are not the state of a model.
        """
        if not _is_state(arrays):
            message = "not the state of a model"
            raise ValueError(message)
        parameters = {field.name: arrays[field.name] for field in fields(ModelParameters)}
        return cls(PeptideKmers(arrays["word_rarity"]), ModelParameters(**parameters))

    def state(self) -> Arrays:
        """Return all parameters as arrays."""
        return {**vars(self._parameters), **self._peptide_kmers.state()}

    @property
    def threshold(self) -> float:
        """Minimum confidence for a call."""
        return float(self._parameters.threshold[0])

    @property
    def unclear_weights(self) -> NDArray[np.float64]:
        """Weights of the evidence for queries without a close neighbour."""
        return self._parameters.unclear_weights

    @property
    def clear_weights(self) -> NDArray[np.float64]:
        """Weights of the evidence for queries with a close neighbour."""
        return self._parameters.clear_weights

    @property
    def families(self) -> NDArray[np.int64]:
        """Class numbers of the families in the training data."""
        return self._parameters.families

    def family_probabilities(
        self,
        query: Query,
        candidates: Sequence[Candidate],
        similarities: NDArray[np.float32],
        profiles: ProfileEvidence | None = None,
    ) -> tuple[dict[int, float], bool]:
        """Return the probability of each family, and whether the evidence is significant.

        Parameters
        ----------
        candidates, similarities
            Candidates, the most similar one first, and their :func:`cosine_similarities`.
        profiles
            Evidence of profile HMMs; a close neighbour needs none.

        Returns
        -------
        families
            Probability by class number, the largest first.
        significant
            True if the evidence is stronger than random DNA reaches.
        """
        numbers = self._class_numbers(candidates)
        families = np.array(
            [numbers.index(candidate.family) for candidate in candidates], dtype=np.int64
        )
        evidence = neighbour_evidence(similarities, families, len(numbers))
        if significant := is_clear(similarities):
            features, weights = clear_features(evidence), self._parameters.clear_weights
        else:
            strengths = alignments(query.sequence, candidates)
            composition = self.composition(query.sequence, len(numbers))
            length = len(query.sequence)
            features = unclear_features(evidence, strengths, families, composition, length)
            weights = self._parameters.unclear_weights
            significant = bool(strengths.size and strengths.max() >= self._noise(length))
            if profiles and (ratios := profiles.feature(numbers)).any():
                features = np.stack([features @ weights, ratios], axis=1)
                weights = profiles.weights
        shares = probabilities(features[None], weights)[0].tolist()
        if profiles and not significant:
            significant = profiles.supports(numbers[int(np.argmax(shares))])
        ranking = sorted(zip(numbers, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return dict(ranking), significant

    def composition(self, sequence: str, count: int | None = None) -> NDArray[np.float64]:
        """Score the peptide composition by family: about 1 for the true family, 0 for others.

        Families that were not in the training data, up to `count`, get 0.
        """
        keys, weights = self._peptide_kmers.features(sequence)
        scores = weights @ self._parameters.weights[keys] + self._parameters.priors
        return np.pad(scores.astype(np.float64), (0, (count or scores.size) - scores.size))

    def _class_numbers(self, candidates: Sequence[Candidate]) -> list[int]:
        """Return the class numbers of the training data, then others that the candidates have."""
        known = self._parameters.families.tolist()
        others = {candidate.family for candidate in candidates} - set(known)
        return [*known, *sorted(others)]

    def _noise(self, length: int) -> float:
        intercept, slope = self._parameters.noise
        return float(intercept + slope * np.log(max(length, 1)))


def _is_state(arrays: Arrays) -> bool:
    names = {field.name for field in fields(ModelParameters)}
    if set(arrays) != {*names, "word_rarity"}:
        return False
    families = arrays["families"]
    if families.dtype != np.int64 or families.ndim != 1 or not families.size:
        return False
    shapes: dict[str, tuple[int, ...]] = {
        "weights": (DIMENSION, families.size),
        "priors": families.shape,
        "clear_weights": (2,),
        "unclear_weights": (3,),
        "noise": (2,),
        "threshold": (1,),
        "word_rarity": (DIMENSION,),
    }
    if not all(_is_finite(name, arrays[name], shape) for name, shape in shapes.items()):
        return False
    is_distinct = np.unique(families).size == families.size
    return bool(is_distinct and 0 <= arrays["threshold"][0] <= 1)


def _is_finite(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> bool:
    dtype = np.float32 if name in {"weights", "word_rarity"} else np.float64
    return array.dtype == dtype and array.shape == shape and bool(np.isfinite(array).all())


def make_candidate(encoder: TranslatedEncoder, family: int, sequence: str) -> Candidate:
    """Return a sequence of the library as a candidate."""
    bases = encode_bases(sequence)
    return Candidate(family, encoder.profile(sequence), find_longest_orf(bases), bases)


def cosine_similarities(profile: Profile, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """Return the exact cosine similarities of a query's profile to those of its candidates."""
    with profile_table([profile]) as table:
        similarities = [
            dot(table, candidate.profile.keys, candidate.profile.weights)
            for candidate in candidates
        ]
    return np.array(similarities, dtype=np.float32)


def alignments(sequence: str, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """Return the nats of the best ungapped alignment of a query with each candidate's protein."""
    if not candidates:
        return np.zeros(0)
    lengths = np.array([candidate.protein.size for candidate in candidates], dtype=np.int64)
    proteins = np.concatenate([candidate.protein for candidate in candidates])
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return nats(segment_scores(encode_bases(sequence), proteins, ends), lengths)
