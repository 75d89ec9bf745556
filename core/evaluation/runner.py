"""Evaluation runs: splits made, methods fitted and queried, predictions scored.

A method learns only once from equal training sets, whichever splits they belong to.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.environment import evaluation_versions, machine
from core.errors import Cancelled, GeneKinError, InputError
from core.evaluation.clusters import nearest_similarities
from core.evaluation.data import Indexes, LabelledData
from core.evaluation.methods import Method, Predictions, Predictor, concatenate
from core.evaluation.registry import SPLITS, Plan, PlannedSplit, Split
from core.evaluation.report import DataFacts, Failure, MethodFacts, Report, Result, SplitFacts
from core.evaluation.scoring import TaskPredictions, score
from core.evaluation.splits import Round, Task
from core.progress import Progress, no_progress
from core.stores.sql.tables import utc_now

_BATCH_SIZE = 256
"""Queries that are predicted at once, so that progress is reported in between."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of an evaluation.

    Attributes
    ----------
    predictions
        By split, task and method, in the order of the rounds and of their queries.
    """

    report: Report
    predictions: Mapping[tuple[str, str, str], Predictions]


@dataclass(slots=True)
class _Group:
    """A training set, and the tasks of all splits that have it."""

    training: Indexes
    tasks: list[tuple[PlannedSplit, Task]] = field(default_factory=list)

    def tasks_of(self, method: str) -> list[tuple[PlannedSplit, Task]]:
        return [(part, task) for part, task in self.tasks if method in part.methods]


def evaluate(
    data: LabelledData,
    plan: Plan,
    methods: Mapping[str, Method],
    progress: Progress = no_progress,
    *,
    splits: Mapping[str, Split] = SPLITS,
    batch_size: int = _BATCH_SIZE,
) -> Evaluation:
    """Evaluate methods according to a plan.

    Parameters
    ----------
    methods
        By name, at least those of the plan; those that cannot run here are reported as missing.
    progress
        Counts predicted queries; may raise Cancelled.
    splits
        By name, at least those of the plan.
    batch_size
        Queries that are predicted at once.

    Raises
    ------
    InputError
        If none of the splits can be made from the data.
    """
    return _Runner(data, plan, methods, progress, splits=splits, batch_size=batch_size).run()


class _Runner:
    def __init__(
        self,
        data: LabelledData,
        plan: Plan,
        methods: Mapping[str, Method],
        progress: Progress,
        *,
        splits: Mapping[str, Split],
        batch_size: int,
    ) -> None:
        self._data = data
        self._plan = plan
        self._methods = {name: methods[name] for name in plan.methods}
        self._missing = {
            name: method.unavailable_reason() for name, method in self._methods.items()
        }
        self._progress = progress
        self._splits = splits
        self._batch_size = batch_size
        self._done = self._total = 0
        self._predictions: dict[tuple[str, str, str], list[TaskPredictions]] = {}
        self._failures: dict[tuple[str, str], Failure] = {}

    def run(self) -> Evaluation:
        date, started = utc_now(), time.monotonic()
        facts, groups = self._make_groups()
        available = [name for name in self._methods if not self._missing[name]]
        self._total = sum(
            len(task.sequences)
            for group in groups
            for name in available
            for _, task in group.tasks_of(name)
        )
        for number, group in enumerate(groups, start=1):
            self._run_group(group, available, f"training set {number} of {len(groups)}")
        # Without methods that failed in some round of a split.
        complete = {
            key: rounds
            for key, rounds in self._predictions.items()
            if (key[0], key[2]) not in self._failures
        }
        results = tuple(self._score(complete))
        report = Report(
            data=_data_facts(self._data),
            seed=self._plan.seed,
            date=date,
            seconds=time.monotonic() - started,
            machine=machine(),
            versions=evaluation_versions(),
            methods=tuple(self._method_facts()),
            splits=tuple(facts),
            results=results,
            failures=tuple(self._failures.values()),
        )
        predictions = {
            key: concatenate([item.predictions for item in rounds])
            for key, rounds in complete.items()
        }
        return Evaluation(report, predictions)

    def _make_groups(self) -> tuple[list[SplitFacts], list[_Group]]:
        """Make all splits, and group their rounds by training set."""
        facts, groups = [], dict[bytes, _Group]()
        for part in self._plan.parts:
            rounds, missing = self._make_rounds(part)
            split = self._splits[part.split]
            sizes = tuple(item.training.size for item in rounds)
            facts.append(SplitFacts(split.name, split.title, split.about, sizes, missing))
            for item in rounds:
                group = groups.setdefault(item.training.tobytes(), _Group(item.training))
                group.tasks += [(part, task) for task in item.tasks]
        if not groups:
            raise InputError(" ".join(f"{split.title}: {split.missing}" for split in facts))
        return facts, list(groups.values())

    def _make_rounds(self, part: PlannedSplit) -> tuple[list[Round], str]:
        """Make the rounds of a split, or return the reason that there are none."""
        split = self._splits[part.split]
        if missing := split.unavailable_reason():
            return [], missing
        progress = self._step(f"Splitting, {split.title}")
        try:
            return split.make(self._data, self._plan.seed, progress), ""
        except Cancelled:
            raise
        except GeneKinError as error:
            return [], str(error)

    def _run_group(self, group: _Group, names: Sequence[str], where: str) -> None:
        """Put all tasks of a training set to every method."""
        training = self._data.take(group.training)
        similarities = self._similarities(group, training, where)
        for name in names:
            if not (tasks := group.tasks_of(name)):
                continue
            until = self._done + sum(len(task.sequences) for _, task in tasks)
            try:
                self._run_method(self._methods[name], training, tasks, similarities, where)
            except Cancelled:
                raise
            except GeneKinError as error:
                for part, _ in tasks:
                    failure = Failure(part.split, name, str(error))
                    self._failures.setdefault((part.split, name), failure)
            self._done = until

    def _run_method(
        self,
        method: Method,
        training: LabelledData,
        tasks: Sequence[tuple[PlannedSplit, Task]],
        similarities: Mapping[bytes, NDArray[np.float64]],
        where: str,
    ) -> None:
        """Fit a method and put tasks to it; equal queries of two splits are predicted once."""
        known: dict[tuple[str, ...], tuple[Predictions, float]] = {}
        started = time.perf_counter()
        with method.fit(training, self._step(f"Training {method.title}, {where}")) as predictor:
            fit_seconds = time.perf_counter() - started
            for part, task in tasks:
                if task.sequences not in known:
                    step = f"Predicting with {method.title}, {where}"
                    known[task.sequences] = self._predict(predictor, task, step)
                predictions, seconds = known[task.sequences]
                item = TaskPredictions(
                    true=task.true_families(self._data),
                    units=task.units,
                    predictions=predictions,
                    similarities=None if task.perturbed else similarities[task.indexes.tobytes()],
                    fit_seconds=fit_seconds,
                    seconds=seconds,
                )
                key = part.split, task.name, method.name
                self._predictions.setdefault(key, []).append(item)

    def _predict(self, predictor: Predictor, task: Task, step: str) -> tuple[Predictions, float]:
        """Return the predictions on a task, and the seconds that predicting takes."""
        parts, seconds = [], 0.0
        for start in range(0, len(task.sequences), self._batch_size):
            batch = task.sequences[start : start + self._batch_size]
            self._progress(step, self._done, self._total)
            started = time.perf_counter()
            parts.append(predictor(batch))
            seconds += time.perf_counter() - started
            self._done += len(batch)
        return concatenate(parts), seconds

    def _similarities(
        self, group: _Group, training: LabelledData, where: str
    ) -> dict[bytes, NDArray[np.float64]]:
        """Return how similar unperturbed queries are to the training set, by their indexes."""
        progress = self._step(f"Comparing queries, {where}")
        tasks = {task.indexes.tobytes(): task for _, task in group.tasks if not task.perturbed}
        queries = [sequence for task in tasks.values() for sequence in task.sequences]
        nearest = nearest_similarities(training.sequences, queries, progress)
        ends = np.cumsum([len(task.sequences) for task in tasks.values()])
        return dict(zip(tasks, np.split(nearest, ends[:-1]), strict=True))

    def _score(
        self, predictions: Mapping[tuple[str, str, str], Sequence[TaskPredictions]]
    ) -> Iterator[Result]:
        for (split, task, method), rounds in predictions.items():
            self._progress("Scoring", self._done, self._total)
            yield score(split, task, method, rounds, self._plan.seed)

    def _step(self, step: str) -> Progress:
        """Name a step; its own counts give way to those of the evaluation."""

        def report(_step: str, _done: int, _total: int) -> None:
            self._progress(step, self._done, self._total)

        report("", 0, 0)
        return report

    def _method_facts(self) -> Iterator[MethodFacts]:
        for name, method in self._methods.items():
            settings = dict(method.settings())
            yield MethodFacts(name, method.title, settings, self._missing[name])


def _data_facts(data: LabelledData) -> DataFacts:
    return DataFacts(
        source=data.source,
        digest=data.digest(),
        sequences=len(data),
        distinct=data.distinct().size,
        family_names=dict(data.family_names),
        families=dict(sorted(Counter(data.families.tolist()).items())),
        organisms=dict(Counter(data.organisms)),
    )
