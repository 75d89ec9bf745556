"""Evaluation: how often GeneKin and other methods are right, on a library or on other sequences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Self

from core import defaults
from core.access import Access, Action
from core.access.machine import command_access
from core.access.rights import library_forbidden
from core.errors import InputError
from core.evaluation.data import LabelledData, data_of_library, data_of_records
from core.evaluation.registry import DEFAULT_SEED, make_plan
from core.evaluation.report import Report, Result
from core.evaluation.report_text import format_report
from core.evaluation.repository import evaluate_and_save, load_report
from core.progress import no_progress
from core.runs.call_table import Cell
from core.sequences.checks import Known
from core.sequences.limits import Limits
from core.settings import Settings
from core.stores.availability import wait_once
from core.stores.sql import LabelStore
from core.stores.sql.database import Database
from core.stores.sql.tables import replace_surrogates
from genekin.inputs import ReferenceInput
from genekin.progress import ProgressOption, show_progress
from genekin.references import ReferenceOptions, check_references
from genekin.results import Results
from genekin.stores import settings_for

_COLUMNS = (
    "split",
    "task",
    "method",
    "count",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "macro_f1",
    "called",
    "called_right",
    "calibration_error",
    "mean_score",
    "fit_seconds",
    "queries_per_second",
)


class Evaluation(Results[Result]):
    """Scores of methods on the tasks of an evaluation.

    Parameters
    ----------
    report
        The report, as it is stored and shown on the page Benchmark.
    items
        Some of its results; all, if None.

    Attributes
    ----------
    report
        As given.
    """

    def __init__(self, report: Report, items: Iterable[Result] | None = None) -> None:
        super().__init__(report.results if items is None else items)
        self.report = report

    def __str__(self) -> str:
        return format_report(self.report)

    def _take(self, indexes: Sequence[int]) -> Self:
        return type(self)(self.report, (self[index] for index in indexes))

    def _columns(self) -> Sequence[str]:
        return _COLUMNS

    def _row(self, index: int) -> Mapping[str, Cell]:
        result = self[index]
        interval = result.accuracy_interval
        values = {"accuracy_low": interval.low, "accuracy_high": interval.high}
        return values | {name: getattr(result, name) for name in _COLUMNS if name not in values}


def evaluate(
    data: str | Mapping[str, ReferenceInput] = defaults.LIBRARY,
    *,
    organisms: Sequence[str] | None = None,
    splits: Sequence[str] = (),
    methods: Sequence[str] = (),
    seed: int = DEFAULT_SEED,
    limit: int = defaults.EVALUATED_SEQUENCES,
    name: str = "",
    home: str | PathLike[str] | None = None,
    progress: ProgressOption = False,
) -> Evaluation:
    """Measure how often methods are right, and store the report.

    The page Benchmark shows it as well. The vectors are not needed: a dashboard may have the stores
    open.

    Parameters
    ----------
    data : str or mapping of str
        Name of a library, or sequences with families by organism, as :meth:`Library.load` takes
        them.
    organisms : sequence of str, optional
        Only these organisms of the library.
    splits : sequence of str
        How queries are held out: ``seed``, ``copies``, ``folds``, ``homology``,
        ``homology-mmseqs``, ``organisms``, ``stress``; by default those of the command line.
    methods : sequence of str
        Methods, such as ``translated``, ``count`` or ``knn``; by default all of each split.
    seed : int
        Random seed.
    limit : int
        Maximum number of sequences; of more, a random sample is taken.
    name : str
        Name of the evaluation.
    home : str or path, optional
        Folder of embedded stores, as for :func:`open_library`.
    progress : bool or function
        As for :meth:`Library.classify`.

    Returns
    -------
    Evaluation
        One :class:`Result` for each method on each task; printed, it is the report.

    Raises
    ------
    ForbiddenError
        If the user may not evaluate (``GENEKIN_COMMAND_ROLE``).
    InputError
        If there is no such split or method, or none of the splits can be made from the data.
    LibraryError
        If there is no such library.
    StoreError
        If the database fails.
    """
    if limit < 2:
        raise InputError(f"{limit} is too few sequences.", "Give 2 or more.")
    plan = make_plan(splits, methods, seed)
    settings = settings_for(home)
    access = command_access(settings, "Python")
    user = access.require(Action.BENCHMARK)
    with wait_once(), _database(settings) as database, show_progress(progress) as report:
        labelled = _labelled_data(data, organisms, settings, access, database)
        number = evaluate_and_save(
            labelled.sample(limit, seed),
            plan,
            settings,
            database,
            name=name,
            by=user.name,
            progress=report,
        )
        return Evaluation(load_report(database, number))


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.labels_url, settings.store_timeout)
    try:
        yield database
    finally:
        database.close()


def _labelled_data(
    data: str | Mapping[str, ReferenceInput],
    organisms: Sequence[str] | None,
    settings: Settings,
    access: Access,
    database: Database,
) -> LabelledData:
    if isinstance(data, str):
        labels = LabelStore(database)
        row = labels.library(data)
        if row is not None and not access.user.may_use(row.owner, row.access):
            raise library_forbidden(data)
        return data_of_library(labels, data, organisms)
    if organisms is not None:
        raise InputError("organisms selects from a library, but sequences are given.")
    limits = Limits.of_disk(settings)
    checked = check_references(data, ReferenceOptions(), Known(), limits, no_progress)
    source = replace_surrogates(checked.source)
    return data_of_records(checked.records, source=source, family_names=checked.families)
