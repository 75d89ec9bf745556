import shutil
from dataclasses import replace
from threading import Event

import pytest

from components.shared import computation, services
from components.similarity.charts import matrix_figure
from core.errors import LibraryError
from core.jobs.user_jobs import UserJobs
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.references.simulated import simulate
from core.settings import Settings
from core.similarity import compare
from core.stores.sql.schema import stored_results
from core.stores.stores import Stores
from tests.support.evolution import FAMILIES, members
from tests.support.library_page import ended, until_all_ended
from tests.support.pages import button, shown, widget
from tests.support.synthetic import genes

HUMAN = members("human", families=3, count=4)
RELATIVES = {
    "human": HUMAN,
    "dog": simulate(HUMAN[:6], 0.2, seed=2),
    "chimpanzee": simulate(HUMAN[:9], 0.02, seed=1),
}


def fill(home, references):
    with Stores(Settings(home=home)) as stores:
        load(Libraries(stores), references, encoder="count", families=FAMILIES)


@pytest.fixture(autouse=True)
def _nothing_kept():
    computation._results.clear()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with a human, a chimpanzee and a dog."""
    fill(folder := tmp_path_factory.mktemp("relatives") / "home", RELATIVES)
    return folder


@pytest.fixture
def page(home, filled, opened):
    shutil.copytree(filled, home)
    return opened("similarity")


def headline(page):
    (found,) = [element.value for element in page.markdown if element.value.startswith("### ")]
    return found.removeprefix("### ").replace("\\", "")


def figures(page):
    return [element.value[5:] for element in page.markdown if element.value.startswith("#### ")]


def first_genes(page):
    return list(page.dataframe[0].value["gene"])


class TestTooFew:
    def test_without_organisms_leads_to_where_they_are_loaded(self, opened):
        page = opened("similarity")
        assert page.title[0].value == "Similarity"
        assert "Load at least two organisms" in shown(page)
        button(page, "Load another organism").click().run()
        assert page.title[0].value == "Library"

    def test_with_one_organism_too(self, opened, home):
        fill(home, {"human": HUMAN})
        assert "Load at least two organisms" in shown(opened("similarity"))


def test_has_its_title_where_its_library_cannot_be_opened(page):
    row = services.libraries().library_row("default")
    services.libraries().stores.vectors.drop(row.collection)
    page.run()
    assert page.title[0].value == "Similarity"
    assert "are missing from the vector store" in page.error[0].value


class TestOrganisms:
    def test_the_closest_is_said_first(self, page):
        assert headline(page).startswith("Chimpanzee genes are closer to human genes (0.")
        assert " than dog genes are (0." in headline(page)

    def test_what_the_figure_is_and_is_not(self, page):
        text = shown(page)
        assert "genes (9 of chimpanzee, 6 of dog) with all 12 genes of human" in text
        assert "(count encoder)" in text
        assert "not the percent identity of genomes" in text

    def test_the_sentences_say_what_the_matrix_shows(self, page):
        matrix = matrix_figure(compare(services.libraries().open("default"))).table
        mean = matrix.set_index(["genes of", "nearest in"])["mean"]
        assert headline(page) == (
            f"Chimpanzee genes are closer to human genes ({mean['chimpanzee', 'human']:.2f}) than"
            f" dog genes are ({mean['dog', 'human']:.2f})."
        )
        assert (
            f"The other way: human → chimpanzee {mean['human', 'chimpanzee']:.2f},"
            f" human → dog {mean['human', 'dog']:.2f}."
        ) in shown(page)

    def test_the_figures_follow_each_other(self, page):
        assert figures(page) == [
            "Pairwise organism similarity",
            "Distributions",
            "By family",
            "Tree of organisms",
        ]
        assert len(page.get("vega_lite_chart")) == 5

    def test_it_can_be_seen_from_another_organism(self, page):
        widget(page.selectbox, "Reference organism").select("dog").run()
        assert " to dog genes" in headline(page)
        assert "with all 6 genes of dog" in shown(page)

    def test_compares_all_genes_or_as_many_as_asked(self, page):
        assert page.toggle(key="compare all genes").value
        assert page.number_input[0].disabled
        assert "(9 of chimpanzee, 6 of dog)" in shown(page)
        page.toggle(key="compare all genes").set_value(False).run()
        page.number_input[0].set_value(4).run()
        assert "(4 of chimpanzee, 4 of dog) with all 12 genes of human" in shown(page)

    def test_the_options_outlast_a_visit_to_another_page(self, page):
        page.toggle(key="compare all genes").set_value(False).run()
        page.number_input[0].set_value(4).run()
        widget(page.selectbox, "Reference organism").select("dog").run()
        page.switch_page("pages/library.py").run()
        page.switch_page("pages/similarity.py").run()
        assert page.number_input[0].value == 4
        assert widget(page.selectbox, "Reference organism").value == "dog"
        assert "4 of human" in shown(page)
        assert "with all 6 genes of dog" in shown(page)

    def test_the_tree_can_be_downloaded_as_newick(self, page):
        assert "Newick" in [element.proto.label for element in page.get("download_button")]

    def test_two_organisms_make_no_tree(self, home, opened):
        fill(home, {"human": HUMAN, "dog": RELATIVES["dog"]})
        page = opened("similarity")
        assert "Tree of organisms" not in figures(page)
        assert headline(page).startswith("Dog genes match human genes at 0.")

    def test_by_the_other_encoder_when_asked(self, page):
        assert "By encoder" not in figures(page)
        button(page, "Compare with the translated encoder").click().run()
        assert figures(page)[-1] == "By encoder"
        assert "are not on one scale" in shown(page)


class TestGenes:
    def test_the_least_similar_come_first_and_the_most_similar_on_demand(self, page):
        products = list(page.dataframe[0].value["cosine similarity"])
        assert (len(products), products) == (9, sorted(products))
        page.segmented_control(key="which genes").set_value("Most similar").run()
        closest = list(page.dataframe[0].value["cosine similarity"])
        assert closest == sorted(products, reverse=True)

    def test_one_is_aligned_with_its_nearest(self, page):
        gene, nearest = page.dataframe[0].value.iloc[0][["gene", "best hit"]]
        about = next(line for line in shown(page).splitlines() if line.startswith(f"{gene}, bases"))
        assert f"with {nearest} (human)" in about
        assert page.code[0].value.startswith("query ")

    def test_of_the_organism_that_is_chosen(self, page):
        widget(page.selectbox, "Genes of").select("dog").run()
        assert len(first_genes(page)) == 6
        assert "6 genes of dog against human" in shown(page)


class TestMap:
    def test_is_drawn_when_asked(self, page):
        assert not page.get("plotly_chart")
        button(page, "Compute").click().run()
        assert len(page.get("plotly_chart")) == 1
        assert "t-SNE of 27 sequences by cosine distance." in shown(page)
        page.segmented_control(key="map colours").set_value("organism").run()
        assert len(page.get("plotly_chart")) == 1
        assert not page.exception

    def test_can_be_downloaded_as_figure_and_as_coordinates(self, page):
        button(page, "Compute").click().run()
        names = [element.proto.id for element in page.get("download_button")]
        for ending in ("pdf", "svg", "png", "csv", "tsv"):
            assert any(name.endswith(f"t_sne_map.{ending}") for name in names)

    def test_too_few_sequences_make_none(self, home, opened):
        fill(home, {"human": genes("human", 2), "dog": genes("dog", 2)})
        assert "4 sequences: too few for a map." in shown(opened("similarity"))


class TestInTheBackground:
    @pytest.fixture(autouse=True)
    def _much(self, monkeypatch):
        """So much to compare that nobody waits for it."""
        monkeypatch.setattr("core.similarity.count_pairs", lambda *_: 10**9)

    def test_it_is_there_when_the_job_is_done(self, page):
        assert headline(ended(page)).startswith("Chimpanzee genes are closer to human genes")

    def test_is_computed_once_for_all_sessions(self, page, opened):
        ended(page)
        done = len(services.jobs().recent())
        assert headline(opened("similarity")) == headline(page)
        assert len(services.jobs().recent()) == done == 1

    def test_it_is_there_at_once_where_the_job_has_ended_before_the_page_looks(
        self, home, filled, opened, monkeypatch
    ):
        shutil.copytree(filled, home)
        submit = UserJobs.submit

        def submit_and_wait(jobs, request):
            number = submit(jobs, request)
            until_all_ended()
            return number

        monkeypatch.setattr(UserJobs, "submit", submit_and_wait)
        assert headline(opened("similarity")).startswith(
            "Chimpanzee genes are closer to human genes"
        )
        assert len(services.jobs().recent()) == 1

    def test_is_not_computed_again_where_it_ends_while_the_page_is_drawn(
        self, home, filled, opened, monkeypatch
    ):
        shutil.copytree(filled, home)
        end, get = Event(), UserJobs.get

        def compare_at_last(*given, **options):
            end.wait()
            return compare(*given, **options)

        def end_and_get(jobs, number):
            end.set()
            monkeypatch.setattr(UserJobs, "get", get)
            until_all_ended()
            return get(jobs, number)

        monkeypatch.setattr("core.jobs.kinds.similarity.compare", compare_at_last)
        page = opened("similarity")
        monkeypatch.setattr(UserJobs, "get", end_and_get)
        assert headline(page.run()).startswith("Chimpanzee genes are closer to human genes")
        assert len(services.jobs().recent()) == 1

    def test_again_when_the_library_has_changed(self, page):
        ended(page)
        services.libraries().remove_organism("default", "chimpanzee")
        assert headline(ended(page.run())).startswith("Dog genes match human genes at 0.")

    def test_what_fails_is_said_and_can_be_started_again(self, page, monkeypatch):
        def fail(*_, **__):
            raise LibraryError("It broke.", "Mend it.")

        ended(page)
        computation._results.clear()
        with services.libraries().stores.database.begin("forgetting") as connection:
            connection.execute(stored_results.delete())
        with monkeypatch.context() as patch:
            patch.setattr("core.jobs.kinds.similarity.compare", fail)
            ended(page.run())
        assert "It broke. Mend it." in shown(page)
        ended(button(page, "Run again").click().run())
        assert headline(page).startswith("Chimpanzee genes are closer to human genes")


class TestRestart:
    """A result is there after a restart, without computing it again."""

    @pytest.fixture(autouse=True)
    def _much(self, monkeypatch):
        monkeypatch.setattr("core.similarity.count_pairs", lambda *_: 10**9)

    def test_the_comparison_and_the_map_are_there_at_once(self, page, opened, monkeypatch):
        ended(page)
        first = headline(page)
        button(page, "Compute").click().run()
        for module in ("core.similarity", "core.jobs.kinds.similarity"):
            monkeypatch.setattr(f"{module}.compare", None)
        monkeypatch.setattr("core.similarity.tsne.map_sequences", None)
        computation._results.clear()
        services._open.clear()
        again = opened("similarity")
        assert headline(again) == first
        assert figures(again) == figures(page)
        assert first_genes(again) == first_genes(page)
        assert len(again.get("plotly_chart")) == 1
        assert len(services.jobs().recent()) == 1


class TestHostileNames:
    def test_a_gene_is_shown_as_it_is(self, home, opened):
        names = "*a* [b](c) <i>d</i> `e` $x$"
        dog = [replace(gene, name=names) for gene in RELATIVES["dog"]]
        fill(home, {"human": HUMAN, "dog": dog})
        page = opened("similarity")
        (written,) = [element.value for element in page.caption if ", bases 1 to" in element.value]
        assert f"{names}, bases 1 to" in shown(page)
        for mark in "*[<`$":
            assert written.count(mark) == written.count(f"\\{mark}")
