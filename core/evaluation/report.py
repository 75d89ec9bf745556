"""Report of an evaluation, stored as JSON: field names must stay readable across versions."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from core.evaluation.measures import (
    Bin,
    ConfusionCell,
    Coverage,
    FamilyScore,
    Interval,
    widen_certain,
)
from core.schema import STRICT


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The data of an evaluation.

    Attributes
    ----------
    digest
        SHA-256 of all sequences, families and organisms.
    distinct
        Number of sequences without exact copies.
    family_names, families, organisms
        Names by class number; numbers of sequences by class number, and by organism.
    """

    source: str
    digest: str
    sequences: int
    distinct: int
    family_names: dict[int, str]
    families: dict[int, int]
    organisms: dict[str, int]


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A planned method; `missing` says why it was not evaluated, or is empty."""

    name: str
    title: str
    settings: dict[str, str | int | float]
    missing: str


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """A planned split; `missing` says why it was not made, or is empty.

    Attributes
    ----------
    training
        Size of the training set of each round.
    """

    name: str
    title: str
    about: str
    training: tuple[int, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class Result:
    """Scores of a method on a task of a split, over all rounds.

    Attributes
    ----------
    count
        Number of queries.
    accuracy, macro_f1, weighted_f1
        Of the best guesses, called or not; no guess counts as wrong.
    called, called_right
        Share of the queries that are called, and the accuracy of these calls (None without any).
    calibration_error
        Expected calibration error; None where the method has no confidences.
    mean_score
        Mean inner product with the nearest reference; None where the method has none.
    families
        Precision, recall and F1 of each family.
    confusion
        Non-zero cells; a predicted family of -1 is none.
    reliability, coverage
        Reliability diagram and accuracy–coverage curve; empty without confidences.
    by_similarity
        Accuracy by the inner product of complete profiles with the nearest reference's; empty for
        perturbed queries.
    fit_seconds
        Mean training time of a round.
    queries_per_second
        Of prediction; training time excluded.
    """

    split: str
    task: str
    method: str
    count: int
    accuracy: float
    accuracy_interval: Interval
    macro_f1: float
    macro_f1_interval: Interval
    weighted_f1: float
    called: float
    called_right: float | None
    calibration_error: float | None
    mean_score: float | None
    families: tuple[FamilyScore, ...]
    confusion: tuple[ConfusionCell, ...]
    reliability: tuple[Bin, ...]
    coverage: tuple[Coverage, ...]
    by_similarity: tuple[Bin, ...]
    fit_seconds: float
    queries_per_second: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A method that failed on a split, with the error message."""

    split: str
    method: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Results of an evaluation, with their provenance.

    Attributes
    ----------
    date
        Its start, UTC.
    seconds
        Its duration.
    """

    # Also of all its parts: pydantic hands it down.
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    data: DataFacts
    seed: int
    date: datetime
    seconds: float
    machine: dict[str, str]
    versions: dict[str, str]
    methods: tuple[MethodFacts, ...]
    splits: tuple[SplitFacts, ...]
    results: tuple[Result, ...]
    failures: tuple[Failure, ...]

    def to_json(self) -> str:
        """Serialize the report."""
        return _REPORT.dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> "Report":
        """Parse a serialized report; those of earlier versions have intervals of no width.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        report = _REPORT.validate_json(text)
        return replace(report, results=tuple(map(_widen, report.results)))

    def result(self, split: str, task: str, method: str) -> Result | None:
        """Return the result of a method on a task; None if it was not evaluated, or failed."""
        key = split, task, method
        matching = (item for item in self.results if (item.split, item.task, item.method) == key)
        return next(matching, None)


def _widen(result: Result) -> Result:
    interval = widen_certain(result.accuracy_interval, result.count)
    return replace(result, accuracy_interval=interval)


_REPORT = TypeAdapter(Report)
