import pytest

from core.errors import InputError
from core.sequences.readers.encoding import LATIN_NOTE, decode

LONG = "α" * 1_500_000
"""Longer than a piece, and two bytes a letter."""


class TestDecode:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("text", ["", "a\n\nbß\n", f"a{LONG}"], ids=["none", "some", "long"])
    def test_tells_the_encoding(self, text, encoding):
        found = decode(text.encode(encoding), "a.fa")
        assert (found.lines().read(), found.note) == (text, "")

    def test_what_is_not_unicode_is_latin_1(self):
        found = decode("Mäuse\n".encode("latin-1"), "a.fa")
        assert (found.lines().read(), found.note) == ("Mäuse\n", LATIN_NOTE)

    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_lines_end_in_one_way(self, line_end):
        assert list(decode(f"a{line_end}b".encode(), "a.fa").lines()) == ["a\n", "b"]

    @pytest.mark.parametrize("data", [b"ACGT\0", b"A" * 2_000_000 + b"\0", b"\xe4\x01"])
    def test_what_is_no_text_is_refused_wherever_it_shows(self, data):
        with pytest.raises(InputError, match=r"^a\.fa is not a text file\."):
            decode(data, "a.fa")

    def test_damaged_utf_16_is_refused(self):
        with pytest.raises(InputError, match="is damaged UTF-16 text"):
            decode("abc".encode("utf-16")[:-1], "a.fa")


class TestBeginning:
    def test_is_what_stands_first(self):
        assert decode(b"\n \n >a\nACGT\n", "a.fa").beginning() == " >a\nACGT\n"

    def test_is_a_million_letters_at_most(self):
        assert decode(f"a{LONG}".encode(), "a.fa").beginning() == f"a{LONG}"[:1_000_000]
        assert decode(f"a\n{LONG}".encode(), "a.fa").beginning() == f"a\n{LONG}"[:1_000_000]

    def test_of_blank_lines_is_nothing(self):
        assert decode(b"\n \t\n", "a.fa").beginning() == ""
