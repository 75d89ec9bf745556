"""A small real evaluation, on made-up families of two organisms, made once for all tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.evaluation.registry import Part, Plan, make_methods
from core.evaluation.report import Report
from core.evaluation.runner import evaluate
from core.settings import Settings
from core.stores.sql.database import Database
from tests.support.evaluation_data import data

_MAIN = ("translated", "mysql", "knn", "naive-bayes", "majority", "count-gpu_ivf_flat")
PLAN = Plan(
    (
        Part("seed", _MAIN),
        Part("copies", _MAIN),
        Part("homology", _MAIN),
        Part("stress", ("translated", "knn")),
        Part("organisms", ("mysql", "knn")),
    )
)


@cache
def report() -> Report:
    """What came out: there are no copies, and there is no graphics card."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/labels.sqlite", timeout=10)
        try:
            settings = Settings(home=Path(folder))
            given = data("human", "dog", families=6, count=6)
            return evaluate(given, PLAN, make_methods(settings, database))
        finally:
            database.close()
