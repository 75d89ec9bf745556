"""Stored evaluations: run and save one, load one."""

from collections.abc import Callable

from core.errors import NotFoundError, StoreError
from core.evaluation.data import LabelledData
from core.evaluation.registry import Plan, make_methods
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.progress import Progress, no_progress
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable


def evaluate_and_save(
    data: LabelledData,
    plan: Plan,
    settings: Settings,
    database: Database,
    *,
    name: str = "",
    by: str = "",
    progress: Progress = no_progress,
    on_report: Callable[[Report], None] | None = None,
) -> int:
    """Run an evaluation, save its report and return its id.

    Parameters
    ----------
    settings
        They name the Milvus server, for indexes that only a server has.
    database
        Stores the report, and holds the temporary tables of the SQL search.
    name
        Name of the evaluation; if empty, its data and date.
    by
        Name of the user.
    on_report
        Called with the report so far when a method has been evaluated on a split.

    Raises
    ------
    InputError
        If none of the splits can be made from the data.
    StoreError
        If the database fails.
    """
    methods = make_methods(settings, database, plan.seed)
    report = evaluate(data, plan, methods, progress, on_report=on_report).report
    return save_evaluation(database, plan, report, name=name, by=by)


def save_evaluation(
    database: Database, plan: Plan, report: Report, *, name: str = "", by: str = ""
) -> int:
    """Save a report and return its id."""
    row = EvaluationRow(
        name=name or f"{report.data.source}, {report.date:%Y-%m-%d %H:%M}",
        created_at=report.date,
        by=by,
        source=report.data.source,
        digest=report.data.digest,
        seed=report.seed,
        seconds=round(report.seconds),
        machine=report.machine,
        versions=report.versions,
        settings={part.split: part.methods for part in plan.parts},
    )
    return EvaluationTable(database).add(row, report.to_json())


def load_report(database: Database, number: int) -> Report:
    """Load the report of an evaluation.

    Raises
    ------
    NotFoundError
        If there is none.
    StoreError
        If it is damaged, or the database fails.
    """
    try:
        text = EvaluationTable(database).report(number)
        report = None if text is None else Report.from_json(text)
    except ValueError:
        message = f"The report of the evaluation {number} is damaged in the database."
        hint = "Delete the evaluation, or restore the database from a backup."
        raise StoreError(message, hint) from None
    if report is None:
        raise NotFoundError(f"There is no evaluation {number}.", "It may have been deleted.")
    return report
