"""Training of profile evidence on a library's own sequences.

The families of a profile are those of the sequences that it matches. On held-out sequences it is
measured how much they say beside the other evidence, where the matches of the held-out cluster
itself are left out: a profile that knows nothing but that cluster says nothing about it. So neither
profiles that were built from the library's own genes nor irrelevant ones get any weight for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.classification.conditional_logit import fit_conditional_logit, probabilities
from core.classification.held_out import (
    CLUSTER_THRESHOLDS,
    HeldOutEvidence,
    TrainingSample,
)
from core.classification.profile_evidence import (
    SIGNIFICANT_E_VALUE,
    ProfileModel,
    ProfileParameters,
    combine,
    log_ratios,
)
from core.classification.profile_search import HmmProfile, ProfileMatch, ProfileSearch
from core.classification.training import (
    SINGLE_WEIGHT,
    JudgedSequences,
    Training,
    lowest_threshold,
)
from core.progress import Progress, no_progress

MIN_MATCHED = 30
"""Minimum number of held-out sequences on which profiles say something, to fit their weight on."""
DEFAULT_WEIGHTS = (1.0, 1.0)
"""Weights of the other evidence and of profiles where there are fewer: the evidence of profiles is
a ratio of probabilities, which counts in full if the two are independent."""
UNUSED_WEIGHTS = (1.0, 0.0)
_SIGNIFICANT_GAIN = 3.32
"""Nats by which profiles must improve the probabilities of the true families: chance does by as
much once in a hundred times (half of the chi-squared value of one degree of freedom)."""
_BATCH_SIZE = 128


def train_profiles(
    training: Training, profiles: Sequence[HmmProfile], *, progress: Progress = no_progress
) -> ProfileModel:
    """Learn the families of profiles, and how much the profiles count.

    Parameters
    ----------
    training
        The trained model of the library, with the evidence that it was trained on.
    profiles
        At least one.
    progress
        Called after each part; an exception that it raises ends the work.
    """
    sample = training.sample
    matches = _search(profiles, sample.sequences, progress)
    matched = _SampleMatches(sample, matches, len(profiles))
    held_out = [
        matched.hold_out(evidence, clusters)
        for evidence, clusters in zip(training.unclear, training.splits, strict=True)
    ]
    counts = np.stack([matched.counts(index) for index in range(len(profiles))])
    speaks = counts.any() or any(profile.family is not None for profile in profiles)
    weights = np.array(_fit_weights(training, held_out) if speaks else UNUSED_WEIGHTS)
    parameters = ProfileParameters(
        families=training.model.families,
        priors=matched.priors,
        counts=counts,
        weights=weights,
        threshold=np.array([_choose_threshold(training, held_out, weights)]),
    )
    return ProfileModel(profiles, parameters)


@dataclass(frozen=True, slots=True)
class _HeldOutProfiles:
    """Evidence of profiles on held-out sequences.

    Attributes
    ----------
    ratios
        float64, shape (n, families): nats for and against each family.
    supported
        bool, shape (n, families): families for which a match that is hardly chance speaks.
    """

    ratios: NDArray[np.float64]
    supported: NDArray[np.bool_]

    @property
    def informative(self) -> NDArray[np.bool_]:
        """Return where they say anything, shape (n,)."""
        return np.asarray(self.ratios.any(axis=1))


class _SampleMatches:
    """The matches of profiles in the sequences of a sample."""

    def __init__(
        self, sample: TrainingSample, matches: Sequence[Sequence[ProfileMatch]], n_profiles: int
    ) -> None:
        self._families = sample.families
        self._count = sample.count
        self._matches = matches
        self._clusters = sample.clusters(CLUSTER_THRESHOLDS[0])
        members: list[list[int]] = [[] for _ in range(n_profiles)]
        for row, row_matches in enumerate(matches):
            for match in row_matches:
                if match.e_value <= SIGNIFICANT_E_VALUE:
                    members[match.profile].append(row)
        self._members = [np.array(rows, dtype=np.int64) for rows in members]
        all_rows = np.arange(len(matches))
        self.priors = self._shares(all_rows) / np.unique(self._clusters).size

    def counts(self, profile: int) -> NDArray[np.float64]:
        """Return the clusters that a profile matches, by family."""
        return self._shares(self._members[profile])

    def hold_out(self, evidence: HeldOutEvidence, clusters: NDArray[np.int64]) -> _HeldOutProfiles:
        """Return what the profiles say on sequences whose clusters are held out."""
        ratios = np.zeros((len(evidence.rows), self._count))
        supported = np.zeros(ratios.shape, dtype=np.bool_)
        for index, row in enumerate(evidence.rows.tolist()):
            matches = self._matches[row]
            if not matches:
                continue
            known = [self._ratios_without(match.profile, clusters, row) for match in matches]
            ratios[index] = combine(known, [match.e_value for match in matches])
            for match, profile_ratios in zip(matches, known, strict=True):
                if match.e_value <= SIGNIFICANT_E_VALUE:
                    supported[index] |= profile_ratios > 0
        return _HeldOutProfiles(ratios, supported)

    def _ratios_without(
        self, profile: int, clusters: NDArray[np.int64], row: int
    ) -> NDArray[np.float64]:
        members = self._members[profile]
        return log_ratios(self._shares(members[clusters[members] != clusters[row]]), self.priors)

    def _shares(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the number of clusters of some sequences, shared out to their families."""
        _, inverse, sizes = np.unique(self._clusters[rows], return_inverse=True, return_counts=True)
        counts = np.bincount(
            self._families[rows], weights=1 / sizes[inverse], minlength=self._count
        )
        return np.asarray(counts, dtype=np.float64)


def _search(
    profiles: Sequence[HmmProfile], sequences: Sequence[str], progress: Progress
) -> list[list[ProfileMatch]]:
    search = ProfileSearch([profile.text for profile in profiles])
    matches: list[list[ProfileMatch]] = []
    for start in range(0, len(sequences), _BATCH_SIZE):
        progress("Searching profiles", start, len(sequences))
        matches += search.search(sequences[start : start + _BATCH_SIZE])
    return matches


def _fit_weights(training: Training, held_out: Sequence[_HeldOutProfiles]) -> tuple[float, float]:
    """Return the weights of the other evidence and of the profiles.

    The profiles get none unless they make the true families of held-out sequences more probable by
    more than chance would.
    """
    if training.sample.count == 1:  # Nothing to fit with one family; others may follow.
        return DEFAULT_WEIGHTS
    features, truth, row_weights, rows = [], [], [], []
    for split, (evidence, profiles) in enumerate(zip(training.unclear, held_out, strict=True)):
        chosen = profiles.informative
        if not chosen.any():
            continue
        features.append(_features(training, evidence, profiles)[chosen])
        truth.append(evidence.truth[chosen])
        weight = 1.0 if split else SINGLE_WEIGHT
        row_weights.append(np.full(int(chosen.sum()), weight))
        rows.append(evidence.rows[chosen])
    distinct = np.unique(np.concatenate(rows)).size if rows else 0
    if distinct < MIN_MATCHED:
        return DEFAULT_WEIGHTS
    arrays = np.concatenate(features), np.concatenate(truth), np.concatenate(row_weights)
    weights = fit_conditional_logit(*arrays)
    alone = np.append(fit_conditional_logit(arrays[0][:, :, :1], *arrays[1:]), 0.0)
    gain = _mean_log_probability(weights, *arrays) - _mean_log_probability(alone, *arrays)
    if weights.min() <= 0 or distinct * gain < _SIGNIFICANT_GAIN:
        return UNUSED_WEIGHTS
    return float(weights[0]), float(weights[1])


def _features(
    training: Training, evidence: HeldOutEvidence, profiles: _HeldOutProfiles
) -> NDArray[np.float64]:
    """Return the other evidence, weighted, and that of the profiles, shape (n, families, 2)."""
    other = evidence.features @ training.model.unclear_weights
    return np.stack([other, profiles.ratios], axis=2)


def _mean_log_probability(
    weights: NDArray[np.float64],
    features: NDArray[np.float64],
    truth: NDArray[np.int64],
    row_weights: NDArray[np.float64],
) -> float:
    shares = probabilities(features, weights)[np.arange(len(truth)), truth]
    logarithms = np.log(np.maximum(shares, np.finfo(np.float64).tiny))
    return float(np.average(logarithms, weights=row_weights))


def _choose_threshold(
    training: Training, held_out: Sequence[_HeldOutProfiles], weights: NDArray[np.float64]
) -> float:
    """Return the lowest threshold at which enough calls on held-out clusters are right."""
    if not weights[1]:
        return training.model.threshold
    judged = [
        _judge(
            evidence,
            probabilities(evidence.features, training.model.clear_weights),
            evidence.significant,
        )
        for evidence in training.clear[1:]
        if len(evidence.truth)
    ]
    for evidence, profiles in list(zip(training.unclear, held_out, strict=True))[1:]:
        if not len(evidence.truth):
            continue
        shares = probabilities(evidence.features, training.model.unclear_weights)
        chosen = profiles.informative
        shares[chosen] = probabilities(_features(training, evidence, profiles)[chosen], weights)
        best = profiles.supported[np.arange(len(shares)), shares.argmax(axis=1)]
        judged.append(_judge(evidence, shares, evidence.significant | best))
    return lowest_threshold([part for part in judged if part.weights.size])


def _judge(
    evidence: HeldOutEvidence, shares: NDArray[np.float64], significant: NDArray[np.bool_]
) -> JudgedSequences:
    return JudgedSequences(
        shares.max(axis=1)[significant],
        (shares.argmax(axis=1) == evidence.truth)[significant],
        evidence.weight[significant],
    )
