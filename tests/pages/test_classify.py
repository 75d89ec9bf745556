import pytest

from tests.made_up import dna
from tests.pages.adding import load
from tests.pages.reading import button, shown, widget

ONE = f">one\n{dna('human 2')}\n"
BATCH = f"{ONE}>bad\nACGT!\n>short\nACG\n"


@pytest.fixture
def page(loaded, opened):
    return opened("classify")


def ask(page, text):
    return page.text_area(key="text").input(text).run()


def answers(page):
    """The rows of a batch."""
    return page.dataframe[0].value.to_dict("records")


class TestEmpty:
    def test_leads_to_where_a_reference_is_loaded(self, opened):
        page = opened("classify")
        assert page.title[0].value == "Classify"
        assert "There is no reference yet to compare with." in shown(page)
        button(page, "Go to Library").click().run()
        assert page.title[0].value == "Library"
        assert not page.text_area

    def test_a_setting_that_cannot_be_used_is_named(self, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_MILVUS_URI", "milvus:19530")
        page = opened("classify")
        assert len(page.error) == 1
        assert "The setting GENEKIN_MILVUS_URI cannot be used" in shown(page)


class TestInput:
    def test_opens_with_nothing_asked_and_nothing_answered(self, page):
        assert page.text_area(key="text").value == ""
        assert not page.error
        assert not page.dataframe

    def test_the_button_asks(self, page):
        page.text_area(key="text").set_value(ONE)
        button(page, "Classify").click()
        assert "Synthase" in shown(page.run())

    def test_without_a_text_the_button_says_what_to_give(self, page):
        button(page, "Classify").click()
        assert "The text is empty. " not in shown(page)
        assert "The text is empty." in shown(page.run())
        assert "Give a DNA sequence, FASTA, or a table with its header." in shown(page)

    def test_the_example_is_one_click_away(self, page):
        button(page, "Example").click()
        page.run()
        assert page.text_area(key="text").value.startswith(">example_1\n")
        assert len(answers(page)) == 8

    def test_searches_only_in_the_organisms_chosen(self, page):
        page.multiselect[0].set_value(["dog"])
        ask(page, ONE)
        assert "closest organism dog" in shown(page)

    def test_as_many_neighbours_vote_as_chosen(self, page):
        page.slider[0].set_value(3)
        ask(page, ONE)
        assert "3 nearest genes" in shown(page)
        assert len(page.dataframe[0].value) == 3


class TestOneSequence:
    def test_the_family_comes_first_then_how_sure_and_why(self, page):
        text = shown(ask(page, ONE))
        assert "Synthase</h2>" in text
        assert (
            "one · 240 bases · closest organism human (more than 99 % sure) · 16 genes in the"
            " library · " in text
        )
        (progress,) = page.get("progress")
        assert progress.proto.text.endswith(" % sure")
        best = page.dataframe[0].value.iloc[0]
        assert (best["gene"], best["organism"], best["family"]) == ("human_2", "human", "Synthase")
        assert best["inner product"] == pytest.approx(1, abs=1e-5)

    def test_an_unknown_one_is_said_outright(self, page):
        text = shown(ask(page, "ACG"))
        assert "Unknown</h2>" in text
        assert "Nothing in it is like anything in the library." in text
        assert "The best guess is Kinase." in text

    def test_a_wrong_letter_is_named_and_what_was_typed_stays(self, page):
        ask(page, ">a\nACGT\nAC!T")
        assert "Record 1 (line 3) has '!' at base 7; only IUPAC letters" in shown(page)
        assert page.text_area(key="text").value == ">a\nACGT\nAC!T"

    def test_a_protein_is_recognised(self, page):
        assert "this looks like a protein" in shown(ask(page, "MEFLIPQKEEL"))

    def test_a_bad_text_takes_the_last_answer_away(self, page):
        ask(page, ONE)
        text = shown(ask(page, "ACGT\n>a\nACGT"))
        assert "The text, line 2: a FASTA header stands after text that has none." in text
        assert "Synthase" not in text


class TestBatch:
    def test_counts_what_became_of_the_queries(self, page):
        ask(page, BATCH)
        counts = {metric.label: metric.value for metric in page.metric}
        assert counts.pop("time").endswith(" ms")
        assert counts == {"called": "1", "unknown": "1", "invalid": "1"}

    def test_has_one_row_a_query_in_their_order(self, page):
        rows = answers(ask(page, BATCH))
        assert [(row["query"], row["status"]) for row in rows] == [
            ("one", "called"),
            ("bad", "invalid"),
            ("short", "unknown"),
        ]

    def test_says_how_to_see_why(self, page):
        assert "Select a row to see how its family was decided." in shown(ask(page, BATCH))


class TestHostileText:
    @pytest.mark.parametrize(
        "name",
        [
            "<script>alert(1)</script>",
            "**bold**",
            "[link](http://evil.example)",
            "![x](http://evil.example/x.png)",
            ":red[red]",
            "$x^2$",
            "`code`",
            "#heading",
            "~~gone~~",
        ],
    )
    def test_a_name_is_shown_as_it_is(self, page, name):
        ask(page, f">{name}\n{dna('human 2')}\n")
        assert f"{name} · 240 bases" in shown(page)
        written, _, _ = page.caption[0].value.partition(" · ")
        for mark in "<*[]()$`#~:!":
            assert written.count(mark) == written.count(f"\\{mark}")

    def test_a_letter_is_shown_as_it_is(self, page):
        ask(page, "ACGT<img src=x>")
        (error,) = page.error
        assert r"'\<'" in error.value

    @pytest.mark.parametrize(
        "text", ["\0", ">", ">>>>", "\t\t\nx", "\u202e\u200b", "🧬" * 9, "<>&"]
    )
    def test_any_text_has_an_answer(self, page, text):
        ask(page, text)
        assert len(page.error) == 1
        assert "Something went wrong" not in shown(page)


class TestAnswersAndTheLibrary:
    def test_an_answer_goes_when_its_library_does(self, page):
        ask(page, ONE)
        page.switch_page("pages/library.py").run()
        for name in ("human", "dog"):
            page.button(key=f"remove {name}").click().run()
        widget(page.selectbox, "Encoder").select("count").run()
        load(page, f"sequence\tclass\n{dna('mouse')}\t9\n", name="mouse.txt")
        page.switch_page("pages/classify.py").run()
        assert "Something went wrong" not in shown(page)
        assert "Synthase" not in shown(page)
