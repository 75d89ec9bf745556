import pytest

from core.errors import Cancelled, InputError, StoreError
from core.evaluation.registry import make_methods, make_plan
from core.evaluation.repository import evaluate_and_save, load_report, save_evaluation
from core.evaluation.runner import evaluate
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationTable
from tests.support.evaluation_data import data

PLAN = make_plan(["seed", "copies"], ["majority", "knn", "mysql"], seed=7)


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)
    yield database
    database.close()


class TestEvaluateAndKeep:
    def test_is_kept_with_all_that_it_was_made_with(self, database, tmp_path):
        given = data()
        number = evaluate_and_save(given, PLAN, Settings(home=tmp_path), database, by="Ada")

        report = load_report(database, number)
        (row,) = EvaluationTable(database).recent()
        assert row.id == number
        assert row.name == f"made up, {report.date:%Y-%m-%d %H:%M}"
        assert (row.by, row.source, row.digest, row.seed) == ("Ada", "made up", given.digest(), 7)
        assert row.machine == report.machine
        assert row.versions == report.versions
        assert row.settings == {part.split: list(part.methods) for part in PLAN.parts}
        assert {item.method for item in report.results} == {"majority", "knn", "mysql"}

    def test_can_be_called_something(self, database, tmp_path):
        number = evaluate_and_save(
            data(), PLAN, Settings(home=tmp_path), database, name="before the move"
        )

        found = EvaluationTable(database).get(number)
        assert found is not None
        assert found.name == "before the move"

    def test_nothing_is_kept_of_one_that_is_cancelled(self, database, tmp_path):
        def progress(_doing, done, _total):
            if done:
                raise Cancelled("Enough.")

        with pytest.raises(Cancelled):
            evaluate_and_save(data(), PLAN, Settings(home=tmp_path), database, progress=progress)
        assert EvaluationTable(database).recent() == []


class TestKeptReport:
    def test_one_that_is_not_there_is_an_error(self, database):
        with pytest.raises(InputError, match="There is no evaluation 7"):
            load_report(database, 7)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{}",
            "[" * 100_000,
            "\0",
            lambda report: report.replace('"seed": 7', '"seed": "7"'),
            lambda report: report.replace('"seed": 7', '"seed": NaN'),
            lambda report: report.replace('"seed": 7', '"seed": 7, "more": 1'),
            lambda report: report.replace('"distinct"', '"different"'),
            lambda report: report.replace('"accuracy": ', '"accuracy": 1e999, "x": '),
        ],
    )
    def test_one_that_is_damaged_is_named(self, database, text):
        report = evaluate(data(), PLAN, make_methods(Settings(), database, 7)).report
        save_evaluation(database, PLAN, report)
        changed = text if isinstance(text, str) else text(report.to_json())
        assert changed != report.to_json()
        (row,) = EvaluationTable(database).recent()
        number = EvaluationTable(database).add(row, changed)
        with pytest.raises(StoreError) as raised:
            load_report(database, number)
        assert str(raised.value) == (
            f"The report of the evaluation {number} is damaged in the database. Delete the"
            " evaluation, or restore the database from a backup."
        )
        assert load_report(database, row.id) == report
