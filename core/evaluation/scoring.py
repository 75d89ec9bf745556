"""Scores of a method on a task, from its predictions in all rounds of a split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.measures import (
    accuracy,
    accuracy_by_similarity,
    bootstrap_intervals,
    calibration_error,
    confusion,
    coverage_curve,
    f1,
    family_scores,
    reliability_bins,
)
from core.evaluation.methods import Predictions, concatenate
from core.evaluation.report import Result

_MIN_SECONDS = 1e-6
"""Lower bound of the prediction time, so that rates stay finite."""


@dataclass(frozen=True, slots=True)
class TaskPredictions:
    """Predictions of a method on a task in one round.

    Attributes
    ----------
    true
        Families of the queries.
    units
        Resampling unit of each query.
    similarities
        Of each query to the nearest sequence of the training set; None for perturbed queries.
    fit_seconds, seconds
        Of fitting and of predicting.
    """

    true: NDArray[np.int64]
    units: NDArray[np.int64]
    predictions: Predictions
    similarities: NDArray[np.float64] | None
    fit_seconds: float
    seconds: float


def score(
    split: str, task: str, method: str, rounds: Sequence[TaskPredictions], seed: int
) -> Result:
    """Score a method on a task, over all rounds; `seed` is of the bootstrap."""
    true = np.concatenate([item.true for item in rounds])
    units = np.concatenate([item.units for item in rounds])
    predictions = concatenate([item.predictions for item in rounds])
    predicted, called = predictions.families, predictions.called
    correct = true == predicted
    intervals = bootstrap_intervals(true, predicted, units, seed)
    confidences = predictions.confidences
    similarities = [item.similarities for item in rounds if item.similarities is not None]
    seconds = max(_MIN_SECONDS, sum(item.seconds for item in rounds))
    return Result(
        split=split,
        task=task,
        method=method,
        count=true.size,
        accuracy=accuracy(true, predicted),
        accuracy_interval=intervals.accuracy,
        macro_f1=f1(true, predicted, "macro"),
        macro_f1_interval=intervals.macro_f1,
        weighted_f1=f1(true, predicted, "weighted"),
        called=float(called.mean()),
        called_right=float(correct[called].mean()) if called.any() else None,
        calibration_error=None if confidences is None else calibration_error(confidences, correct),
        mean_score=None if predictions.scores is None else float(predictions.scores.mean()),
        families=tuple(family_scores(true, predicted)),
        confusion=tuple(confusion(true, predicted)),
        reliability=() if confidences is None else tuple(reliability_bins(confidences, correct)),
        coverage=() if confidences is None else tuple(coverage_curve(confidences, correct)),
        by_similarity=(
            tuple(accuracy_by_similarity(np.concatenate(similarities), correct))
            if similarities
            else ()
        ),
        fit_seconds=float(np.mean([item.fit_seconds for item in rounds])),
        queries_per_second=true.size / seconds,
    )
