import pytest

from components.shared import services
from core.access import Access, Role, User
from tests.support.classify_page import ask, latest_run, shown_run
from tests.support.pages import button, shown, widget
from tests.support.synthetic import dna


@pytest.fixture
def page(loaded, opened):
    """The history of a kinase, a batch, and a synthase, the latest first."""
    page = opened("classify")
    ask(page, f">kinase\n{dna('human 1')}\n")
    ask(page, f">some\n{dna('human 1')}\n>more\nAC\n>bad\nA!\n")
    ask(page, f">synthase\n{dna('human 2')}\n")
    return page.switch_page("pages/history.py").run()


def listed(page):
    return page.dataframe[0].value.to_dict("records") if page.dataframe else []


def select(page, row):
    """Select a row of the table."""
    table = page.dataframe[0]
    page.session_state[table.key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return page.run()


class TestEmpty:
    def test_leads_to_where_there_is_something_to_ask(self, loaded, opened):
        page = opened("history")
        assert "No runs yet." in shown(page)
        button(page, "Go to Classify").click().run()
        assert page.title[0].value == "Classify"


class TestList:
    def test_has_the_latest_first_with_what_became_of_them(self, page):
        assert [
            (run["name"], run["queries"], run["called"], run["unknown"], run["invalid"])
            for run in listed(page)
        ] == [("synthase", 1, 1, 0, 0), ("some and 2 more", 3, 1, 1, 1), ("kinase", 1, 1, 0, 0)]

    def test_says_how_long_runs_are_kept(self, page):
        assert "3 runs, times in UTC. Runs are kept for 90 days." in shown(page)

    def test_or_that_they_are_kept(self, loaded, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_KEEP_RUNS_DAYS", "0")
        page = ask(opened("classify"), "ACGTACGTAC")
        page.switch_page("pages/history.py").run()
        assert "Runs are kept until they are deleted." in shown(page)

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ("SYNTH", ["synthase"]),
            ("more", ["some and 2 more"]),
            ("default", ["synthase", "some and 2 more", "kinase"]),
        ],
    )
    def test_finds_by_names(self, page, wanted, found):
        widget(page.text_input, "Search").input(wanted).run()
        assert [run["name"] for run in listed(page)] == found

    def test_says_when_nothing_is_found(self, page):
        widget(page.text_input, "Search").input("zebra").run()
        assert "No matching runs." in shown(page)

    @pytest.mark.parametrize(("person", "there"), [("ada@example.org", True), ("", False)])
    def test_who_asked_is_named_where_people_sign_in(
        self, loaded, opened, monkeypatch, person, there
    ):
        monkeypatch.setattr(services, "access", lambda: Access(User(person, Role.ADMIN)))
        page = ask(opened("classify"), "ACGTACGTAC").switch_page("pages/history.py").run()
        (table,) = page.dataframe
        assert ("user" in table.proto.column_order) is there
        assert [run["user"] for run in listed(page)] == [person]


class TestOne:
    def test_opens(self, page):
        button(select(page, 2), "Open").click().run()
        assert page.title[0].value == "Classify"
        assert shown_run(page) == services.runs().find("kinase")[-1].id
        assert "Kinase</h2>" in shown(page)

    def test_is_renamed(self, page):
        select(page, 0)
        assert button(page, "Rename").disabled
        widget(page.text_input, "Name").input("=the *first*").run()
        button(page, "Rename").click().run()
        assert listed(page)[0]["name"] == "=the *first*"
        assert "=the *first*" in shown(page)

    def test_is_not_left_without_a_name(self, page):
        select(page, 0)
        widget(page.text_input, "Name").input("\u202e").run()
        button(page, "Rename").click().run()
        assert "A run needs a name." in shown(page)

    def test_another_that_came_meanwhile_is_not_deleted_in_its_place(self, page, opened):
        select(page, 0)
        services.runs().delete(services.runs().find("kinase")[-1].id)
        ask(opened("classify"), f">newer\n{dna('human 3')}\n")
        button(page, "Delete run").click().run()
        assert [run["name"] for run in listed(page)] == ["newer", "synthase", "some and 2 more"]

    def test_is_deleted_with_its_link(self, page):
        run = latest_run()
        button(select(page, 0), "Delete run").click().run()
        assert [row["name"] for row in listed(page)] == ["some and 2 more", "kinase"]
        page.query_params.clear()
        assert not page.switch_page("pages/classify.py").run().error
        page.query_params["run"] = run.id
        assert "Result not found." in shown(page.run())


class TestTrace:
    @pytest.fixture
    def page(self, loaded, opened):
        """The history of a trace of a file."""
        page = opened("trace")
        page.file_uploader[0].upload(
            "<b>.fasta", f">mine\n{dna('human 2')}\n".encode(), "text/plain"
        )
        button(page.run(), "Trace").click().run()
        return page.switch_page("pages/history.py").run()

    def test_is_listed_with_its_file(self, page):
        (run,) = listed(page)
        assert (run["name"], run["type"], run["source"]) == ("mine", "Trace", "<b>.fasta")
        assert (run["queries"], run["called"]) == (1, 1)
        assert "mine · 1 query · <b>.fasta" in shown(select(page, 0)).replace("**", "")

    def test_opens_as_it_was_even_without_the_library(self, page):
        before = services.runs().find()[0]
        services.libraries().delete("default")
        button(select(page, 0), "Open").click().run()
        assert page.title[0].value == "Trace"
        assert shown_run(page) == before.id
        text = shown(page)
        assert "mine · <b>.fasta · " in text
        assert "Closest to human" in text

    def test_is_not_stored_again_as_the_page_runs_again(self, page):
        page.switch_page("pages/trace.py").run().run()
        assert services.runs().count() == 1

    def test_a_link_that_leads_nowhere_says_so(self, page):
        page.switch_page("pages/trace.py")
        page.query_params["run"] = "x" * 22
        assert "Result not found." in shown(page.run())
