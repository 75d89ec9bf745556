import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sequences.families import class_number, is_family, is_missing, number_families

LIBRARY = {0: "Synthase", 5: "Ion channel"}


class TestIsFamily:
    @pytest.mark.parametrize(
        "written", ["0", " 3 ", "Ion channel", "5-HT receptor", "1a", "Κινάση"]
    )
    def test_numbers_and_names(self, written):
        assert is_family(written)

    @pytest.mark.parametrize("written", ["", "3.0", "-1", "1e3", "nan", "inf", "²", "?", "a\x07"])
    def test_nothing_else(self, written):
        assert not is_family(written)

    @pytest.mark.parametrize("written", ["", " ", "NA", "n/a", "NaN", "None", "-"])
    def test_some_words_say_that_there_is_none(self, written):
        assert is_missing(written)


class TestNumberFamilies:
    def test_numbers_stay(self):
        found = number_families(["3", "0"], {}, {})
        assert found.numbers == {"3": 3, "0": 0}
        assert found.names == {}

    def test_names_get_the_librarys_numbers_however_they_are_spelled(self):
        found = number_families(["ion_channel", "ION  Channel"], LIBRARY, {})
        assert found.numbers == {"ion_channel": 5, "ION  Channel": 5}
        assert found.names == LIBRARY

    def test_new_names_get_the_next_free_numbers(self):
        found = number_families(["Kinase", "Ligase", "Kinase", "2"], LIBRARY, {})
        assert found.numbers == {"Kinase": 1, "Ligase": 3, "2": 2}
        assert found.names == {**LIBRARY, 1: "Kinase", 3: "Ligase"}

    def test_numbers_mean_what_the_file_of_names_says(self):
        found = number_families(["0", "1"], LIBRARY, {0: "Ion channel", 1: "Kinase"})
        assert found.numbers == {"0": 5, "1": 1}
        assert found.names == {**LIBRARY, 1: "Kinase"}

    def test_a_number_that_is_taken_by_another_name_moves(self):
        found = number_families(["0"], LIBRARY, {0: "Kinase"})
        assert found.numbers["0"] not in LIBRARY
        assert found.names[found.numbers["0"]] == "Kinase"

    def test_a_family_that_had_no_name_gets_it(self):
        found = number_families(["3"], {3: "class 3"}, {3: "Kinase"})
        assert found.numbers == {"3": 3}
        assert found.names == {3: "Kinase"}

    def test_what_neither_has_is_unknown(self):
        found = number_families(["0", "9", "Kinase", "Ligase"], LIBRARY, {1: "Kinase"})
        assert found.unknown == {"9", "Ligase"}

    def test_nothing_is_unknown_where_nothing_was_named(self):
        assert number_families(["0", "Kinase"], {}, {}).unknown == frozenset()

    @given(
        st.lists(st.sampled_from(["0", "1", "2", "9", "A", "B", "C", "D"])),
        st.dictionaries(st.integers(0, 5), st.sampled_from(["A", "B", "C", "E"])),
        st.dictionaries(st.integers(0, 5), st.sampled_from(["A", "B", "C", "F"])),
    )
    def test_one_name_has_one_number_and_no_name_of_the_library_changes(
        self, written, library, given_names
    ):
        library = {number: name for name, number in {v: k for k, v in library.items()}.items()}
        given_names = {n: name for name, n in {v: k for k, v in given_names.items()}.items()}
        found = number_families(written, library, given_names)
        assert set(found.numbers) == set(written)
        assert {number: found.names[number] for number in library} == library
        assert len(set(found.names.values())) == len(found.names)
        for text in written:
            name = text if class_number(text) is None else given_names.get(int(text))
            if name:
                assert found.names[found.numbers[text]] == name
