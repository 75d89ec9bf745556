import gzip

import pytest

from core.libraries import Libraries
from core.loading import load
from core.settings import Settings
from core.stores import Stores
from tests.made_up import dna, genes, table
from tests.pages.reading import button, shown

CAT = table(genes("cat", 6))


@pytest.fixture
def page(loaded, opened):
    return opened("library")


def upload(page, content, *, organism="cat", name="cat.txt", families=None):
    data = content if isinstance(content, bytes) else content.encode()
    page.file_uploader(key="reference").upload(name, data, "text/plain")
    if families is not None:
        page.file_uploader(key="family_names").upload(
            "families.txt", families.encode(), "text/plain"
        )
    page.text_input(key="organism").input(organism).run()
    return button(page, "Load this file").click().run()


def organisms(page):
    """The organisms that the page lists, with their genes."""
    return [
        element.value.replace("\\", "")
        for element in page.markdown
        if element.value.startswith("**")
    ]


class TestEmpty:
    def test_says_how_to_begin(self, opened):
        page = opened("library")
        assert page.title[0].value == "Library"
        assert "Nothing is loaded yet. Begin with the human reference" in shown(page)
        assert not button(page, "Load the human reference").disabled

    def test_the_human_reference_is_one_click_away(self, opened):
        page = opened("library")
        button(page, "Load the human reference").click().run()
        assert organisms(page) == ["**human** · 3,629 genes"]
        text = shown(page)
        assert "human: 3,629 genes added in" in text
        assert "Of 4,380 records, 751 were exact copies and 0 were there already." in text
        assert "G protein coupled receptors" in text


class TestLoaded:
    def test_lists_the_organisms_and_how_they_are_kept(self, page):
        assert organisms(page) == ["**human** · 12 genes", "**dog** · 4 genes"]
        text = shown(page)
        assert "16 genes of 2 organisms" in text
        assert "Encoder: count · index: FLAT" in text
        for family in ("Kinase", "Synthase", "Ion channel"):
            assert family in text


class TestTwoLibraries:
    def test_one_is_chosen_in_the_sidebar_for_all_pages(self, loaded, home, opened):
        with Stores(Settings(home=home)) as stores:
            references = {"cat": genes("cat", 6)}
            load(Libraries(stores), references, library="pets", encoder="count")
        page = opened("library")
        assert page.sidebar.selectbox[0].options == ["default", "pets"]
        assert organisms(page) == ["**human** · 12 genes", "**dog** · 4 genes"]
        page.sidebar.selectbox[0].select("pets").run()
        assert organisms(page) == ["**cat** · 6 genes"]
        page.switch_page("pages/classify.py").run()
        page.text_area(key="text").input(dna("cat 1")).run()
        assert "closest organism cat · 6 genes in the library" in shown(page)

    def test_a_single_one_needs_no_choice(self, page):
        assert not page.sidebar.selectbox


class TestUpload:
    def test_needs_a_file_and_a_name(self, page):
        assert button(page, "Load this file").disabled
        page.text_input(key="organism").input("cat").run()
        assert button(page, "Load this file").disabled
        page.file_uploader(key="reference").upload("cat.txt", CAT.encode(), "text/plain").run()
        assert not button(page, "Load this file").disabled
        page.text_input(key="organism").input("  ").run()
        assert button(page, "Load this file").disabled

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_adds_an_organism(self, page, pack):
        upload(page, pack(CAT.encode()))
        assert organisms(page)[-1] == "**cat** · 6 genes"
        assert "cat: 6 genes added in" in shown(page)

    def test_a_second_time_adds_nothing(self, page):
        upload(page, CAT)
        upload(page, CAT)
        assert organisms(page)[-1] == "**cat** · 6 genes"
        assert "cat: 0 genes added in" in shown(page)
        assert "6 were there already." in shown(page)

    def test_says_what_can_not_be_found(self, page):
        assert "1 gene can not be found by searches" in shown(upload(page, f"{CAT}ACGT\t1\n"))

    def test_names_families_as_told(self, page):
        upload(page, "sequence\tclass\nACGTACGTAC\t7\n", families="7\t<i>Ligase</i>\n")
        assert "&lt;i&gt;Ligase&lt;/i&gt;" in shown(page)

    def test_families_without_a_name_have_their_number(self, page):
        assert "class 7" in shown(upload(page, "sequence\tclass\nACGTACGTAC\t7\n"))

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (f"{CAT}ACG!\t1\n", "cat: Record 7 (line 8) has '!' at base 4;"),
            (f"{CAT}ACGT\tKinase\n", "Record 7 (line 8) has the class 'Kinase'"),
            (f"{CAT}ACGT\n", "Record 7 (line 8) has 1 columns where the header has 2."),
            (CAT.removeprefix("sequence\tclass\n"), "cat.txt, line 1: the header"),
            (">a\nACGT\n", "cat.txt names no families"),
            ("", "cat.txt is empty."),
            (b"\x89PNG\0\xff", "cat.txt is not a text file."),
            (gzip.compress(CAT.encode())[:-9], "cat.txt is a damaged gzip file."),
        ],
    )
    def test_a_bad_file_is_refused_by_record_and_line_and_nothing_loaded(
        self, page, content, reason
    ):
        upload(page, content)
        assert reason in shown(page)
        assert len(page.error) == 1
        assert organisms(page) == ["**human** · 12 genes", "**dog** · 4 genes"]

    def test_a_bad_table_of_families_is_refused_by_line(self, page):
        upload(page, CAT, families="class\tgene_family\nKinase\n")
        assert "families.txt, line 2: expected a class number" in shown(page)
        assert len(organisms(page)) == 2

    @pytest.mark.parametrize("organism", ["9lives", "a b", "<script>alert(1)</script>", "**x**"])
    def test_a_name_that_cannot_be_is_shown_as_it_is(self, page, organism):
        upload(page, CAT, organism=organism)
        assert f"'{organism}' cannot name an organism." in shown(page)
        (error,) = page.error
        for mark in "<*":
            assert error.value.count(mark) == error.value.count(f"\\{mark}")
        assert len(organisms(page)) == 2

    def test_a_file_name_is_shown_as_it_is(self, page):
        upload(page, "", name="<b>*.txt")
        assert r"\<b\>\*\.txt is empty" in page.error[0].value

    def test_what_was_typed_stays_after_an_error(self, page):
        upload(page, "", organism="cat")
        assert page.text_input(key="organism").value == "cat"


class TestRemove:
    def test_asks_before_it_removes(self, page):
        assert "Remove dog with its 4 genes?" in shown(page)

    def test_takes_an_organism_away(self, page):
        page.button(key="remove dog").click().run()
        assert organisms(page) == ["**human** · 12 genes"]

    def test_the_last_one_leaves_the_beginning(self, page):
        page.button(key="remove dog").click().run()
        page.button(key="remove human").click().run()
        assert "Nothing is loaded yet." in shown(page)
