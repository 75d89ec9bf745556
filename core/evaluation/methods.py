"""Methods that an evaluation compares: they learn families, then predict those of queries."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.evaluation.data import LabelledData
from core.progress import Progress

NO_FAMILY = -1
"""Stands for a family where none is predicted, or none is true."""

MIN_TRAINING = 5
"""Minimum sequences of a classifier's training set; also the k of k-nearest neighbours."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions for some queries; all arrays have the shape (queries,).

    Attributes
    ----------
    families
        The best guess, called or not: int64; :data:`NO_FAMILY` where there is none.
    called
        Whether the method calls the family.
    confidences
        0 to 1; None where the method has none.
    scores
        Inner product with the nearest reference; None where the method has none.
    """

    families: NDArray[np.int64]
    called: NDArray[np.bool_]
    confidences: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None


Predictor = Callable[[Sequence[str]], Predictions]
"""A fitted method: from queries to predictions, in the order of the queries."""

Parameters = Mapping[str, str | int | float]
"""Settings of a method, by name."""


class Method(Protocol):
    """A way to predict families."""

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    @property
    def title(self) -> str:
        """Its name in reports."""
        ...

    def settings(self) -> Parameters:
        """Return its parameters."""
        ...

    def unavailable_reason(self) -> str:
        """Return why it cannot run here, as a sentence; empty if it can."""
        ...

    def fit(self, training: LabelledData, progress: Progress) -> AbstractContextManager[Predictor]:
        """Learn from a training set; all that was made for it goes at the end of the block.

        Parameters
        ----------
        progress
            May raise Cancelled.

        Raises
        ------
        GeneKinError
            If it cannot learn from that training set.
        """
        ...


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """Join predictions of several batches or rounds."""
    confidences = [part.confidences for part in parts if part.confidences is not None]
    scores = [part.scores for part in parts if part.scores is not None]
    return Predictions(
        families=np.concatenate([part.families for part in parts]),
        called=np.concatenate([part.called for part in parts]),
        confidences=np.concatenate(confidences) if len(confidences) == len(parts) else None,
        scores=np.concatenate(scores) if len(scores) == len(parts) else None,
    )


def reject_small_training(training: LabelledData) -> None:
    """Check that a training set has enough sequences and families.

    Raises
    ------
    InputError
        If it has one family only, or fewer than :data:`MIN_TRAINING` sequences.
    """
    families = np.unique(training.families).size
    if families < 2 or len(training) < MIN_TRAINING:
        message = f"A training set has {len(training)} sequences of {families} families."
        raise InputError(
            message,
            f"At least {MIN_TRAINING} sequences of 2 families are needed;"
            " evaluate on more sequences.",
        )
