"""Small labelled data, and a method that records its training sets and queries."""

from collections.abc import Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from core.errors import GeneKinError
from core.evaluation.data import LabelledData, data_of_records
from core.evaluation.methods import Predictions
from tests.support.evolution import members


def data(*organisms: str, families: int = 3, count: int = 8) -> LabelledData:
    """Return `count` relatives of each family, one family after the other, of each organism."""
    parts = {organism: members(organism, families, count) for organism in organisms or ("human",)}
    return data_of_records(parts, source="made up", family_names={0: "Kinase", 1: "Synthase"})


class Spy:
    """A method that always predicts family 0; may fail from some round on."""

    name = "knn"
    title = "spy"

    def __init__(self, *, broken_from: int | None = None, missing: str = "") -> None:
        self.fitted_on: list[LabelledData] = []
        self.queries: list[Sequence[str]] = []
        self.open = 0
        self._broken_from = broken_from
        self._missing = missing

    def settings(self):
        return {"eyes": 2}

    def unavailable_reason(self):
        return self._missing

    @contextmanager
    def fit(self, training, progress):
        progress("Fitting", 0, 1)
        self.fitted_on.append(training)
        if self._broken_from is not None and len(self.fitted_on) > self._broken_from:
            raise GeneKinError("The spy was caught.")
        self.open += 1
        try:
            yield self._predict
        finally:
            self.open -= 1

    def _predict(self, sequences):
        self.queries.append(sequences)
        count = len(sequences)
        return Predictions(np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_))


def separate_families(clusters: NDArray[np.int64], families: NDArray[np.int64]) -> bool:
    """Return True if no cluster has members of two families."""
    return all(np.unique(families[clusters == item]).size == 1 for item in np.unique(clusters))
