import pytest

from components.classify import result as classify_result
from components.shared import services
from core.errors import StoreError
from tests.support.classify_page import ask, latest_run, open_options
from tests.support.pages import shown, widget
from tests.support.synthetic import dna

GENE = dna("human 2")
ONE = f">one\n{GENE}\n"


@pytest.fixture
def page(loaded, opened):
    return opened("classify")


def hits(page):
    return page.dataframe[0].value


def fail(*_args, **_options):
    raise StoreError("The residues cannot be read.", "Try again.")


class TestCalled:
    def test_the_family_comes_first_then_how_sure_and_of_what(self, page):
        text = shown(ask(page, ONE))
        assert "Synthase</h2>" in text
        assert 'aria-label="Confidence &gt; 99%, threshold 0%"' in text
        assert "one · 240 bp · closest organism human (confidence > 99%) · searched" in text
        assert "Best hit: human_2 (human), 100% identical over 100% of the query, E-value" in text

    def test_the_answer_does_not_wait_for_alignments(self, page, monkeypatch):
        monkeypatch.setattr(classify_result, "explain", fail)
        text = shown(ask(page, ONE))
        assert "Synthase</h2>" in text
        assert "Best hit: human_2 (human)." in text

    def test_every_family_is_named_with_its_share(self, page):
        text = shown(ask(page, ONE))
        _, _, table = text.partition('<table aria-label="Probability of each family"')
        table, _, _ = table.partition("</table>")
        assert table.index("Synthase") < table.index("Kinase")
        assert table.count("</tr>") == 3

    def test_the_nearest_genes_stand_in_a_table_with_their_alignments(self, page):
        best = hits(ask(page, ONE)).iloc[0]
        assert (best["gene"], best["organism"]) == ("human_2", "human")
        assert list(best["family"]) == ["Synthase"]
        assert 0 < best["E-value"] < 1e-50
        assert best["similarity"] == pytest.approx(1, abs=1e-5)
        assert (best["identity"], best["coverage"], best["length (bp)"]) == (1, 1, 240)

    def test_how_it_aligns_stands_before_the_similarity_which_is_explained(self, page):
        text = shown(ask(page, ONE))
        columns = list(hits(page))
        assert columns.index("identity") < columns.index("E-value") < columns.index("similarity")
        assert "a fragment that aligns at 100% identity scores below 1." in text

    def test_a_picture_says_where_the_evidence_lies_and_its_text_too(self, page):
        ask(page, ONE)
        assert not page.get("vega_lite_chart"), "it is drawn when its tab is in view"
        page.session_state[f"evidence of {latest_run().id} 0"] = "Graphic summary"
        (chart,) = page.run().get("vega_lite_chart")
        assert chart.proto.alt.endswith("human_2, Synthase, bases 1 to 240, forward strand")

    def test_the_best_gene_is_aligned_letter_by_letter(self, page):
        ask(page, ONE)
        (alignment,) = [
            element.value for element in page.code if element.value.startswith("query ")
        ]
        assert alignment.split("\n")[0] == f"query    1 {GENE[:60]} 60"
        assert "one, bases 1 to 240, with human_2 (human), bases 1 to 240: 100% identical" in shown(
            page
        )

    def test_without_its_library_what_was_kept_is_shown(self, page):
        ask(page, ONE)
        services.libraries().delete("default")
        page.session_state["explained"] = None
        text = shown(page.run())
        assert "Synthase</h2>" in text
        assert hits(page)["identity"].isna().all()
        assert "Alignment" not in [element.value for element in page.subheader]


class TestUnknown:
    def test_is_said_outright_with_the_reason(self, page):
        text = shown(ask(page, "ACG"))
        assert "Unknown</h2>" in text
        assert 'aria-label="Confidence ' in text
        assert "No similar gene in the library." in text
        assert "Best guess" not in text
        assert not page.dataframe

    def test_a_family_that_is_not_sure_enough_is_a_guess(self, page):
        widget(open_options(page).slider, "Confidence threshold").set_value(1.0)
        text = shown(ask(page, ONE))
        assert "Best guess: Synthase (> 99%)." in text
        assert "closest organism" not in text
        assert len(hits(page)) == 10
