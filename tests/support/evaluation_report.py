"""A small real evaluation, on made-up families of two organisms, made once for all tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.evaluation.registry import Plan, PlannedSplit, make_methods
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.settings import Settings
from core.stores.sql.database import Database
from tests.support.evaluation_data import data

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
    """What came out: there are no copies, and there is no graphics card."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/labels.sqlite", timeout=10)
        try:
            settings = Settings(home=Path(folder))
            records = data("human", "dog", families=6, count=6)
            return evaluate(records, PLAN, make_methods(settings, database)).report
        finally:
            database.close()
