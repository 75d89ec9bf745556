import os
from pathlib import Path

import pytest

from core.output import replacing


def write(path, content=b"new"):
    with replacing(path) as file:
        file.write(content)


class TestReplacing:
    def test_writes_a_file(self, tmp_path):
        write(tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"new"
        assert len(list(tmp_path.iterdir())) == 1

    def test_replaces_a_link_and_not_its_target(self, tmp_path):
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("precious")
        link.symlink_to(target)
        write(link)
        assert not link.is_symlink()
        assert link.read_bytes() == b"new"
        assert target.read_text() == "precious"

    def test_writes_through_to_a_device(self, tmp_path):
        """As root, replacing it would break all other programs."""
        link = tmp_path / "link"
        link.symlink_to("/dev/null")
        write(link)
        assert link.is_symlink()

    def test_writes_into_a_pipe(self, tmp_path):
        os.mkfifo(pipe := tmp_path / "pipe")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write(pipe)
        assert os.read(reader, 10) == b"new"
        assert pipe.is_fifo()
        os.close(reader)

    def test_writes_to_a_file_that_is_open_already(self, tmp_path):
        """As ``/dev/stdout``, redirected to a file."""
        with (tmp_path / "file").open("wb") as file:
            write(Path(f"/dev/fd/{file.fileno()}"))
        assert (tmp_path / "file").read_bytes() == b"new"

    def test_after_an_error_all_is_as_it_was(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("old")

        def write_half():
            with replacing(file) as part:
                part.write(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_half()
        assert file.read_text() == "old"
        assert len(list(tmp_path.iterdir())) == 1

    def test_is_readable_as_other_new_files_are(self, tmp_path):
        (tmp_path / "other").touch()
        write(tmp_path / "file")
        assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode
