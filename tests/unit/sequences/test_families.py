import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences.families import (
    MAX_FAMILIES,
    check_family_count,
    class_number,
    collect_families,
    is_family,
    is_missing,
    is_spreadsheet_error,
    number_families,
)

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

    @pytest.mark.parametrize(
        "written",
        [
            *("#N/A", "#n/a", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"),
            *("#SPILL!", "#NV", "#BEZUG!", "#¡VALOR!", "#ДЕЛ/0!", "#N/D", "Err:502", " #REF! "),
        ],
    )
    def test_errors_of_spreadsheets_are_none(self, written):
        assert is_spreadsheet_error(written)
        assert not is_family(written)

    @pytest.mark.parametrize("written", ["#1 kinase", "Nature!", "# of genes", "NV", "Err"])
    def test_names_that_look_like_them_are_some(self, written):
        assert not is_spreadsheet_error(written)
        assert is_family(written)

    @pytest.mark.parametrize("written", ["", " ", "NA", "n/a", "NaN", "None", "-"])
    def test_some_words_say_that_there_is_none(self, written):
        assert is_missing(written)


class TestCheckFamilyCount:
    NAMES = tuple(f"family {number}" for number in range(MAX_FAMILIES))

    def test_refuses_a_column_of_too_many(self):
        check_family_count(self.NAMES, {}, "a.csv: the column 'gene'")
        with pytest.raises(InputError) as caught:
            check_family_count([*self.NAMES, "one more"], {}, "a.csv: the column 'gene'")
        assert caught.value.message == (
            "a.csv: the column 'gene' has 1,001 different values; a library can have 1,000"
            " families."
        )
        assert caught.value.hint.startswith("Is this the column of the families?")

    def test_refuses_more_than_the_library_can_have(self):
        library = dict(enumerate(self.NAMES))
        check_family_count(["Family_3", "7"], library, "The column 'gene'")
        with pytest.raises(InputError, match=r"would have 1,001 families; the maximum is 1,000"):
            check_family_count(["one more"], library, "The column 'gene'")


class TestCollectFamilies:
    def test_refuses_an_error_of_a_spreadsheet(self):
        with pytest.raises(InputError, match=r"^n\.csv, line 3: .* the spreadsheet error #REF!"):
            collect_families(
                [(1, ("class", "gene_family")), (2, ("1", "A")), (3, ("2", "#REF!"))], "n.csv"
            )


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

    def test_tens_of_thousands_of_names_are_numbered_in_linear_time(self):
        written = [f"gene {number}" for number in range(50_000)]
        started = time.process_time()
        found = number_families(
            written, {number: f"old {number}" for number in range(0, 900, 2)}, {}
        )
        assert time.process_time() - started < 10  # Over a minute where the search starts anew.
        assert len(set(found.numbers.values())) == 50_000
        assert [found.numbers[text] for text in written[:2]] == [1, 3]

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
