import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import StoreError
from core.sequences.references import published as module
from core.sequences.references.published import PUBLISHED, Mirror, PublishedFile, load_published

TABLE = b"sequence\tclass\nATGGCCATTGTAATGGGC\t3\nATGTTTCCCGGG\t4\n"
WINDOWS = TABLE.replace(b"\n", b"\r\n")
MAX_BASES = 1_000


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        """Nothing on standard error."""


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[str]:
    """A mirror with a table, the same with other line ends, and a changed one."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "a.txt").write_bytes(TABLE)
    (folder / "windows.txt").write_bytes(WINDOWS)
    (folder / "changed.txt").write_bytes(TABLE.replace(b"3", b"4"))
    monkeypatch.setenv("NO_PROXY", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def kept(tmp_path) -> Path:
    return Path(tmp_path, "kept")


def at(*urls: str, content: bytes = TABLE) -> list[PublishedFile]:
    """One organism at these addresses; those that end in windows.txt have other line ends."""
    mirrors = [
        Mirror(url, hashlib.sha256(WINDOWS if "windows" in url else content).hexdigest())
        for url in urls
    ]
    return [PublishedFile("dog", tuple(mirrors))]


class TestPublished:
    def test_is_downloaded_checked_and_read(self, site, kept):
        records = load_published(kept, MAX_BASES, files=at(f"{site}/a.txt"))["dog"]
        assert [(record.residues, record.family) for record in records] == [
            ("ATGGCCATTGTAATGGGC", 3),
            ("ATGTTTCCCGGG", 4),
        ]

    def test_progress_is_told_in_bytes(self, site, kept):
        told = []
        load_published(
            kept, MAX_BASES, files=at(f"{site}/a.txt"), progress=lambda *each: told.append(each)
        )
        assert told[-1] == ("Downloading dog", len(TABLE), len(TABLE))

    @pytest.mark.parametrize("first", ["missing.txt", "changed.txt"])
    def test_the_second_mirror_is_taken_where_the_first_has_it_not(self, site, kept, first):
        files = at(f"{site}/{first}", f"{site}/windows.txt")
        assert len(load_published(kept, MAX_BASES, files=files)["dog"]) == 2
        assert len(list(kept.iterdir())) == 1

    def test_what_the_folder_has_is_not_downloaded_again(self, site, kept):
        load_published(kept, MAX_BASES, files=at(f"{site}/missing.txt", f"{site}/windows.txt"))
        elsewhere = "http://127.0.0.1:1"
        files = at(f"{elsewhere}/missing.txt", f"{elsewhere}/windows.txt")
        assert len(load_published(kept, MAX_BASES, files=files)["dog"]) == 2

    def test_what_was_changed_in_the_folder_is_downloaded_again(self, site, kept):
        files = at(f"{site}/a.txt")
        load_published(kept, MAX_BASES, files=files)
        (file,) = kept.iterdir()
        file.write_bytes(b"other")
        assert len(load_published(kept, MAX_BASES, files=files)["dog"]) == 2

    def test_no_internet_is_said_once_and_plainly(self, kept):
        files = at("http://127.0.0.1:1/a.txt", "http://no.such.host.invalid/a.txt")
        with pytest.raises(StoreError) as caught:
            load_published(kept, MAX_BASES, files=files)
        assert caught.value.message == (
            "The published data set cannot be downloaded: no mirror provides dog."
        )
        assert caught.value.hint.startswith("Check the internet connection.")
        assert list(kept.iterdir()) == []

    def test_another_file_is_never_taken(self, site, kept):
        with pytest.raises(StoreError, match="no mirror provides dog"):
            load_published(kept, MAX_BASES, files=at(f"{site}/changed.txt"))
        assert list(kept.iterdir()) == []

    def test_a_file_without_an_end_is_stopped(self, site, kept, monkeypatch):
        monkeypatch.setattr(module, "_MAX_BYTES", 10)
        with pytest.raises(StoreError, match="no mirror provides dog"):
            load_published(kept, MAX_BASES, files=at(f"{site}/a.txt"))

    def test_a_folder_that_cannot_be_written_is_named(self, site, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(StoreError, match=r"cannot be saved in .*/file/kept: "):
            load_published(tmp_path / "file" / "kept", MAX_BASES, files=at(f"{site}/a.txt"))

    def test_can_be_stopped_and_leaves_nothing(self, site, kept):
        class StoppedError(Exception):
            pass

        def stop(*_told):
            raise StoppedError

        with pytest.raises(StoppedError):
            load_published(kept, MAX_BASES, files=at(f"{site}/a.txt"), progress=stop)
        assert list(kept.iterdir()) == []


class TestRegistry:
    def test_has_three_organisms_on_two_mirrors_each_pinned(self):
        assert [file.organism for file in PUBLISHED] == ["human", "chimpanzee", "dog"]
        for file in PUBLISHED:
            assert len({mirror.url.split("/")[3] for mirror in file.mirrors}) == 2
            for mirror in file.mirrors:
                assert mirror.url.startswith("https://")
                assert len(mirror.sha256) == 64

    @pytest.mark.shared_data
    def test_is_the_data_set_with_either_line_ends(self, shared_data):
        for file in PUBLISHED:
            data = (shared_data / f"{file.organism}.txt").read_bytes()
            assert hashlib.sha256(data).hexdigest() == file.mirrors[0].sha256
