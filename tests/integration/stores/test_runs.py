"""The tables of runs on SQLite and MariaDB."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StoreError
from core.stores.sql import tables as module
from core.stores.sql.database import Database
from core.stores.sql.runs import Part, RunRow, RunTable
from core.stores.sql.tables import utc_now

ODD = "'; DROP TABLE runs; -- %s :bound 100% \\ 🧬 基因 <script>"
NOW = utc_now()


@pytest.fixture
def table(database) -> RunTable:
    return RunTable(database)


@pytest.fixture
def elsewhere(database, database_url) -> Iterator[RunTable]:
    """The same tables, as another process sees them."""
    other = Database(database_url, timeout=10)
    yield RunTable(other)
    other.close()


def run(number: int = 1, name: str = "", found_by: str = "") -> RunRow:
    return RunRow(
        id=f"run-{number}",
        name=name or f"name {number}",
        found_by=found_by,
        created_at=NOW + timedelta(seconds=number),
        by="Ada",
        library="default",
        encoder="translated",
        fingerprint="f" * 32,
        contents="c" * 64,
        queries=2,
        about={"settings": [None, 10, 0.5], "text": ODD},
    )


def names(table: RunTable, text: str) -> list[str]:
    found = [row.name for row in table.find(text, 0, 100)]
    assert table.count(text) == len(found)
    return found


class TestAdd:
    def test_comes_back_as_it_was_whoever_reads(self, table, elsewhere):
        row = replace(run(name=ODD), by=ODD, library="基因")
        table.add(row, [])
        assert elsewhere.get(row.id) == row

    def test_ids_differ_by_the_case_of_their_letters(self, table):
        table.add(run(), [])
        table.add(replace(run(), id="RUN-1", name="other"), [])
        assert table.get("RUN-1").name == "other"

    def test_halves_of_characters_are_replaced(self, table):
        table.add(run(name="half \ud83e"), [])
        assert table.get("run-1").name == "half ?"

    def test_is_all_or_nothing(self, table):
        twice = [Part("calls", 0, b"one"), Part("calls", 0, b"again")]
        with pytest.raises(StoreError, match="failed while saving a run"):
            table.add(run(), twice)
        assert table.get("run-1") is None
        assert table.parts("run-1", "calls", 0, 10) == []

    def test_one_that_is_not_there_is_none(self, table):
        assert table.get("run-1") is None


class TestParts:
    @pytest.fixture
    def kept(self, table):
        parts = [Part("calls", first, f"from {first}".encode()) for first in (0, 200, 400)]
        table.add(run(), [*parts, Part("queries", 0, b"queries")])
        return parts

    @pytest.mark.parametrize(
        ("start", "stop", "wanted"),
        [
            (0, 200, slice(0, 1)),
            (0, 201, slice(0, 2)),
            (199, 200, slice(0, 1)),
            (200, 400, slice(1, 2)),
            (399, 401, slice(1, 3)),
            (450, 500, slice(2, 3)),
        ],
    )
    def test_are_those_that_hold_the_items(self, table, kept, start, stop, wanted):
        assert table.parts("run-1", "calls", start, stop) == kept[wanted]

    def test_of_another_kind_or_run_are_left_aside(self, table, kept):
        assert table.parts("run-1", "queries", 0, 500) == [Part("queries", 0, b"queries")]
        assert table.parts("run-2", "calls", 0, 500) == []

    def test_a_large_one_is_kept_in_pieces(self, table, monkeypatch):
        monkeypatch.setattr(module, "_PIECE_BYTES", 3)
        part = Part("calls", 0, bytes(range(256)))
        table.add(run(), [part])
        assert table.parts("run-1", "calls", 0, 1) == [part]

    def test_are_larger_than_a_packet(self, table):
        part = Part("queries", 0, b"ACGT" * 5_000_000)
        table.add(run(), [part])
        assert table.parts("run-1", "queries", 0, 1) == [part]


class TestFind:
    def test_the_latest_comes_first_in_pages(self, table):
        for number in (2, 3, 1):
            table.add(run(number), [])
        assert names(table, "") == ["name 3", "name 2", "name 1"]
        assert [row.name for row in table.find("", 1, 1)] == ["name 2"]
        assert table.find("", 3, 10) == []

    def test_by_a_part_of_the_name_or_of_what_else_it_is_found_by(self, table):
        table.add(run(1, "Plate 7", "Ion channel\nclone_12"), [])
        table.add(run(2, "Plate 8"), [])
        assert names(table, "late 7") == ["Plate 7"]
        assert names(table, "channel") == ["Plate 7"]
        assert names(table, "plate") == ["Plate 8", "Plate 7"]
        assert names(table, "plate 9") == []

    @pytest.mark.parametrize(("stored", "query"), [("ÄRGER", "ärger"), ("straße", "STRASSE")])
    def test_the_case_of_letters_does_not_matter(self, table, stored, query):
        table.add(run(name=stored), [])
        assert names(table, query) == [stored]

    @pytest.mark.parametrize("text", ["%", "_", "/", "\\", "100%", "' OR 1=1 --", "\ud83e"])
    def test_what_is_asked_for_is_no_pattern(self, table, text):
        table.add(run(1, "anything"), [])
        assert names(table, text) == []
        table.add(run(2, f"has {text} in it"), [])
        assert len(names(table, text)) == 1


class TestRename:
    def test_is_found_by_the_new_name_and_by_all_else(self, table):
        table.add(run(1, "Old", "clone_12"), [])
        table.add(run(2, "Other"), [])
        assert table.rename("run-1", ODD)
        assert names(table, ODD) == [ODD]
        assert names(table, "clone_12") == [ODD]
        assert names(table, "old") == []
        assert table.get("run-2").name == "Other"

    def test_to_the_same_name_is_no_error(self, table):
        table.add(run(1, "Same"), [])
        assert table.rename("run-1", "Same")

    def test_of_none_is_false(self, table):
        assert not table.rename("run-1", "name")


class TestDelete:
    def test_takes_the_parts_along_and_leaves_the_others(self, table):
        for number in (1, 2, 3):
            table.add(run(number), [Part("calls", 0, b"calls")])
        assert table.delete(["run-1", "run-3", "run-9"]) == 2
        assert names(table, "") == ["name 2"]
        assert table.parts("run-1", "calls", 0, 1) == []
        assert len(table.parts("run-2", "calls", 0, 1)) == 1

    def test_of_none_is_nothing(self, table):
        assert table.delete(["run-1"]) == table.delete([]) == 0


class TestBefore:
    def test_are_the_older_ones(self, table):
        for number in (1, 2, 3):
            table.add(run(number), [])
        assert set(table.before(NOW + timedelta(seconds=2.5))) == {"run-1", "run-2"}
        assert table.before(NOW) == []
