"""Evaluation runs: splits made, methods fitted and queried, predictions scored.

A method learns only once from equal training sets, whichever splits they belong to.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.environment import evaluation_versions, machine
from core.errors import Cancelled, GeneKinError, InputError
from core.evaluation.clusters import nearest_similarities
from core.evaluation.cost import method_rate
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
    on_report: Callable[[Report], None] | None = None,
) -> Evaluation:
    """Evaluate methods according to a plan.

    Parameters
    ----------
    methods
        By name, at least those of the plan; those that cannot run here are reported as missing.
    progress
        In percent of the estimated time; may raise Cancelled.
    splits
        By name, at least those of the plan.
    batch_size
        Queries that are predicted at once.
    on_report
        Called with the report so far when a method has been evaluated on a split.

    Raises
    ------
    InputError
        If none of the splits can be made from the data.
    """
    runner = _Runner(data, plan, methods, progress, splits=splits, batch_size=batch_size)
    return runner.run(on_report)


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
        self._done = self._total = 0.0
        self._predictions: dict[tuple[str, str, str], list[TaskPredictions]] = {}
        self._rounds_left: Counter[tuple[str, str, str]] = Counter()
        self._results: dict[tuple[str, str, str], Result] = {}
        self._failures: dict[tuple[str, str], Failure] = {}
        self._date, self._started = utc_now(), time.monotonic()
        self._machine, self._versions = machine(), evaluation_versions()

    def run(self, on_report: Callable[[Report], None] | None) -> Evaluation:
        facts, groups = self._make_groups()
        available = [name for name in self._methods if not self._missing[name]]
        self._plan_work(groups, available)
        for number, group in enumerate(groups, start=1):
            where = f"training set {number} of {len(groups)}"
            for _ in self._run_group(group, available, where):
                if on_report is not None and (report := self._report_news(facts)):
                    on_report(report)
        predictions = {
            key: concatenate([item.predictions for item in rounds])
            for key, rounds in self._complete().items()
        }
        return Evaluation(self._report(facts), predictions)

    def _plan_work(self, groups: Sequence[_Group], names: Sequence[str]) -> None:
        """Count the rounds of each task, and estimate the seconds of all."""
        for group in groups:
            for name in names:
                tasks = group.tasks_of(name)
                for part, task in tasks:
                    self._rounds_left[part.split, task.name, name] += 1
                self._total += _estimate(name, group.training.size, tasks)

    def _complete(self) -> dict[tuple[str, str, str], list[TaskPredictions]]:
        """Return the predictions of finished tasks, without methods that failed in some round."""
        return {
            key: rounds
            for key, rounds in self._predictions.items()
            if not self._rounds_left[key] and (key[0], key[2]) not in self._failures
        }

    def _report_news(self, facts: Sequence[SplitFacts]) -> Report | None:
        """Return the report so far, if there are results that the last one did not have."""
        return self._report(facts) if self._complete().keys() - self._results.keys() else None

    def _report(self, facts: Sequence[SplitFacts]) -> Report:
        return Report(
            data=_data_facts(self._data),
            seed=self._plan.seed,
            date=self._date,
            seconds=time.monotonic() - self._started,
            machine=self._machine,
            versions=self._versions,
            methods=tuple(self._method_facts()),
            splits=tuple(facts),
            results=tuple(self._score(self._complete())),
            failures=tuple(self._failures.values()),
        )

    def _make_groups(self) -> tuple[list[SplitFacts], list[_Group]]:
        """Make all splits, and group their rounds by training set."""
        facts, groups = [], dict[bytes, _Group]()
        for part in self._plan.parts:
            rounds, missing = self._make_rounds(part)
            split = self._splits[part.split]
            sizes = tuple(item.training.size for item in rounds)
            about = split.about
            if part.max_queries is not None:
                about += f" At most {part.max_queries:,} random queries of each task."
            facts.append(SplitFacts(split.name, split.title, about, sizes, missing))
            for item in rounds:
                group = groups.setdefault(item.training.tobytes(), _Group(item.training))
                group.tasks += [(part, self._sample(task, part)) for task in item.tasks]
        if not groups:
            raise InputError(" ".join(f"{split.title}: {split.missing}" for split in facts))
        return facts, list(groups.values())

    def _sample(self, task: Task, part: PlannedSplit) -> Task:
        if part.max_queries is None:
            return task
        return task.sample(part.max_queries, self._plan.seed)

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

    def _run_group(self, group: _Group, names: Sequence[str], where: str) -> Iterator[str]:
        """Put all tasks of a training set to every method; yield its name when it is done."""
        training = self._data.take(group.training)
        similarities = self._similarities(group, training, where)
        for name in names:
            if not (tasks := group.tasks_of(name)):
                continue
            until = self._done + _estimate(name, len(training), tasks)
            try:
                self._run_method(self._methods[name], training, tasks, similarities, where)
            except Cancelled:
                raise
            except GeneKinError as error:
                for part, _ in tasks:
                    failure = Failure(part.split, name, str(error))
                    self._failures.setdefault((part.split, name), failure)
            self._done = until
            self._rounds_left.subtract((part.split, task.name, name) for part, task in tasks)
            yield name

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
            rate = method_rate(method.name)
            self._done += rate.fit_seconds(len(training))
            for part, task in tasks:
                if task.sequences not in known:
                    step = f"Predicting with {method.title}, {where}"
                    cost = rate.query_seconds(len(training), 1)
                    known[task.sequences] = self._predict(predictor, task, step, cost)
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

    def _predict(
        self, predictor: Predictor, task: Task, step: str, cost: float
    ) -> tuple[Predictions, float]:
        """Return the predictions on a task, and the seconds that predicting takes.

        Parameters
        ----------
        cost
            Estimated seconds of a query.
        """
        parts, seconds = [], 0.0
        for start in range(0, len(task.sequences), self._batch_size):
            batch = task.sequences[start : start + self._batch_size]
            self._show(step)
            started = time.perf_counter()
            parts.append(predictor(batch))
            seconds += time.perf_counter() - started
            self._done += cost * len(batch)
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
        """Yield the scores of finished tasks, in the order of the plan; computed once each."""
        for key, rounds in predictions.items():
            if key not in self._results:
                self._show("Scoring")
                self._results[key] = score(*key, rounds, self._plan.seed)
            yield self._results[key]

    def _step(self, step: str) -> Progress:
        """Name a step; its own counts give way to those of the evaluation."""

        def report(_step: str, _done: int, _total: int) -> None:
            self._show(step)

        self._show(step)
        return report

    def _show(self, step: str) -> None:
        """Report how many percent of the estimated time are done."""
        share = min(1.0, self._done / self._total) if self._total else 0.0
        self._progress(step, int(100 * share), 100)

    def _method_facts(self) -> Iterator[MethodFacts]:
        for name, method in self._methods.items():
            settings = dict(method.settings())
            yield MethodFacts(name, method.title, settings, self._missing[name])


def _estimate(method: str, training: int, tasks: Sequence[tuple[PlannedSplit, Task]]) -> float:
    """Estimate the seconds of a method on the tasks of a training set."""
    rate = method_rate(method)
    queries = sum(map(len, {task.sequences for _, task in tasks}))
    return rate.fit_seconds(training) + rate.query_seconds(training, queries)


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
