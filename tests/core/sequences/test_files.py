import contextlib
import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.sequences.files import GZIP_MAGIC, decode, read_text

LIMIT = 1_000
FASTA = b">a\nACGT\n"


class TestDecode:
    @pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
    def test_every_line_end_becomes_a_newline(self, line_end):
        assert decode(FASTA.replace(b"\n", line_end), "a.fa", LIMIT) == ">a\nACGT\n"

    def test_a_byte_order_mark_is_not_part_of_the_text(self):
        assert decode(b"\xef\xbb\xbf" + FASTA, "a.fa", LIMIT) == ">a\nACGT\n"

    def test_names_may_have_any_script(self):
        assert decode(">Gen α\nACGT\n".encode(), "a.fa", LIMIT) == ">Gen α\nACGT\n"

    @pytest.mark.parametrize(
        "data",
        [
            b">a\nAC\0GT\n",
            b"\x89PNG\r\n\x1a\n\xff",
            ">a\nACGT\n".encode("utf-16"),
            ">Künstlich\n".encode("latin-1"),
            gzip.compress(b"\xff\xfe"),
            gzip.compress(gzip.compress(FASTA)),
        ],
    )
    def test_what_is_not_text_is_refused(self, data):
        with pytest.raises(InputError) as caught:
            decode(data, "a.fa", LIMIT)
        assert caught.value.message == "a.fa is not a text file."

    def test_exactly_the_limit_is_read(self):
        assert decode(b"A" * LIMIT, "a.fa", LIMIT) == "A" * LIMIT

    def test_more_than_the_limit_is_refused(self):
        with pytest.raises(InputError, match=r"^a\.fa holds more than 2 MB\."):
            decode(b"A" * 2_000_001, "a.fa", 2_000_000)

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=200))
    def test_what_was_packed_comes_back(self, text):
        assert decode(gzip.compress(text.encode()), "a.fa.gz", LIMIT) == text

    def test_packed_pieces_that_were_joined_come_back_whole(self):
        pieces = gzip.compress(b">a\nACGT\n") + gzip.compress(b">b\nTTTT\n")
        assert decode(pieces, "a.fa.gz", LIMIT) == ">a\nACGT\n>b\nTTTT\n"

    def test_exactly_the_limit_is_unpacked(self):
        assert len(decode(gzip.compress(b"A" * LIMIT), "a.fa.gz", LIMIT)) == LIMIT

    def test_a_cut_gzip_is_refused_wherever_it_was_cut(self):
        whole = gzip.compress(FASTA * 20)
        for length in range(2, len(whole)):
            with pytest.raises(InputError, match=r"^a\.fa\.gz is a damaged gzip file\."):
                decode(whole[:length], "a.fa.gz", LIMIT)

    def test_a_gzip_with_a_flipped_bit_is_refused(self):
        whole = bytearray(gzip.compress(FASTA * 20))
        whole[-6] ^= 1  # in the checksum
        with pytest.raises(InputError, match=r"^a\.fa\.gz is a damaged gzip file\."):
            decode(bytes(whole), "a.fa.gz", LIMIT)

    def test_a_gzip_bomb_is_refused_and_never_unpacked(self):
        bomb = gzip.compress(b"A" * 200_000_000)
        assert len(bomb) < 250_000
        tracemalloc.start()
        with pytest.raises(InputError, match=r"^bomb\.gz holds more than 1 MB\."):
            decode(bomb, "bomb.gz", 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10_000_000

    @given(st.binary(max_size=200) | st.binary(max_size=200).map(GZIP_MAGIC.__add__))
    def test_any_bytes_are_text_or_an_input_error(self, data):
        try:
            text = decode(data, "a.fa", LIMIT)
        except InputError:
            return
        assert "\0" not in text
        assert "\r" not in text

    @given(st.binary(min_size=1, max_size=10), st.integers(2, 100))
    def test_any_damage_to_a_gzip_is_text_or_an_input_error(self, noise, start):
        whole = gzip.compress(FASTA * 20)
        with contextlib.suppress(InputError):
            decode(whole[:start] + noise + whole[start + len(noise) :], "a.fa.gz", LIMIT)


class TestReadText:
    def test_reads_a_file_plain_or_packed(self, tmp_path):
        (tmp_path / "a.fa").write_bytes(FASTA)
        (tmp_path / "packed").write_bytes(gzip.compress(FASTA))
        assert read_text(tmp_path / "a.fa", LIMIT) == FASTA.decode()
        assert read_text(tmp_path / "packed", LIMIT) == FASTA.decode()

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(InputError) as caught:
            read_text(tmp_path / "a.fa", LIMIT)
        assert (
            str(caught.value) == f"{tmp_path / 'a.fa'} cannot be read: No such file or directory."
        )

    def test_a_folder_is_not_a_file(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read: Is a directory"):
            read_text(tmp_path, LIMIT)

    def test_no_more_than_the_limit_is_read_of_a_file_without_an_end(self):
        with pytest.raises(InputError, match=r"^zero holds more than 1 MB"):
            read_text(Path("/dev/zero"), 1_000_000)
