from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from sqlalchemy import select

from core.errors import StoreError
from core.similarity import stored_results
from core.similarity.stored_results import StoredResults
from core.similarity.tsne import SequenceMap
from core.stores.sql.database import Database
from core.stores.sql.schema import stored_results as rows
from core.stores.sql.stored_results import ResultTable
from tests.support.comparisons import make_comparison, make_genes

ABC = make_comparison("a", "b", "c")
MAP = SequenceMap(
    tuple(make_genes("a", 3) + make_genes("é <x>", 2)), np.arange(10.0).reshape(5, 2), 9
)


def never():
    raise AssertionError


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'labels.sqlite'}", timeout=10)
    yield database
    database.close()


@pytest.fixture
def stored(database) -> StoredResults:
    return StoredResults(database)


@pytest.fixture
def table(database) -> ResultTable:
    return ResultTable(database)


def name_of(database) -> str:
    """The name of the only result."""
    with database.connect("listing") as connection:
        return str(connection.scalars(select(rows.c.name).distinct()).one())


def bytes_of(table, name) -> bytes:
    return b"".join(table.read(name))


class TestComparison:
    def test_comes_back_as_it_was(self, stored):
        assert stored.comparison("abc", None, make=lambda: ABC) is ABC
        found = stored.comparison("abc", None, make=never)
        assert (found.encoder, found.organisms) == (ABC.encoder, ABC.organisms)
        assert list(found.pairs) == list(ABC.pairs)
        for names, pair in ABC.pairs.items():
            again = found.pairs[names]
            assert list(again.genes) == list(pair.genes)
            assert list(again.reference_genes) == list(pair.reference_genes)
            assert np.array_equal(again.nearest, pair.nearest)
            assert np.array_equal(again.best, pair.best)

    def test_of_the_first_genes_only(self, stored):
        pairs = {
            names: replace(pair, genes=pair.genes[:4], nearest=pair.nearest[:4], best=pair.best[:4])
            for names, pair in ABC.pairs.items()
        }
        limited = replace(ABC, pairs=pairs)
        stored.comparison("abc", 4, make=lambda: limited)
        pair = stored.comparison("abc", 4, make=never).pairs["a", "b"]
        assert (pair.n, len(pair.genes), len(pair.reference_genes)) == (4, 4, 8)

    def test_has_a_key(self, stored):
        assert not stored.has("abc", None)
        stored.comparison("abc", None, make=lambda: ABC)
        assert stored.has("abc", None)
        assert not stored.has("abc", 4)


class TestMap:
    def test_comes_back_as_it_was(self, stored):
        stored.map("map", make=lambda: MAP)
        found = stored.map("map", make=never)
        assert (found.genes, found.total) == (MAP.genes, MAP.total)
        assert np.array_equal(found.coordinates, MAP.coordinates)


class TestDamaged:
    def test_what_is_cut_short_is_made_again(self, stored, table, database):
        stored.map("map", make=lambda: MAP)
        name = name_of(database)
        table.save(name, [bytes_of(table, name)[:100]])
        assert stored.map("map", make=lambda: MAP) is MAP
        assert stored.map("map", make=never).genes == MAP.genes

    def test_bytes_that_changed_anywhere_are_made_again(self, stored, table, database):
        stored.comparison("abc", make=lambda: ABC)
        name = name_of(database)
        content = bytes_of(table, name)
        for position in range(0, len(content), 97):
            changed = bytes([content[position] ^ 0xFF])
            table.save(name, [content[:position], changed, content[position + 1 :]])
            found = stored.comparison("abc", make=lambda: ABC)
            assert list(found.pairs) == list(ABC.pairs)
            for names, pair in ABC.pairs.items():
                assert list(found.pairs[names].genes) == list(pair.genes)
                assert np.array_equal(found.pairs[names].nearest, pair.nearest)
                assert np.array_equal(found.pairs[names].best, pair.best)

    @pytest.mark.parametrize(
        "change",
        [
            {"coordinates": np.zeros((5, 3))},
            {"coordinates": np.full((5, 2), np.nan)},
            {"coordinates": np.array(["a"])},
            {"genes": np.zeros((5, 4))},
            {"genes": np.zeros((5, 9), dtype=np.int64)},
            {"genes": np.full((5, 4), 99)},
            {"about": np.frombuffer(b"5", dtype=np.uint8)},
            {"about": np.frombuffer(b"[" * 9_000, dtype=np.uint8)},
            {"genes names": np.frombuffer(b'["a", 1, 2, 3, 4]', dtype=np.uint8)},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_arrays_of_another_shape_are_made_again(self, stored, table, database, change):
        stored.map("map", make=lambda: MAP)
        name = name_of(database)
        with np.load(BytesIO(bytes_of(table, name))) as arrays:
            save_arrays(table, name, **{**arrays, **change})
        assert stored.map("map", make=lambda: MAP) is MAP

    def test_another_result_is_made_again(self, stored, table, database):
        stored.map("map", make=lambda: MAP)
        save_arrays(table, name_of(database), other=np.zeros(1))
        assert stored.map("map", make=lambda: MAP) is MAP


def save_arrays(table, name, **arrays):
    file = BytesIO()
    np.savez(file, **arrays)
    table.save(name, [file.getvalue()])


class TestTable:
    def test_a_database_that_cannot_be_written_keeps_nothing(self, stored, database, monkeypatch):
        def fail(*_):
            raise StoreError("The disk is full.")

        monkeypatch.setattr(stored._table, "save", fail)
        assert stored.map("map", make=lambda: MAP) is MAP
        assert not stored.has("map")

    def test_what_was_not_made_is_not_there(self, stored):
        with pytest.raises(AssertionError):
            stored.map("map", make=never)
        assert not stored.has("map")
        assert stored.find_map("map") is None

    def test_those_used_last_are_kept(self, stored, table, monkeypatch):
        monkeypatch.setattr(stored_results, "_MAX_RESULTS", 2)
        table.save("export 1", [b"not one of them"])
        for number in range(2):
            stored.map(number, make=lambda: MAP)
        stored.map(0, make=never)  # Now it is the one used last.
        stored.map(2, make=lambda: MAP)
        assert [stored.has(number) for number in range(3)] == [True, False, True]
        assert table.size("export 1") == 15
        table.delete("export 1")
        assert table.size("export 1") is None

    def test_large_ones_are_stored_in_pieces(self, table):
        content = np.random.default_rng(1).bytes(9_000_000)
        table.save("large", [content])
        assert [len(piece) for piece in table.read("large")] == [4_000_000, 4_000_000, 1_000_000]
        assert bytes_of(table, "large") == content
        table.save("large", [b"small"])
        assert bytes_of(table, "large") == b"small"
