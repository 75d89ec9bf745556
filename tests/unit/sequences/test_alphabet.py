import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sequences.alphabet import (
    IUPAC_DNA,
    find_invalid_character,
    looks_like_dna,
    looks_like_protein,
    normalise,
)


class TestNormalise:
    @pytest.mark.parametrize(
        ("text", "residues"),
        [
            ("acgt", "ACGT"),
            ("AUGuu", "ATGTT"),
            (" AC\tGT\r\n", "ACGT"),
            ("AC\u00a0GT\u2028A", "ACGTA"),
            ("", ""),
            (" \n", ""),
        ],
    )
    def test_is_upper_case_without_white_space_and_with_t_for_u(self, text, residues):
        assert normalise(text) == residues

    @pytest.mark.parametrize("letter", ["ß", "ſ", "ﬆ", "ﬅ", "ı"])  # noqa: RUF001
    def test_makes_no_dna_of_letters_whose_upper_case_is_plain(self, letter):
        assert normalise(letter) == letter

    @given(st.text(st.sampled_from(IUPAC_DNA)))
    def test_leaves_dna_alone(self, residues):
        assert normalise(residues) == residues

    @given(st.text())
    def test_changes_nothing_the_second_time(self, text):
        assert normalise(normalise(text)) == normalise(text)


class TestFindInvalidCharacter:
    @pytest.mark.parametrize(
        ("residues", "found"),
        [
            (IUPAC_DNA, None),
            ("", None),
            ("ACGT!A?", (4, "!")),
            ("-ACGT", (0, "-")),
            ("ACGI", (3, "I")),
            ("ACGТ", (3, "Т")),  # noqa: RUF001  (Cyrillic)
        ],
    )
    def test_finds_the_first_letter_that_is_not_dna(self, residues, found):
        assert find_invalid_character(residues) == found


class TestLooksLikeProtein:
    @pytest.mark.parametrize("residues", ["MEFLIPQK", "MKLVE*", "ACDEFGHIKLMNPQRSTVWY"])
    def test_several_kinds_of_letters_that_only_proteins_have(self, residues):
        assert looks_like_protein(residues)

    @pytest.mark.parametrize("residues", ["ACGTACGTX", "ACGTACGTXJ", "ACGTXJZ*", f"{'ACGT' * 9}EF"])
    def test_dna_with_some_bad_letters_is_none(self, residues):
        assert not looks_like_protein(residues)

    @pytest.mark.parametrize("residues", ["ACGT", "ACGTE", "EEEE", "EFLI!", "HELLO1", ""])
    def test_one_kind_or_other_characters_say_nothing(self, residues):
        assert not looks_like_protein(residues)


class TestLooksLikeDna:
    @pytest.mark.parametrize("text", ["acgtacgtac", f"{'ACGT' * 10}X", f"{'ACGT' * 10}XJ"])
    def test_sequences_with_few_bad_letters(self, text):
        assert looks_like_dna(text)

    @pytest.mark.parametrize("text", ["ACGT", "ACGTACGTAX", "Synthase", f"{'ACGT' * 10}MEFLIPQ"])
    def test_nothing_else(self, text):
        assert not looks_like_dna(text)
