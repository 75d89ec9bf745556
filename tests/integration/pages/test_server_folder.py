"""Files that are too large to upload: what the page says, and the server's folder."""

import pytest

from components.shared.sequence_input import max_upload_mb
from core.sequences.importer import Importer
from core.settings import Settings
from tests.support.library_page import choose, ended, give, jobs, load_button, until
from tests.support.pages import shown, widget
from tests.support.synthetic import genes, table

CAT = table(genes("cat", 6))
LABEL = "File in the server folder"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder, with two files."""
    folder = tmp_path / "sources"
    (folder / "old").mkdir(parents=True)
    (folder / "cat.txt").write_text(CAT)
    (folder / "old" / "*dog*.txt").write_text(table(genes("dog", 3)))
    monkeypatch.setenv("GENEKIN_SOURCE_FOLDER", str(folder))
    return folder


@pytest.fixture
def page(loaded, opened):
    return opened("library")


def figures(page):
    return {metric.label: metric.value for metric in page.metric}


class TestServerFolder:
    def test_without_one_says_how_to_name_it(self, page):
        assert "GENEKIN_SOURCE_FOLDER" in shown(choose(page, "Server folder"))

    def test_lists_its_files(self, folder, page):
        choose(page, "Server folder")
        assert widget(page.selectbox, LABEL).options == [
            "cat.txt · 0.0 MB",
            "old/*dog*.txt · 0.0 MB",
        ]
        assert not page.metric

    def test_an_empty_one_says_so(self, folder, page):
        (folder / "cat.txt").unlink()
        (folder / "old" / "*dog*.txt").unlink()
        assert "The server folder is empty." in shown(choose(page, "Server folder"))

    def test_one_that_is_gone_is_named(self, folder, page):
        folder.rename(folder.with_name("elsewhere"))
        assert "Check the setting GENEKIN_SOURCE_FOLDER." in shown(choose(page, "Server folder"))

    def test_a_file_is_checked_and_loaded_as_an_upload_is(self, folder, page):
        (folder / "cat.txt").write_text(f"{CAT}ACG!\t1\n")
        choose(page, "Server folder")
        widget(page.selectbox, LABEL).select_index(0).run()
        assert figures(page) == {"Valid": "6", "Invalid": "1", "Ambiguous bases": "0.0%"}
        assert "Record 7 (line 8)" in shown(page)
        ended(load_button(page).click().run())
        assert "cat: 6 genes added" in shown(page)
        assert widget(page.selectbox, LABEL).value is None

    def test_a_file_that_changes_is_looked_at_anew(self, folder, page):
        choose(page, "Server folder")
        widget(page.selectbox, LABEL).select_index(0).run()
        assert figures(page)["Valid"] == "6"
        (folder / "cat.txt").write_text(table(genes("cat", 5)))
        assert figures(page.run())["Valid"] == "5"

    def test_reads_what_is_larger_than_an_upload(self, loaded, folder, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "1")
        page = opened("library")
        (folder / "cat.txt").write_text(CAT + "\n" * 1_500_000)
        choose(page, "Server folder")
        widget(page.selectbox, LABEL).select_index(0).run()
        assert figures(page)["Valid"] == "6"


class TestLimit:
    def test_of_an_upload_is_the_setting_and_what_is_larger_goes_another_way(
        self, loaded, opened, monkeypatch
    ):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "7")
        page = choose(opened("library"), "Upload a file")
        assert {element.proto.max_upload_size_mb for element in page.file_uploader} == {7}
        assert "Max 7 MB. For larger files use *Server folder* or the command line." in shown(page)

    def test_is_never_more_than_what_the_server_takes(self, loaded, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_FILE_MB", "2000")
        page = choose(opened("library"), "Upload a file")
        assert {element.proto.max_upload_size_mb for element in page.file_uploader} == {200}

    def test_of_the_server_is_that_of_the_settings(self):
        assert max_upload_mb() == Settings().max_file_mb == 200


class TestReport:
    def test_is_made_once_until_something_is_chosen_or_loaded(self, page, monkeypatch):
        made = []
        check = Importer.check

        def counting(*args):
            made.append(args)
            return check(*args)

        monkeypatch.setattr(Importer, "check", counting)
        give(page, CAT)
        page.run()
        assert len(made) == 1
        widget(page.text_input, "Default family").input("Kinase").run()
        assert len(made) == 2
        load_button(page).click().run()
        until(lambda: not any(job.active for job in jobs()))
        give(page.run(), CAT)
        assert "6 records already present in the library." in shown(page)
