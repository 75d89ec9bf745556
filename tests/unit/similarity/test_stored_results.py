import os
from dataclasses import replace

import numpy as np
import pytest

from core.similarity import stored_results
from core.similarity.stored_results import StoredResults
from core.similarity.tsne import SequenceMap
from tests.support.comparisons import make_comparison, make_genes

ABC = make_comparison("a", "b", "c")
MAP = SequenceMap(
    tuple(make_genes("a", 3) + make_genes("é <x>", 2)), np.arange(10.0).reshape(5, 2), 9
)


def never():
    raise AssertionError


@pytest.fixture
def stored(tmp_path):
    return StoredResults(tmp_path / "computed")


def files(stored):
    return sorted(stored._folder.iterdir())


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


class TestFiles:
    def test_a_damaged_file_is_made_again(self, stored):
        stored.map("map", make=lambda: MAP)
        (path,) = files(stored)
        path.write_bytes(path.read_bytes()[:100])
        assert stored.map("map", make=lambda: MAP) is MAP
        assert stored.map("map", make=never).genes == MAP.genes

    def test_bytes_that_changed_anywhere_are_made_again(self, stored):
        stored.comparison("abc", make=lambda: ABC)
        (path,) = files(stored)
        content = path.read_bytes()
        for position in range(0, len(content), 97):
            path.write_bytes(
                content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]
            )
            found = stored.comparison("abc", make=lambda: ABC)
            assert list(found.pairs) == list(ABC.pairs)
            for names, pair in ABC.pairs.items():
                assert list(found.pairs[names].genes) == list(pair.genes)
                assert np.array_equal(found.pairs[names].nearest, pair.nearest)
                assert np.array_equal(found.pairs[names].best, pair.best)
            path.write_bytes(content)

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
    def test_arrays_of_another_shape_are_made_again(self, stored, change):
        stored.map("map", make=lambda: MAP)
        (path,) = files(stored)
        with np.load(path) as arrays:
            changed = {**arrays, **change}
        np.savez(path, **changed)
        assert stored.map("map", make=lambda: MAP) is MAP

    def test_a_file_of_another_result_is_made_again(self, stored):
        stored.map("map", make=lambda: MAP)
        (path,) = files(stored)
        np.savez(path, other=np.zeros(1))
        assert stored.map("map", make=lambda: MAP) is MAP

    def test_a_folder_that_cannot_be_written_keeps_nothing(self, tmp_path):
        (tmp_path / "file").write_text("")
        assert StoredResults(tmp_path / "file").map("map", make=lambda: MAP) is MAP

    def test_what_was_not_made_leaves_no_file(self, stored):
        with pytest.raises(AssertionError):
            stored.map("map", make=never)
        assert not stored.has("map")

    def test_those_used_last_are_kept(self, stored, monkeypatch):
        monkeypatch.setattr(stored_results, "_MAX_FILES", 2)
        for number in range(2):
            stored.map(number, make=lambda: MAP)
            os.utime(stored._path([number]), (number, number))
        stored.map(0, make=never)  # Now it is the one used last.
        stored.map(2, make=lambda: MAP)
        assert [stored.has(number) for number in range(3)] == [True, False, True]
        assert len(files(stored)) == 2
