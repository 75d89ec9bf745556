import pytest

from tests.support.classify_page import ask, latest_run
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


def at(page):
    """Which of how many is shown below the table."""
    (label,) = [each.value for each in page.markdown if " of " in each.value and "**" in each.value]
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
        table = page.dataframe[0].value[["query", "status", "family"]].fillna("")
        assert list(table.itertuples(index=False, name=None)) == [
            ("one", "called", "Synthase"),
            ("bad", "invalid", ""),
            ("short", "unknown", "Kinase"),
            ("kinase", "called", "Kinase"),
            ("copy", "called", "Synthase"),
        ]

    def test_marks_families_unknown_and_invalid_differently(self, page):
        one, bad, short, kinase, copy = page.dataframe[0].value["mark"]
        assert one == copy
        assert len({one, bad, short, kinase}) == 4

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
        page.button_group(key="statuses").set_value(["unknown", "invalid"]).run()
        assert queries(page) == ["bad", "short"]

    def test_shows_only_a_family(self, page):
        widget(page.selectbox, "Family").select("Synthase").run()
        assert queries(page) == ["one", "copy"]

    @pytest.mark.parametrize(
        ("order", "first"),
        [("lowest confidence", "bad"), ("longest", "one"), ("family", "kinase")],
    )
    def test_is_put_into_another_order(self, page, order, first):
        button(page, "Next").click().run()
        widget(page.selectbox, "Sort by").select(order).run()
        assert queries(page)[0] == first
        assert at(page) == f"1 of 5: **{first}**"


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
        page.button_group(key="statuses").set_value(["called"]).run()
        assert at(page) == "2 of 3: **kinase**"

    def test_another_run_begins_with_its_first(self, page):
        button(page, "Next").click().run()
        ask(page, BATCH.replace(">one", ">first"))
        assert latest_run().name == "first and 4 more"
        assert at(page) == "1 of 5: **first**"
