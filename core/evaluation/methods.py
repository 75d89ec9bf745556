"""What can be evaluated: a method learns from labelled sequences, then names families of others."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.evaluation.data import LabelledData

NONE = -1
"""In the place of a family: the method names none."""

FEWEST = 5
"""Sequences that a classifier learns from at least; k-nearest neighbours asks so many."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a method says of some queries.

    Attributes
    ----------
    families
        The best guess, called or not: int64; :data:`NONE` where there is none.
    called
        Whether the method stands by it.
    confidences
        How sure it is, 0 to 1; None where it does not say.
    scores
        Inner product with the nearest reference; None where it has none.
    """

    families: NDArray[np.int64]
    called: NDArray[np.bool_]
    confidences: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None


Answering = Callable[[Sequence[str]], Predictions]
"""A method that has learned: from queries to what it says of them."""


class Method(Protocol):
    """Something that can learn families."""

    @property
    def name(self) -> str:
        """What the command line calls it."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def settings(self) -> Mapping[str, str | int | float]:
        """Its parameters."""
        ...

    def missing(self) -> str:
        """Why it cannot run here, in a sentence; empty where it can."""
        ...

    def fitted(
        self, training: LabelledData, step: Callable[[], None]
    ) -> AbstractContextManager[Answering]:
        """Learn from a training part; what was made for it goes at the end of the block.

        Parameters
        ----------
        step
            Called between small steps; raises Cancelled when the work is to end.

        Raises
        ------
        GeneKinError
            If it cannot learn from that.
        """
        ...


def together(parts: Sequence[Predictions]) -> Predictions:
    """The predictions of several rounds, one after the other."""
    confidences = [part.confidences for part in parts if part.confidences is not None]
    scores = [part.scores for part in parts if part.scores is not None]
    return Predictions(
        families=np.concatenate([part.families for part in parts]),
        called=np.concatenate([part.called for part in parts]),
        confidences=np.concatenate(confidences) if len(confidences) == len(parts) else None,
        scores=np.concatenate(scores) if len(scores) == len(parts) else None,
    )


def require_enough(training: LabelledData) -> None:
    """Check that there is something to tell apart, and something to tell it from.

    Raises
    ------
    InputError
        If a training part has one family only, or next to no sequences.
    """
    families = np.unique(training.families).size
    if families < 2 or len(training) < FEWEST:
        message = f"A training part has {len(training)} sequences of {families} families."
        raise InputError(message, f"It takes {FEWEST} of 2. Evaluate on more sequences.")
