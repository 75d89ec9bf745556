"""An evaluation from beginning to end: parts made, methods fitted and asked, results judged.

Whatever learns from the same training part learns from it once, whichever splits ask.
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
from core.evaluation.data import LabelledData, Places
from core.evaluation.methods import Answering, Method, Predictions, together
from core.evaluation.registry import SPLITS, Part, Plan
from core.evaluation.report import DataFacts, Failure, MethodFacts, Report, Result, SplitFacts
from core.evaluation.scoring import Answered, judged
from core.evaluation.splits import Round, Task
from core.progress import Progress
from core.stores.sql.tables import utc_now

_TOGETHER = 256
"""Queries that are asked at a time."""


@dataclass(slots=True)
class _Group:
    """A training part, and all that is put to what is fitted on it."""

    training: Places
    asked: list[tuple[Part, Task]] = field(default_factory=list)

    def tasks(self, method: str) -> list[tuple[Part, Task]]:
        return [(part, task) for part, task in self.asked if method in part.methods]


def evaluate(
    data: LabelledData,
    plan: Plan,
    methods: Mapping[str, Method],
    progress: Progress = lambda _doing, _done, _total: None,
) -> Report:
    """Evaluate methods as planned.

    Parameters
    ----------
    methods
        By name, those of the plan among them; what cannot run here is reported as missing.
    progress
        May raise Cancelled, from one small step to the next.

    Raises
    ------
    InputError
        If none of the splits can be made of the data.
    """
    return _Evaluation(data, plan, methods, progress).report()


class _Evaluation:
    def __init__(
        self,
        data: LabelledData,
        plan: Plan,
        methods: Mapping[str, Method],
        progress: Progress,
    ) -> None:
        self._data = data
        self._plan = plan
        self._methods = {name: methods[name] for name in plan.methods}
        self._missing = {name: method.missing() for name, method in self._methods.items()}
        self._progress = progress
        self._done = self._total = 0
        self._answered: dict[tuple[str, str, str], list[Answered]] = {}
        self._failures: dict[tuple[str, str], Failure] = {}

    def report(self) -> Report:
        date, started = utc_now(), time.monotonic()
        facts, groups = self._parted()
        runnable = [name for name in self._methods if not self._missing[name]]
        self._total = sum(
            len(task.sequences)
            for group in groups
            for name in runnable
            for _, task in group.tasks(name)
        )
        for number, group in enumerate(groups, start=1):
            self._ask_all(group, runnable, f"training part {number} of {len(groups)}")
        results = tuple(self._results())
        return Report(
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

    def _parted(self) -> tuple[list[SplitFacts], list[_Group]]:
        """All splits, and their rounds by what is learned from."""
        facts, groups = [], dict[bytes, _Group]()
        for part in self._plan.parts:
            rounds, missing = self._rounds(part)
            split = SPLITS[part.split]
            sizes = tuple(each.training.size for each in rounds)
            facts.append(SplitFacts(split.name, split.title, split.about, sizes, missing))
            for each in rounds:
                group = groups.setdefault(each.training.tobytes(), _Group(each.training))
                group.asked += [(part, task) for task in each.tasks]
        if not groups:
            raise InputError(" ".join(f"{each.title}: {each.missing}" for each in facts))
        return facts, list(groups.values())

    def _rounds(self, part: Part) -> tuple[list[Round], str]:
        """The rounds of a split, or why there are none."""
        split = SPLITS[part.split]
        if missing := split.missing():
            return [], missing
        step = self._step(f"Parting: {split.title}")
        step()
        try:
            return split.make(self._data, self._plan.seed, step), ""
        except Cancelled:
            raise
        except GeneKinError as error:
            return [], str(error)

    def _ask_all(self, group: _Group, names: Sequence[str], where: str) -> None:
        """Put everything that is put to one training part to every method."""
        training = self._data.taken(group.training)
        similarities = self._similarities(group, training, where)
        for name in names:
            if not (tasks := group.tasks(name)):
                continue
            until = self._done + sum(len(task.sequences) for _, task in tasks)
            try:
                self._ask(self._methods[name], training, tasks, similarities, where)
            except Cancelled:
                raise
            except GeneKinError as error:
                for part, _ in tasks:
                    failure = Failure(part.split, name, str(error))
                    self._failures.setdefault((part.split, name), failure)
            self._done = until

    def _ask(
        self,
        method: Method,
        training: LabelledData,
        tasks: Sequence[tuple[Part, Task]],
        similarities: Mapping[bytes, NDArray[np.float64]],
        where: str,
    ) -> None:
        """Fit a method, and put tasks to it; what two splits ask alike is asked once."""
        known: dict[tuple[str, ...], tuple[Predictions, float]] = {}
        started = time.perf_counter()
        learning = self._step(f"{method.title} learns, {where}")
        with method.fitted(training, learning) as answering:
            fit_seconds = time.perf_counter() - started
            for part, task in tasks:
                if task.sequences not in known:
                    known[task.sequences] = self._answers(
                        answering, task, f"{method.title}, {where}"
                    )
                predictions, seconds = known[task.sequences]
                key = part.split, task.name, method.name
                answered = Answered(
                    true=self._data.families[task.places],
                    units=task.units,
                    predictions=predictions,
                    similarities=None if task.changed else similarities[task.places.tobytes()],
                    fit_seconds=fit_seconds,
                    seconds=seconds,
                )
                self._answered.setdefault(key, []).append(answered)

    def _answers(self, answering: Answering, task: Task, doing: str) -> tuple[Predictions, float]:
        """Predictions on a task, and the seconds that asking alone takes."""
        parts, seconds = [], 0.0
        for start in range(0, len(task.sequences), _TOGETHER):
            some = task.sequences[start : start + _TOGETHER]
            self._progress(doing, self._done, self._total)
            started = time.perf_counter()
            parts.append(answering(some))
            seconds += time.perf_counter() - started
            self._done += len(some)
        return together(parts), seconds

    def _similarities(
        self, group: _Group, training: LabelledData, where: str
    ) -> dict[bytes, NDArray[np.float64]]:
        """How close the queries that are as they are come to what is learned from, by task."""
        step = self._step(f"Comparing queries, {where}")
        plain = {task.places.tobytes(): task for _, task in group.asked if not task.changed}
        asked = [sequence for task in plain.values() for sequence in task.sequences]
        nearest = nearest_similarities(training.sequences, asked, step)
        ends = np.cumsum([len(task.sequences) for task in plain.values()])
        return dict(zip(plain, np.split(nearest, ends[:-1]), strict=True))

    def _results(self) -> Iterator[Result]:
        """How methods fare; one that failed in a round of a split has no result there."""
        step = self._step("Judging")
        for (split, task, method), answered in self._answered.items():
            if (split, method) not in self._failures:
                step()
                yield judged(split, task, method, answered, self._plan.seed)

    def _step(self, doing: str) -> Callable[[], None]:
        return lambda: self._progress(doing, self._done, self._total)

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
