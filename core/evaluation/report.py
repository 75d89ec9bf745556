"""What came out of an evaluation, to be kept as JSON and shown by whoever reads it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from core.evaluation.measures import Bin, Confused, Coverage, FamilyScore, Interval


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What was evaluated on.

    Attributes
    ----------
    digest
        SHA-256 of all of it.
    distinct
        Sequences without their exact copies.
    family_names, families, organisms
        Names by class number; sequences by class number, and by organism.
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
    """A method that was to be evaluated; `missing` says why it was not, or is empty."""

    name: str
    title: str
    settings: dict[str, str | int | float]
    missing: str


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """A split that was to be made; `missing` says why it was not, or is empty.

    Attributes
    ----------
    training
        Sequences in the training part of each of its rounds.
    """

    name: str
    title: str
    about: str
    training: tuple[int, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a method fares with a task of a split, all rounds together.

    Attributes
    ----------
    count
        Queries.
    accuracy, macro_f1, weighted_f1
        Of the best guesses, called or not; no guess is wrong.
    called, called_right
        Share of the queries that the method stands by; of those, the share that is right (None
        where there are none).
    calibration_error
        Expected calibration error; None where the method has no confidences.
    mean_score
        Mean inner product with the nearest reference; None where the method has none.
    families
        Precision, recall and F1 of each.
    confusion
        Cells that are not zero; a predicted family of -1 is none.
    reliability, coverage
        Reliability diagram, and accuracy of the surest queries; empty without confidences.
    by_similarity
        Accuracy by the inner product of whole profiles with the nearest reference's; empty where
        queries were changed.
    fit_seconds
        To learn from one training part, on average.
    queries_per_second
        Of asking alone.
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
    confusion: tuple[Confused, ...]
    reliability: tuple[Bin, ...]
    coverage: tuple[Coverage, ...]
    by_similarity: tuple[Bin, ...]
    fit_seconds: float
    queries_per_second: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A method that could not learn or answer, and why."""

    split: str
    method: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation.

    Attributes
    ----------
    date
        When it began, UTC.
    seconds
        How long it took.
    """

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
        """All of it as JSON."""
        return _REPORT.dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> "Report":
        """The report that :meth:`to_json` wrote."""
        return _REPORT.validate_json(text)

    def result(self, split: str, task: str, method: str) -> Result | None:
        """How a method fares with a task; None if it was not asked, or failed."""
        wanted = split, task, method
        found = (each for each in self.results if (each.split, each.task, each.method) == wanted)
        return next(found, None)


_REPORT = TypeAdapter(Report)
