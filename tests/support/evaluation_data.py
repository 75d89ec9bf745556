"""Small data to evaluate on, and a method that remembers what it was shown."""

from collections.abc import Sequence
from contextlib import contextmanager

import numpy as np

from core.errors import GeneKinError
from core.evaluation.data import LabelledData, data_of_records
from core.evaluation.methods import Predictions
from tests.support.evolution import members


def data(*organisms: str, families: int = 3, count: int = 8) -> LabelledData:
    """So many relatives of each family, one family after the other, of each organism."""
    parts = {organism: members(organism, families, count) for organism in organisms or ("human",)}
    return data_of_records(parts, source="made up", family_names={0: "Kinase", 1: "Synthase"})


class Spy:
    """Answers always the same, and keeps what it saw; can be broken from some round on."""

    name = "knn"
    title = "spy"

    def __init__(self, *, broken_from: int | None = None, missing: str = "") -> None:
        self.fitted_on: list[LabelledData] = []
        self.asked: list[Sequence[str]] = []
        self.open = 0
        self._broken_from = broken_from
        self._missing = missing

    def settings(self):
        return {"eyes": 2}

    def missing(self):
        return self._missing

    @contextmanager
    def fitted(self, training, step):
        step()
        self.fitted_on.append(training)
        if self._broken_from is not None and len(self.fitted_on) > self._broken_from:
            raise GeneKinError("The spy was caught.")
        self.open += 1
        try:
            yield self._answer
        finally:
            self.open -= 1

    def _answer(self, sequences):
        self.asked.append(sequences)
        count = len(sequences)
        return Predictions(np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_))
