import numpy as np
import pytest

from core.errors import InputError, LibraryError
from core.evaluation.data import LabelledData, data_of_library, data_of_records
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.synthetic import FAMILY_NAMES, genes


def record(residues: str, family: int | None) -> Record:
    return Record("", residues, 1, 2, family)


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("library"))) as stores:
        references = {"human": genes("human", 6), "dog": genes("dog", 3)}
        load(Libraries(stores), references, encoder="count", families=FAMILY_NAMES)
        yield stores.labels


def small(*sequences: str) -> LabelledData:
    families = np.arange(len(sequences), dtype=np.int64)
    return LabelledData(sequences, families, ("human",) * len(sequences))


class TestLabelledData:
    def test_places_are_taken_in_their_order(self):
        taken = small("AA", "CC", "GG").take(np.array([2, 0]))

        assert taken.sequences == ("GG", "AA")
        assert taken.families.tolist() == [2, 0]

    def test_the_first_of_exact_copies_is_the_distinct_one(self):
        assert small("AA", "CC", "AA", "GG", "CC").distinct().tolist() == [0, 1, 3]

    def test_so_many_are_drawn_in_their_order_and_always_the_same(self):
        whole = small(*(f"{number:04b}" for number in range(16)))

        drawn = whole.sample(5, seed=1)

        assert len(drawn) == 5
        assert list(drawn.sequences) == sorted(drawn.sequences)
        assert drawn.sequences == whole.sample(5, seed=1).sequences
        assert drawn.sequences != whole.sample(5, seed=2).sequences
        assert whole.sample(16, seed=1) is whole

    def test_the_digest_tells_every_part_of_it(self):
        one = small("AA", "CC")
        others = [
            small("CC", "AA"),
            LabelledData(one.sequences, np.array([1, 0]), one.organisms),
            LabelledData(one.sequences, one.families, ("dog", "dog")),
        ]

        assert one.digest() == small("AA", "CC").digest()
        assert len({one.digest(), *(other.digest() for other in others)}) == 4


class TestDataOfRecords:
    def test_exact_copies_stay(self):
        found = data_of_records(
            {"human": [record("AA", 0), record("AA", 0)], "dog": [record("CC", 1)]}
        )

        assert found.sequences == ("AA", "AA", "CC")
        assert found.families.tolist() == [0, 0, 1]
        assert found.organisms == ("human", "human", "dog")

    def test_a_record_without_a_family_is_named(self):
        with pytest.raises(InputError, match=r"Record 1 \(line 2\) has no family"):
            data_of_records({"human": [record("AA", None)]})

    def test_one_family_is_too_few(self):
        with pytest.raises(InputError, match="fewer than two families"):
            data_of_records({"human": [record("AA", 0), record("CC", 0)]})


class TestDataOfLibrary:
    def test_all_organisms_in_the_order_of_their_records(self, labels):
        found = data_of_library(labels, "default")

        wanted = [*genes("human", 6), *genes("dog", 3)]
        assert found.sequences == tuple(item.residues for item in wanted)
        assert found.families.tolist() == [item.family for item in wanted]
        assert found.organisms == ("human",) * 6 + ("dog",) * 3
        assert found.family_names == FAMILY_NAMES
        assert found.source == "the library default (human, dog)"

    def test_those_that_are_chosen(self, labels):
        assert set(data_of_library(labels, "default", ["dog"]).organisms) == {"dog"}

    def test_an_organism_that_is_not_there_is_named(self, labels):
        with pytest.raises(InputError, match="no organism 'cat'"):
            data_of_library(labels, "default", ["cat"])

    def test_so_is_a_library(self, labels):
        with pytest.raises(LibraryError, match="no library 'other'"):
            data_of_library(labels, "other")
