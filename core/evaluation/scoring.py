"""From what a method answered, round by round, to how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.measures import (
    accuracy,
    bootstrap,
    by_similarity,
    calibration_error,
    confusion,
    coverage_curve,
    f1,
    family_scores,
    reliability,
)
from core.evaluation.methods import Predictions, together
from core.evaluation.report import Result

_FASTEST = 1e-6
"""Seconds that asking takes at least: no rate is endless."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a method answered in one round.

    Attributes
    ----------
    true
        Families of the queries.
    units
        What is not independent of each other has one number.
    similarities
        Of the queries to the nearest of what was learned from; None where they were changed.
    fit_seconds, seconds
        To learn, and to answer.
    """

    true: NDArray[np.int64]
    units: NDArray[np.int64]
    predictions: Predictions
    similarities: NDArray[np.float64] | None
    fit_seconds: float
    seconds: float


def judged(split: str, task: str, method: str, rounds: Sequence[Answered], seed: int) -> Result:
    """How a method fares with a task, all rounds together; `seed` is of the bootstrap."""
    true = np.concatenate([each.true for each in rounds])
    said = together([each.predictions for each in rounds])
    right = true == said.families
    intervals = bootstrap(
        true, said.families, np.concatenate([each.units for each in rounds]), seed
    )
    sure = said.confidences
    near = [each.similarities for each in rounds if each.similarities is not None]
    seconds = max(_FASTEST, sum(each.seconds for each in rounds))
    return Result(
        split=split,
        task=task,
        method=method,
        count=true.size,
        accuracy=accuracy(true, said.families),
        accuracy_interval=intervals.accuracy,
        macro_f1=f1(true, said.families, "macro"),
        macro_f1_interval=intervals.macro_f1,
        weighted_f1=f1(true, said.families, "weighted"),
        called=float(said.called.mean()),
        called_right=float(right[said.called].mean()) if said.called.any() else None,
        calibration_error=None if sure is None else calibration_error(sure, right),
        mean_score=None if said.scores is None else float(said.scores.mean()),
        families=tuple(family_scores(true, said.families)),
        confusion=tuple(confusion(true, said.families)),
        reliability=() if sure is None else tuple(reliability(sure, right)),
        coverage=() if sure is None else tuple(coverage_curve(sure, right)),
        by_similarity=tuple(by_similarity(np.concatenate(near), right)) if near else (),
        fit_seconds=float(np.mean([each.fit_seconds for each in rounds])),
        queries_per_second=true.size / seconds,
    )
