"""The table of evaluations on SQLite and MariaDB."""

import zlib
from dataclasses import replace

import pytest

from core.errors import StoreError
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable
from core.stores.sql.schema import evaluations
from core.stores.sql.tables import utc_now

ODD = "'; DROP TABLE evaluations; -- %s :bound 100% \\ 🧬 基因 \ud800"
ROW = EvaluationRow(
    name="first",
    created_at=utc_now(),
    by="Ada",
    source="the library default (human)",
    digest="a" * 64,
    seed=(1 << 32) - 1,
    seconds=300,
    machine={"cores": "2"},
    versions={"numpy": "2.4"},
    settings={"seed": ["knn", "svm"]},
)


@pytest.fixture
def table(database) -> EvaluationTable:
    return EvaluationTable(database)


class TestEvaluationTable:
    def test_comes_back_as_it_was(self, table):
        number = table.add(ROW, "report")

        assert table.get(number) == replace(ROW, id=number)
        assert table.report(number) == "report"

    def test_odd_text_comes_back_too(self, table):
        number = table.add(replace(ROW, name=ODD, by=ODD, source=ODD), ODD[:-1])

        found = table.get(number)
        assert found is not None
        assert (found.name, found.by, found.source) == (ODD[:-1] + "?",) * 3
        assert table.report(number) == ODD[:-1]

    def test_a_long_report_takes_little_room(self, table, database):
        text = '{"split": "homology", "accuracy": 0.5}\n' * 200_000
        number = table.add(ROW, text)

        assert table.report(number) == text
        with database.connect("looking") as connection:
            assert (
                len(connection.scalar(evaluations.select().with_only_columns(evaluations.c.report)))
                < 100_000
            )

    def test_the_latest_come_first(self, table):
        numbers = [table.add(replace(ROW, name=name), "") for name in ("a", "b", "c")]

        assert [row.id for row in table.recent()] == numbers[::-1]
        assert [row.name for row in table.recent()] == ["c", "b", "a"]

    def test_can_be_renamed(self, table):
        number, other = table.add(ROW, ""), table.add(ROW, "")

        assert table.rename(number, ODD[:-1])
        assert [row.name for row in table.recent()] == ["first", ODD[:-1]]
        assert table.get(other) == replace(ROW, id=other)

    def test_the_same_name_again_is_no_failure(self, table):
        assert table.rename(table.add(ROW, ""), ROW.name)

    def test_can_be_deleted(self, table):
        number, other = table.add(ROW, "one"), table.add(ROW, "other")

        assert table.delete(number)
        assert [row.id for row in table.recent()] == [other]
        assert table.report(number) is None

    def test_what_is_not_there_is_said(self, table):
        assert table.get(7) is None
        assert table.report(7) is None
        assert not table.rename(7, "name")
        assert not table.delete(7)

    def test_a_database_that_fails_is_named(self, table, database):
        evaluations.drop(database.engine)
        try:
            with pytest.raises(StoreError, match="failed while reading the evaluations"):
                table.recent()
        finally:
            evaluations.create(database.engine)


class TestDamaged:
    @pytest.mark.parametrize("data", [b"", b"\0", zlib.compress(b"report")[:-1]])
    def test_a_report_is_refused_in_one_way(self, table, database, data):
        number = table.add(ROW, "report")
        with database.begin("damaging") as connection:
            connection.execute(evaluations.update().values(report=data))
        with pytest.raises(ValueError):  # noqa: PT011  (it has many messages)
            table.report(number)

    def test_facts_of_other_types_are_left_out(self, table, database):
        number = table.add(ROW, "report")
        with database.begin("damaging") as connection:
            connection.execute(evaluations.update().values(machine=[1], versions="a", settings=5))
        expected = replace(ROW, id=number, machine={}, versions={}, settings={})
        assert table.recent() == [expected]
        assert table.get(number) == expected
