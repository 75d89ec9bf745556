import pandas as pd
import pytest

from tests.support.classify_page import ask, latest_run, open_options, shown_run
from tests.support.pages import button, shown, widget
from tests.support.synthetic import dna

BATCH = "".join(
    f">{name}\n{residues}\n"
    for name, residues in [
        ("one", dna("human 2")),
        ("bad", "ACGT!"),
        ("short", "ACG"),
        ("kinase", dna("human 1")),
        ("copy", dna("human 2")),
    ]
)


@pytest.fixture
def page(loaded, opened):
    return ask(opened("classify"), BATCH)


def queries(page):
    """Names in the table, in its order."""
    return list(page.dataframe[0].value["query"])


def families(page):
    """Family of each query in the table."""
    table = page.dataframe[0].value
    return {name: family for name, (family,) in zip(table["query"], table["family"], strict=True)}


def at(page):
    """Which of how many is shown below the table."""
    (label,) = [
        element.value
        for element in page.markdown
        if " of " in element.value and "**" in element.value
    ]
    return label


class TestSummary:
    def test_counts_what_became_of_the_queries(self, page):
        counts = {metric.label: metric.value for metric in page.metric}
        assert counts == {"called": "3", "unknown": "1", "invalid": "1"}

    def test_draws_the_families_and_those_that_have_none(self, page):
        text = shown(page)
        bars = text[text.index('<table aria-label="Number of queries by family"') :]
        names = ("Synthase", "Kinase", "unknown", "invalid")
        assert sorted(names, key=bars.index) == list(names)

    def test_says_what_is_odd(self, page):
        assert "1 duplicate sequence." in shown(page)

    def test_counts_the_queries_that_cannot_be_used_when_there_is_nothing_else(self, page):
        ask(page, ">a\nACG\n>b\nA!\n")
        assert [metric.value for metric in page.metric] == ["0", "1", "1"]


class TestTable:
    def test_has_one_row_a_query_in_their_order(self, page):
        assert families(page) == {
            "one": "Synthase",
            "bad": "invalid",
            "short": "unknown",
            "kinase": "Kinase",
            "copy": "Synthase",
        }

    def test_names_the_best_guess_of_unknown_queries_apart(self, page):
        widget(open_options(page).slider, "Confidence threshold").set_value(1.0)
        ask(page, BATCH)
        assert families(page)["one"] == "unknown"
        one, bad, short, *_ = page.dataframe[0].value["best guess"]
        assert one == "Synthase (> 99%)"
        assert pd.isna(bad)
        assert pd.isna(short)  # Nothing speaks for any family.
        assert page.dataframe[0].value[["confidence", "organism"]].isna().all(axis=None)

    def test_nothing_is_quite_certain(self, page):
        assert page.dataframe[0].value["confidence"].max() == 0.99

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [("COP", ["copy"]), ("human_2", ["one", "copy"]), ("character '!'", ["bad"])],
    )
    def test_finds_by_name_gene_or_note(self, page, wanted, found):
        widget(page.text_input, "Search").input(wanted).run()
        assert queries(page) == found

    def test_says_when_nothing_is_found(self, page):
        widget(page.text_input, "Search").input("zebra").run()
        assert "No matching queries." in shown(page)

    def test_shows_only_what_became_something(self, page):
        page.button_group(key="status").set_value(["unknown", "invalid"]).run()
        assert queries(page) == ["bad", "short"]

    def test_shows_only_a_family(self, page):
        widget(page.selectbox, "Family").select("Synthase").run()
        assert queries(page) == ["one", "copy"]

    @pytest.mark.parametrize(
        ("order", "first"),
        [
            ("confidence, ascending", "bad"),
            ("length (bp), descending", "one"),
            ("family, ascending", "kinase"),
        ],
    )
    def test_is_put_into_another_order(self, page, order, first):
        button(page, "Next").click().run()
        widget(page.selectbox, "Sort by").select(order).run()
        assert queries(page)[0] == first
        assert at(page) == f"1 of 5: **{first}**"

    def test_a_family_is_that_of_called_queries_only(self, page):
        widget(page.selectbox, "Family").select("Kinase").run()
        assert queries(page) == ["kinase"]

    def test_a_new_question_forgets_the_filters(self, page):
        widget(page.text_input, "Search").input("zebra").run()
        ask(page, BATCH.replace(">one", ">first"))
        assert queries(page) == ["first", "bad", "short", "kinase", "copy"]


class TestAddress:
    """State that a reload, a link and Back keep."""

    def test_names_the_selected_query(self, page, opened):
        button(page, "Next").click().run()
        button(page, "Next").click().run()
        assert page.query_params["query"] == "3"
        other = opened("classify")
        other.query_params.update({"run": shown_run(page), "query": "3"})
        assert at(other.run()) == "3 of 5: **short**"

    def test_going_back_selects_the_query_before(self, page):
        button(page, "Next").click().run()
        button(page, "Next").click().run()
        page.query_params["query"] = "2"
        assert at(page.run()) == "2 of 5: **bad**"
        del page.query_params["query"]
        assert at(page.run()) == "1 of 5: **one**"

    def test_keeps_filters_and_order(self, page, opened):
        other = opened("classify")
        other.query_params.update(
            {"run": shown_run(page), "status": "called", "sort": "family, descending"}
        )
        assert queries(other.run()) == ["one", "copy", "kinase"]

    @pytest.mark.parametrize("number", ["0", "6", "x", "-1", "1e3", "²"])
    def test_of_a_query_that_is_not_there_selects_the_first(self, page, opened, number):
        other = opened("classify")
        other.query_params.update({"run": shown_run(page), "query": number})
        assert at(other.run()) == "1 of 5: **one**"


class TestOneOfMany:
    def test_begins_with_the_first(self, page):
        assert at(page) == "1 of 5: **one**"
        assert button(page, "Previous").disabled
        assert "Synthase</h2>" in shown(page)

    def test_next_and_previous_go_through_all(self, page):
        button(page, "Next").click().run()
        assert at(page) == "2 of 5: **bad**"
        error = page.error[0].value.replace("\\", "")
        assert "Record 2 (line 4) has an invalid character '!' at base 5" in error
        for _ in range(3):
            button(page, "Next").click().run()
        assert at(page) == "5 of 5: **copy**"
        assert button(page, "Next").disabled
        button(page, "Previous").click().run()
        assert at(page) == "4 of 5: **kinase**"
        assert "Kinase</h2>" in shown(page)

    def test_stays_where_it_was_when_fewer_are_shown(self, page):
        for _ in range(3):
            button(page, "Next").click().run()
        page.button_group(key="status").set_value(["called"]).run()
        assert at(page) == "2 of 3: **kinase**"

    def test_another_run_begins_with_its_first(self, page):
        button(page, "Next").click().run()
        ask(page, BATCH.replace(">one", ">first"))
        assert latest_run().name == "first and 4 more"
        assert at(page) == "1 of 5: **first**"
