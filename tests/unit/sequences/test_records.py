import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.library.naming import check_library_name
from core.sequences.families import check_family_name, is_family
from core.sequences.records import (
    Problem,
    Record,
    check_organism_name,
    clean_name,
    clean_organism_name,
    has_hidden,
    remove_hidden,
    require_valid,
    sequence_id,
)

GOOD = Record("a", "ACGT", 1, 1)


def bad(position, line):
    message = f"Record {position} (line {line}) has no sequence."
    return Record("", "", position, line, problem=Problem("empty", message))


class TestSequenceId:
    def test_never_changes(self):
        # Ids are kept in both stores: another hash would load everything a second time.
        assert sequence_id("human", "ACGT") == 7_000_093_848_116_675_896

    def test_fits_a_signed_64_bit_integer(self):
        ids = [sequence_id("human", "A" * length) for length in range(1, 500)]
        assert all(0 <= number < 2**63 for number in ids)
        assert max(ids) >= 2**62

    def test_tells_organisms_and_sequences_apart(self):
        pairs = [("human", "ACGT"), ("dog", "ACGT"), ("human", "ACGTA"), ("humanA", "CGT")]
        assert len({sequence_id(*pair) for pair in pairs}) == len(pairs)


class TestRequireValid:
    def test_takes_good_records(self):
        require_valid([GOOD, GOOD], "genes.tsv")

    def test_refuses_none_at_all(self):
        with pytest.raises(InputError, match=r"^genes\.tsv has no records\.$"):
            require_valid([], "genes.tsv")

    def test_names_the_one_that_cannot_be_used(self):
        with pytest.raises(InputError) as caught:
            require_valid([GOOD, bad(2, 5)], "genes.tsv")
        assert caught.value.message == "genes.tsv: Record 2 (line 5) has no sequence."
        assert caught.value.hint == "Nothing was loaded; fix the file and load it again."

    def test_names_the_first_and_counts_the_others(self):
        with pytest.raises(InputError) as caught:
            require_valid([bad(1, 2), GOOD, bad(3, 4), bad(4, 5)], "genes.tsv")
        assert caught.value.message == (
            "genes.tsv: Record 1 (line 2) has no sequence. 2 more records are invalid."
        )


class TestCleanOrganismName:
    @given(st.text(st.sampled_from("aZ_9 .-/<é\n")) | st.text())
    def test_what_it_gives_can_be_loaded(self, written):
        name = clean_organism_name(written)
        if name is not None:
            check_organism_name(name)

    @pytest.mark.parametrize("name", ["human", "Pan_troglodytes", "_x", "a" * 200])
    def test_what_can_be_loaded_stays(self, name):
        assert clean_organism_name(name) == name


# NUL, a line break, a C1 control, a zero-width space, an override and an isolate of the direction
# of text, an unpaired surrogate, a line separator.
HIDDEN = ["\0", "\n", "\x85", "\u200b", "\u202e", "\u2066", "\ud83e", "\u2028"]


class TestHidden:
    @pytest.mark.parametrize("letter", HIDDEN, ids=ascii)
    def test_characters_are_in_no_name(self, letter):
        name = f"Ki{letter}nase"
        assert has_hidden(name)
        for check in (check_library_name, check_organism_name, check_family_name):
            with pytest.raises(InputError, match=r"^Invalid (library|organism|family) name: 'Ki"):
                check(name)
        assert not is_family(name)

    @pytest.mark.parametrize("name", ["Ion channel", "5-HT₂", "Κινάση", "激酶", "كيناز"])
    def test_letters_of_any_script_are_seen(self, name):
        assert not has_hidden(name)
        check_library_name(name)
        check_family_name(name)
        assert is_family(name)
        assert clean_name(name) == name

    @given(st.text(st.sampled_from(["a", " ", *HIDDEN])) | st.text())
    def test_without_them_a_text_has_none(self, text):
        assert not has_hidden(remove_hidden(text))
        assert not has_hidden(clean_name(text))

    def test_a_family_name_has_a_length(self):
        check_family_name("x" * 200)
        for name in ("", "x" * 201):
            with pytest.raises(InputError, match=r"Use 1 to 200 visible characters\.$"):
                check_family_name(name)
