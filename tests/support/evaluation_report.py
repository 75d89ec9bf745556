"""A small real evaluation, on made-up families of two organisms, made once for all tests."""

import fcntl
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.evaluation.registry import Plan, PlannedSplit, make_methods
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable
from core.stores.sql.tables import utc_now
from tests.support.evaluation_data import data
from tests.support.services import SHARED_FOLDER

_MAIN = ("translated", "mysql", "knn", "naive-bayes", "majority", "count-gpu_ivf_flat")
PLAN = Plan(
    (
        PlannedSplit("seed", _MAIN),
        PlannedSplit("copies", _MAIN),
        PlannedSplit("homology", _MAIN),
        PlannedSplit("stress", ("translated", "knn")),
        PlannedSplit("organisms", ("mysql", "knn")),
    )
)


@cache
def report() -> Report:
    """Return the report of an evaluation without copies and without a graphics card.

    Test processes that run side by side make it once.
    """
    folder = os.environ.get(SHARED_FOLDER)
    if folder is None:
        return _evaluate()
    file = Path(folder, "report.json")
    with Path(folder, "report.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(_evaluate().to_json(), encoding="utf-8")
    return Report.from_json(file.read_text(encoding="utf-8"))


def _evaluate() -> Report:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/labels.sqlite", timeout=10)
        try:
            settings = Settings(home=Path(folder))
            records = data("human", "dog", families=6, count=6)
            return evaluate(records, PLAN, make_methods(settings, database)).report
        finally:
            database.close()


def add_evaluation(database: Database) -> int:
    """Store the report, and return its id."""
    settings = {"seed": ["knn"]}
    row = EvaluationRow("first", utc_now(), "carl", "lab", "d", 1, 1, settings=settings)
    return EvaluationTable(database).add(row, report().to_json())
