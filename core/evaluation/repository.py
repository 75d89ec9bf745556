"""Evaluations that are kept with all that they were made with, and read again."""

from core.errors import InputError
from core.evaluation.data import LabelledData
from core.evaluation.registry import Plan, make_methods
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.progress import Progress
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
    progress: Progress = lambda _doing, _done, _total: None,
) -> int:
    """Evaluate as planned, and keep the report; returns its id.

    Parameters
    ----------
    settings
        Which Milvus server there is, for what only a server has.
    database
        Where the report is kept, and where the MySQL model has its temporary tables.
    name
        What the person calls it; its data and date, if empty.
    by
        Who asks for it.

    Raises
    ------
    InputError
        If none of the splits can be made of the data.
    StoreError
        If the database fails.
    """
    methods = make_methods(settings, database, plan.seed)
    return save_evaluation(
        database, plan, evaluate(data, plan, methods, progress), name=name, by=by
    )


def save_evaluation(
    database: Database, plan: Plan, report: Report, *, name: str = "", by: str = ""
) -> int:
    """Keep a report; returns its id."""
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
    """The report that was kept under that id.

    Raises
    ------
    InputError
        If there is none.
    """
    text = EvaluationTable(database).report(number)
    if text is None:
        raise InputError(f"There is no evaluation {number}.", "It may have been deleted.")
    return Report.from_json(text)
