"""Evidence of profile HMMs for families, where a query has no close neighbour.

A profile says what a query is related to, not which family that is. Its families are those of the
library's own genes that it matches, counted by clusters of homologs, since relatives are no
independent witnesses; or the one that a user gave to it. How much that counts beside the other
evidence is learned on held-out clusters (:mod:`core.classification.profile_training`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.arrays import Arrays
from core.classification.profile_search import HmmProfile, ProfileMatch, ProfileSearch

SIGNIFICANT_E_VALUE = 0.001
"""E-value up to which a match is evidence that chance hardly brings: once in a thousand queries."""
NAMED_CLUSTERS = 4.0
"""Clusters of homologs that a user's word on the family of a profile is worth."""
_SMOOTHING = 1.0
"""Clusters, spread over the families as they are in the library, that every profile has."""


@dataclass(frozen=True, slots=True)
class ProfileHit:
    """A profile that matches a query, as it is shown.

    Attributes
    ----------
    family
        Class number of the family that it speaks for; None if it speaks for none.
    score, e_value, strand, frame, start, end
        As those of :class:`~core.classification.profile_search.ProfileMatch`.
    """

    name: str
    accession: str
    description: str
    family: int | None
    score: float
    e_value: float
    strand: str
    frame: int
    start: int
    end: int


@dataclass(frozen=True)
class ProfileParameters:
    """Learned parameters, as arrays; the names are those of the stored state.

    Attributes
    ----------
    families
        int64: class numbers of the families in the training data.
    priors
        float64, shape (families,): share of the clusters that each family has.
    counts
        float64, shape (profiles, families): clusters with genes that a profile matches, by family.
    weights
        float64 (other, profiles): weight of the other evidence, as a whole, and of the profiles,
        for queries that a profile matches. Profiles of weight 0 are not searched.
    threshold
        float64 (1,): minimum confidence for a call.
    """

    families: NDArray[np.int64]
    priors: NDArray[np.float64]
    counts: NDArray[np.float64]
    weights: NDArray[np.float64]
    threshold: NDArray[np.float64]


class ProfileModel:
    """The profiles of a library with what was learned about them; safe to share between threads.

    Parameters
    ----------
    profiles
        In the order of the parameters.
    """

    def __init__(self, profiles: Sequence[HmmProfile], parameters: ProfileParameters) -> None:
        self.profiles = tuple(profiles)
        self._parameters = parameters
        self._search = ProfileSearch([profile.text for profile in profiles])
        self._ratios = np.stack(
            [
                log_ratios(counts, parameters.priors, self._index(profile.family))
                for counts, profile in zip(parameters.counts, profiles, strict=True)
            ]
        )
        # Of a family that came later, nothing is counted.
        self._other_ratios = -np.log1p(self._totals() / _SMOOTHING)

    @classmethod
    def from_state(cls, profiles: Sequence[HmmProfile], arrays: Arrays) -> Self:
        """Return the model of these profiles whose :meth:`state` is `arrays`.

        Raises
        ------
        ValueError
            If they are not the state of such a model.
        """
        if not profiles or not _is_state(arrays, len(profiles)):
            message = "not the state of profiles"
            raise ValueError(message)
        return cls(profiles, ProfileParameters(**arrays))

    def state(self) -> Arrays:
        """Return all parameters as arrays."""
        return dict(vars(self._parameters))

    @property
    def is_used(self) -> bool:
        """True if the profiles have any weight."""
        return bool(self.weights[1] > 0)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of the other evidence, as a whole, and of the profiles."""
        return self._parameters.weights

    @property
    def threshold(self) -> float:
        """Minimum confidence for a call."""
        return float(self._parameters.threshold[0])

    def search(self, sequences: Sequence[str]) -> list["ProfileEvidence"]:
        """Return the evidence on each sequence (DNA); empty if the profiles have no weight."""
        if not self.is_used:
            return [ProfileEvidence(self, []) for _ in sequences]
        return [ProfileEvidence(self, matches) for matches in self._search.search(sequences)]

    def clusters(self, profile: int) -> dict[int, float]:
        """Return how many clusters of each family a profile matches, the most first."""
        counts = zip(
            self._parameters.families.tolist(),
            self._parameters.counts[profile].tolist(),
            strict=True,
        )
        return dict(sorted(((f, n) for f, n in counts if n > 0), key=lambda pair: -pair[1]))

    def family(self, profile: int) -> int | None:
        """Return the family that a profile speaks for most; None if it speaks for none."""
        best = int(self._ratios[profile].argmax())
        if self._ratios[profile][best] <= 0:
            return None
        return int(self._parameters.families[best])

    def ratios(self, profile: int, numbers: Sequence[int]) -> NDArray[np.float64]:
        """Return how much a profile speaks for or against each class number, in nats."""
        known = dict(
            zip(self._parameters.families.tolist(), self._ratios[profile].tolist(), strict=True)
        )
        other = float(self._other_ratios[profile])
        return np.array([known.get(number, other) for number in numbers])

    def _index(self, family: int | None) -> int | None:
        known = self._parameters.families.tolist()
        return known.index(family) if family in known else None

    def _totals(self) -> NDArray[np.float64]:
        named = np.array([self._index(profile.family) is not None for profile in self.profiles])
        return np.asarray(self._parameters.counts.sum(axis=1) + NAMED_CLUSTERS * named)


class ProfileEvidence:
    """Evidence of the profiles about one query.

    Attributes
    ----------
    matches
        The profiles that match it, the best first.
    weights
        Weight of the other evidence, as a whole, and of the profiles.
    """

    def __init__(self, model: ProfileModel, matches: Sequence[ProfileMatch]) -> None:
        self._model = model
        self.matches = tuple(matches)
        self.weights = model.weights

    def __bool__(self) -> bool:
        return bool(self.matches)

    def feature(self, numbers: Sequence[int]) -> NDArray[np.float64]:
        """Return the evidence for each class number, shape (numbers,)."""
        return combine(
            [self._model.ratios(match.profile, numbers) for match in self.matches],
            [match.e_value for match in self.matches],
        )

    def supports(self, number: int) -> bool:
        """Return whether a match that is hardly chance speaks for a class number."""
        return any(
            match.e_value <= SIGNIFICANT_E_VALUE
            and self._model.ratios(match.profile, [number])[0] > 0
            for match in self.matches
        )

    def hits(self) -> tuple[ProfileHit, ...]:
        """Return the matches as they are shown."""
        return tuple(map(self._hit, self.matches))

    def _hit(self, match: ProfileMatch) -> ProfileHit:
        profile = self._model.profiles[match.profile]
        return ProfileHit(
            name=profile.name,
            accession=profile.accession,
            description=profile.description,
            family=self._model.family(match.profile),
            score=match.score,
            e_value=match.e_value,
            strand=match.strand,
            frame=match.frame,
            start=match.start,
            end=match.end,
        )


def log_ratios(
    counts: NDArray[np.float64], priors: NDArray[np.float64], named: int | None = None
) -> NDArray[np.float64]:
    """Return how much likelier each family is among a profile's matches than in the library (nats).

    Parameters
    ----------
    counts, priors
        Clusters that the profile matches, and share of all clusters, by family.
    named
        Index of the family that a user gave to it.

    Returns
    -------
    float64, shape (families,): all 0 for a profile that matches nothing and has no family.
    """
    seen = counts + _SMOOTHING * priors
    if named is not None:
        seen[named] += NAMED_CLUSTERS
    return np.asarray(np.log(seen / seen.sum()) - np.log(priors))


def combine(
    ratios: Sequence[NDArray[np.float64]], e_values: Sequence[float]
) -> NDArray[np.float64]:
    """Return the evidence of matches together: for each family the match that says most for it.

    A match counts by the probability that it is not chance, if one homolog in as many comparisons
    is expected.
    """
    reliable = [ratio / (1 + e_value) for ratio, e_value in zip(ratios, e_values, strict=True)]
    return np.asarray(np.max(reliable, axis=0))


def _is_state(arrays: Arrays, n_profiles: int) -> bool:
    if set(arrays) != {field.name for field in fields(ProfileParameters)}:
        return False
    families = arrays["families"]
    if families.dtype != np.int64 or families.ndim != 1 or not families.size:
        return False
    shapes = {
        "priors": families.shape,
        "counts": (n_profiles, families.size),
        "weights": (2,),
        "threshold": (1,),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
            return False
    return bool(
        np.unique(families).size == families.size
        and (arrays["priors"] > 0).all()
        and (arrays["counts"] >= 0).all()
        and 0 <= arrays["threshold"][0] <= 1
    )
