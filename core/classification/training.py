"""Training of the family model on a library's own sequences.

On the evidence that sequences get when they are held out (:mod:`core.classification.held_out`), the
weights of the evidence are fitted, and the minimum confidence for a call is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.classification.conditional_logit import fit_conditional_logit, probabilities
from core.classification.held_out import (
    CLUSTER_THRESHOLDS,
    MIN_SEQUENCES,
    HeldOutEvidence,
    TrainingSample,
)
from core.classification.model import FamilyModel, ModelParameters
from core.encoders.translated import TranslatedEncoder
from core.progress import Progress, no_progress

MAX_SEQUENCES = 3_000
"""Maximum number of sequences to train on; of a larger library, a random sample."""
PRECISION = 0.97
"""Share of correct calls on held-out clusters that the threshold guarantees."""
MIN_THRESHOLD, MAX_THRESHOLD = 0.8, 0.99

SINGLE_WEIGHT = 4.0
"""Weight of an unclear sequence that is held out alone, which is the case of most queries."""
_DEFAULT_CLEAR_WEIGHTS = (2.5, 4.5)
_DEFAULT_UNCLEAR_WEIGHTS = (16.0, 5.0, 0.15)
"""Weights for a library too small to fit its own: those of the human reference, rounded."""


@dataclass(frozen=True, slots=True)
class Training:
    """A trained model, and the evidence that it was trained on.

    Attributes
    ----------
    sample
        The sequences.
    splits
        Cluster of every sequence, in each split.
    clear, unclear
        Evidence on the sequences with and without a close neighbour, in each split.
    """

    model: FamilyModel
    sample: TrainingSample
    splits: Sequence[NDArray[np.int64]]
    clear: Sequence[HeldOutEvidence]
    unclear: Sequence[HeldOutEvidence]


def train_model(
    encoder: TranslatedEncoder,
    sequences: Sequence[str],
    families: Sequence[int],
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> FamilyModel:
    """Train the family model on the sequences of a library.

    Parameters
    ----------
    sequences, families
        Distinct sequences, and the class number of each.
    seed
        Seed of the sampling.
    """
    return train(encoder, sequences, families, seed=seed, progress=progress).model


def train(
    encoder: TranslatedEncoder,
    sequences: Sequence[str],
    families: Sequence[int],
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Training:
    """Train the family model as :func:`train_model` does, and keep the evidence."""
    steps = _Steps(progress, len(CLUSTER_THRESHOLDS) + 3)
    generator = np.random.default_rng(seed)
    numbers, indexes = np.unique(np.array(families, dtype=np.int64), return_inverse=True)
    chosen = np.arange(len(sequences))
    if len(sequences) > MAX_SEQUENCES:
        chosen = np.sort(generator.choice(len(sequences), MAX_SEQUENCES, replace=False))
    sample = TrainingSample(
        encoder,
        [sequences[index] for index in chosen.tolist()],
        indexes[chosen],
        len(numbers),
        generator,
        check_cancelled=steps.report,
    )
    steps.finish_step()
    noise = sample.noise()
    clear: list[HeldOutEvidence] = []
    unclear: list[HeldOutEvidence] = []
    splits = sample.splits()
    for clusters in splits:
        steps.finish_step()
        clear_evidence, unclear_evidence = sample.hold_out(clusters, noise)
        clear.append(clear_evidence)
        unclear.append(unclear_evidence)
    steps.finish_step()
    clear_weights = _fit_weights(clear, _DEFAULT_CLEAR_WEIGHTS)
    unclear_weights = _fit_weights(unclear, _DEFAULT_UNCLEAR_WEIGHTS, first_weight=SINGLE_WEIGHT)
    threshold = _choose_threshold(clear[1:], clear_weights, unclear[1:], unclear_weights)
    parameters = ModelParameters(
        families=numbers,
        weights=sample.ridge.weights,
        priors=sample.ridge.priors,
        clear_weights=clear_weights,
        unclear_weights=unclear_weights,
        noise=noise,
        threshold=np.array([threshold]),
    )
    model = FamilyModel(sample.peptide_kmers, parameters)
    return Training(model, sample, splits, clear, unclear)


class _Steps:
    """Progress of the training, reported within steps too, so that it can be cancelled soon."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self.report()

    def finish_step(self) -> None:
        self._done += 1
        self.report()

    def report(self) -> None:
        self._progress("Training classifier", self._done, self._total)


def _fit_weights(
    splits: Sequence[HeldOutEvidence], default: Sequence[float], first_weight: float = 1.0
) -> NDArray[np.float64]:
    """Fit the weights of the features on all splits; return the default if there is too little.

    `first_weight` is the weight of every sequence in the first split.
    """
    split_weights = [first_weight, *([1.0] * (len(splits) - 1))]
    filled = [
        (evidence, weight)
        for evidence, weight in zip(splits, split_weights, strict=True)
        if len(evidence.truth)
    ]
    if sum(len(evidence.truth) for evidence, _ in filled) < MIN_SEQUENCES:
        return np.array(default)
    if filled[0][0].features.shape[1] == 1:  # Nothing to fit with one family; others may follow.
        return np.array(default)
    return fit_conditional_logit(
        np.concatenate([evidence.features for evidence, _ in filled]),
        np.concatenate([evidence.truth for evidence, _ in filled]),
        np.concatenate([np.full(len(evidence.truth), weight) for evidence, weight in filled]),
    )


def _choose_threshold(
    clear: Sequence[HeldOutEvidence],
    clear_weights: NDArray[np.float64],
    unclear: Sequence[HeldOutEvidence],
    unclear_weights: NDArray[np.float64],
) -> float:
    """Return the lowest threshold at which enough of the calls on held-out clusters are right."""
    weighted = [(evidence, clear_weights) for evidence in clear]
    weighted += [(evidence, unclear_weights) for evidence in unclear]
    judged = []
    for evidence, weights in weighted:
        if not evidence.significant.any():
            continue
        shares = probabilities(evidence.features[evidence.significant], weights)
        judged.append(
            JudgedSequences(
                shares.max(axis=1),
                shares.argmax(axis=1) == evidence.truth[evidence.significant],
                evidence.weight[evidence.significant],
            )
        )
    return lowest_threshold(judged)


class JudgedSequences(NamedTuple):
    """Best guesses on held-out sequences with significant evidence.

    Attributes
    ----------
    confidences
        float64, shape (n,).
    correct
        bool, shape (n,).
    weights
        float64, shape (n,): number of sequences that each one represents.
    """

    confidences: NDArray[np.float64]
    correct: NDArray[np.bool_]
    weights: NDArray[np.float64]


def lowest_threshold(judged: Sequence[JudgedSequences]) -> float:
    """Return the lowest confidence above which enough of the best guesses are right."""
    if not judged:
        return MIN_THRESHOLD
    confidences, correct, row_weights = (
        np.concatenate(parts) for parts in zip(*judged, strict=True)
    )
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    ranked_weights = row_weights[order]
    precision = np.cumsum(ranked_weights * correct[order]) / np.cumsum(ranked_weights)
    sufficient = np.flatnonzero(precision >= PRECISION)
    threshold = float(ranked[sufficient[-1]]) if sufficient.size else MAX_THRESHOLD
    return float(np.clip(threshold, MIN_THRESHOLD, MAX_THRESHOLD))
