from pathlib import Path

import pytest

from core.errors import InputError
from core.sequences.files import read_bytes

LIMIT = 1_000


class TestReadBytes:
    def test_gives_what_the_file_holds(self, tmp_path):
        (tmp_path / "a.fa").write_bytes(b">a\nACGT\n")
        assert read_bytes(tmp_path / "a.fa", LIMIT) == b">a\nACGT\n"

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(InputError) as caught:
            read_bytes(tmp_path / "a.fa", LIMIT)
        assert (
            str(caught.value) == f"{tmp_path / 'a.fa'} cannot be read: No such file or directory."
        )

    def test_a_folder_is_not_a_file(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read: Is a directory"):
            read_bytes(tmp_path, LIMIT)

    def test_no_more_than_one_byte_too_many_is_read_of_a_file_without_an_end(self):
        assert len(read_bytes(Path("/dev/zero"), LIMIT)) == LIMIT + 1
