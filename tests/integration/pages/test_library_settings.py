"""The Library page: replacing, new libraries beside others, and looking after a library."""

import json
from datetime import UTC, datetime

import pytest

from components.shared import services
from core.library.load import load as load_records
from core.library.stored_exports import StoredExports
from core.stores.sql.job_row import FAILED
from tests.support.library_page import (
    choose,
    ended,
    give,
    jobs,
    load,
    load_button,
    press,
    uploader,
)
from tests.support.pages import button, shown, widget
from tests.support.synthetic import dna, genes, table

CAT = table(genes("cat", 6))
AS_LOADED = ["**human** · 12 genes", "**dog** · 4 genes"]


@pytest.fixture
def page(loaded, opened):
    return opened("library")


def organisms(page):
    """The organisms that the page lists, with their genes."""
    found = [element.value.replace("\\", "") for element in page.markdown]
    return [line for line in found if line.startswith("**") and line.endswith((" gene", " genes"))]


def figures(page):
    return {metric.label: metric.value for metric in page.metric}


def read(page):
    """All that the page shows, as it looks."""
    return shown(page).replace("\\", "")


class TestReplace:
    CHOICE = "human: already present"

    def test_is_offered_where_the_organism_is_there(self, page):
        give(page, CAT)
        assert not [element for element in page.segmented_control if "already" in element.label]
        widget(page.text_input, "Organism").input("human").run()
        choice = widget(page.segmented_control, self.CHOICE)
        assert (choice.options, choice.value) == (["Add", "Replace"], "Add")

    def test_puts_the_file_in_the_place_of_the_organism(self, page):
        other_family = f"sequence\tclass\n{dna('human 1')}\t2\n{dna('new')}\t1\n"
        give(page, other_family, organism="human")
        assert figures(page)["Invalid"] == "1"
        widget(page.segmented_control, self.CHOICE).set_value("Replace").run()
        assert figures(page)["Invalid"] == "0"
        ended(load_button(page).click().run())
        assert organisms(page) == ["**dog** · 4 genes", "**human** · 2 genes"]
        assert "human: 2 genes, replacing 12; 2 records read" in shown(page)

    def test_is_not_what_happens_unasked(self, page):
        load(page, table(genes("more", 2)), organism="human")
        assert organisms(page) == ["**human** · 14 genes", "**dog** · 4 genes"]


class TestProvenance:
    def test_says_where_genes_came_from_and_when(self, page):
        before = datetime.now(UTC).replace(second=0, microsecond=0)
        load(page, CAT)
        told = [element.value.replace("\\", "") for element in page.caption]
        (line,) = [line for line in told if line.startswith("cat.txt → cat · 6 genes · ")]
        date = datetime.strptime(line.split(" · ")[2], "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
        assert before <= date <= datetime.now(UTC)

    def test_shows_how_long_they_are(self, page):
        charts = [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]
        assert [chart["encoding"]["x"]["title"] for chart in charts] == [
            "genes",
            "length (bp, log scale), n = 12 genes",
            "genes",
            "length (bp, log scale), n = 4 genes",
        ]


class TestNewLibrary:
    @pytest.fixture
    def beside(self, page):
        """The page where a new library is to be made beside the one that is there."""
        page.segmented_control(key="into default").set_value("New library").run()
        return page

    def test_needs_a_name_of_its_own(self, beside):
        assert "Enter a name for the new library." in shown(beside)
        assert not [element for element in beside.button if element.label.startswith("Load")]
        beside.text_input(key="new_library").input("default").run()
        assert "A library with this name exists." in shown(beside)
        beside.text_input(key="new_library").input("x" * 65).run()
        assert "Invalid library name" in shown(beside)

    def test_is_made_beside_the_other_one(self, beside):
        beside.text_input(key="new_library").input("pets").run()
        widget(beside.selectbox, "Encoder").select("count").run()
        load(beside, CAT)
        assert services.libraries().names() == ["default", "pets"]
        assert beside.sidebar.selectbox[0].value == "pets"
        assert not beside.warning
        assert organisms(beside) == ["**cat** · 6 genes"]
        (every,) = beside.dataframe
        assert every.value[["library", "organisms", "genes", "status"]].to_numpy().tolist() == [
            ["default", 2, 16, "ready"],
            ["pets", 1, 6, "ready"],
        ]

    def test_says_which_of_them_is_damaged(self, page):
        load_records(
            services.libraries(), {"cat": genes("cat", 6)}, library="pets", encoder="count"
        )
        row = services.libraries().library_row("pets")
        services.libraries().stores.vectors.drop(row.collection)
        page.run()
        (every,) = page.dataframe
        assert every.value["status"].tolist() == ["ready", "cannot be searched"]
        assert "**pets**: The vectors of the library 'pets' are missing" in shown(page)


class TestCare:
    def test_the_encoder_is_fitted_to_what_was_added(self, page):
        assert "The encoder was fitted on all genes." in shown(page)
        assert button(page, "Refit encoder").disabled
        load(page, CAT)
        assert "6 of 22 genes were added after the encoder was fitted." in shown(page)
        before = services.libraries().library_row("default").fingerprint

        press(page, "Refit encoder")

        assert "Fitted on 22 genes." in read(page)
        assert services.libraries().library_row("default").fingerprint != before
        assert button(page, "Refit encoder").disabled

    def test_what_is_whole_needs_no_mending(self, page):
        press(page, "Verify and repair")
        assert "16 genes verified, no problems found." in read(page)

    def test_what_was_lost_is_said_and_mended(self, page):
        row = services.libraries().library_row("default")
        services.libraries().stores.vectors.drop(row.collection)
        page.run()
        assert "are missing from the vector store" in shown(page)
        assert organisms(page) == []
        press(page, "Verify and repair")
        assert "16 genes verified. Missing vectors rebuilt: 16" in read(page)
        assert organisms(page) == AS_LOADED

    def test_a_library_is_taken_away_as_a_file_and_brought_back(self, page, home):
        assert not page.get("download_button")
        press(page, "Export")
        (download,) = page.get("download_button")
        assert download.label.startswith("Download export (0.")
        content = StoredExports(services.libraries()).read(
            "default", services.libraries().open().identity
        )

        choose(page, "Import an archive")
        uploader(page, "Exported library").upload("lab.zip", content, "application/zip")
        page.run()
        page.text_input(key="name of the import").input("copy")
        press(page, "Import")

        assert not page.error
        assert services.libraries().names() == ["copy", "default"]
        assert page.sidebar.selectbox[0].value == "copy"
        assert uploader(page, "Exported library").value is None
        assert organisms(page) == AS_LOADED

    def test_what_is_no_exported_library_is_refused(self, page):
        choose(page, "Import an archive")
        uploader(page, "Exported library").upload("lab.zip", b"PK", "application/zip")
        press(page.run(), "Import")
        (job, *_) = jobs()
        assert (job.state, job.kind) == (FAILED, "import")
        assert job.message == "lab.zip is not a GeneKin library archive."
        assert services.libraries().names() == ["default"]
