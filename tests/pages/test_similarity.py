import pytest

from core.libraries import Libraries
from core.loading import load
from core.settings import Settings
from core.stores import Stores
from tests.made_up import genes
from tests.pages.reading import button, shown


def fill(home, **counts):
    with Stores(Settings(home=home)) as stores:
        references = {name: genes(name, count) for name, count in counts.items()}
        load(Libraries(stores), references, encoder="count")


class TestTooFew:
    def test_without_organisms_leads_to_where_they_are_loaded(self, opened):
        page = opened("similarity")
        assert page.title[0].value == "Similarity"
        assert "With two organisms or more in the library" in shown(page)
        button(page, "Load another organism").click().run()
        assert page.title[0].value == "Library"

    def test_with_one_organism_too(self, opened, home):
        fill(home, human=3)
        page = opened("similarity")
        assert "With two organisms or more in the library" in shown(page)
        button(page, "Load another organism").click().run()
        assert page.title[0].value == "Library"


class TestTwo:
    @pytest.fixture
    def page(self, loaded, opened):
        return opened("similarity")

    def test_says_in_a_sentence_how_close_each_is_to_the_other(self, page):
        human, dog = (element.value for element in page.markdown)
        assert human.startswith("**human** genes are closest to dog (0.")
        assert human.endswith("; n = 12.")
        assert dog.startswith("**dog** genes are closest to human (0.")
        assert dog.endswith("; n = 4.")

    def test_draws_the_figures(self, page):
        assert len(page.get("vega_lite_chart")) == 1

    def test_compares_as_many_genes_as_asked(self, page):
        page.number_input[0].set_value(3).run()
        assert [element.value[-6:] for element in page.markdown] == ["n = 3.", "n = 3."]

    def test_says_what_the_figure_is_not(self, page):
        assert "it is not the percent identity of genomes" in shown(page)


class TestThree:
    def test_the_nearest_comes_first(self, opened, home):
        fill(home, human=3, dog=3, Pan_troglodytes=3)
        page = opened("similarity")
        assert len(page.markdown) == 3
        for sentence in (element.value for element in page.markdown):
            nearest, other = (float(part.split(")")[0]) for part in sentence.split("(")[1:])
            assert nearest >= other
        assert "genes are closest to" in shown(page)
        assert "**Pan_troglodytes** genes" in shown(page)
