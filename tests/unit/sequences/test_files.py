import os
from pathlib import Path

import pytest

from core.errors import InputError
from core.sequences.files import MAX_DEPTH, MAX_FILES, list_files, read_bytes

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


def names(folder: Path) -> list[str]:
    return [file.name for file in list_files(folder)]


class TestListFiles:
    def test_are_those_in_it_and_in_the_folders_in_it(self, tmp_path):
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "dog.fa").write_text(">a")
        (tmp_path / "cat.fa").write_text("")
        cat, dog = list_files(tmp_path)
        assert (cat.name, cat.path, cat.bytes) == ("cat.fa", tmp_path / "cat.fa", 0)
        assert (dog.name, dog.path, dog.bytes) == ("old/dog.fa", tmp_path / "old" / "dog.fa", 2)

    def test_what_is_hidden_is_left_out(self, tmp_path):
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config").write_text("")
        (tmp_path / ".secret").write_text("")
        assert names(tmp_path) == []

    def test_no_link_leads_out(self, tmp_path):
        folder, outside = tmp_path / "folder", tmp_path / "outside"
        folder.mkdir()
        outside.mkdir()
        (outside / "secret.fa").write_text("")
        (folder / "file.fa").symlink_to(outside / "secret.fa")
        (folder / "folder").symlink_to(outside)
        assert names(folder) == []

    def test_the_folder_itself_may_be_a_link(self, tmp_path):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "cat.fa").write_text("")
        (tmp_path / "link").symlink_to(tmp_path / "folder")
        assert names(tmp_path / "link") == ["cat.fa"]

    def test_what_is_no_file_is_left_out(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert names(tmp_path) == []

    def test_it_is_looked_into_only_so_deep(self, tmp_path):
        inner = tmp_path
        for _ in range(MAX_DEPTH + 1):
            (inner / "a.fa").write_text("")
            inner /= "in"
            inner.mkdir()
        (inner / "too deep.fa").write_text("")
        assert len(names(tmp_path)) == MAX_DEPTH + 1
        assert not any("too deep" in name for name in names(tmp_path))

    def test_so_many_are_listed(self, tmp_path):
        for number in range(MAX_FILES + 1):
            (tmp_path / f"{number}").touch()
        assert len(names(tmp_path)) == MAX_FILES

    def test_a_name_that_is_no_text_can_be_shown(self, tmp_path):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.fa")).write_text("")
        assert names(tmp_path) == ["??.fa"]

    def test_a_changed_file_is_another_version(self, tmp_path):
        (tmp_path / "cat.fa").write_text("")
        (before,) = list_files(tmp_path)
        (tmp_path / "cat.fa").write_text(">a")
        (after,) = list_files(tmp_path)
        assert before.version != after.version

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(
            InputError, match=r"missing cannot be read: No such file.*SOURCE_FOLDER"
        ):
            list_files(tmp_path / "missing")
