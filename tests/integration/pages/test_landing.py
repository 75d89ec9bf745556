"""The Classify page while there is no library."""

import pytest

from components.shared import services
from core.errors import InputError
from core.sequences.references import human
from core.stores.sql.job_row import QUEUED
from tests.support.classify_page import BUTTON, ask, latest_run, type_text
from tests.support.library_page import jobs, until
from tests.support.pages import button, shown
from tests.support.synthetic import dna

LOADING = "Submit now: you get the answer when it is ready."
ONE = f">one\n{dna('human 2')}\n"


@pytest.fixture
def first_start(monkeypatch, small_reference):
    """The human reference loads by itself once the event is set."""
    monkeypatch.setenv("GENEKIN_LOAD_HUMAN_REFERENCE", "true")
    return small_reference


def loaded():
    """Wait until no load is active."""
    until(lambda: not services.jobs().active())


class TestFirstStart:
    def test_has_the_input_and_the_progress_of_the_load(self, opened, first_start):
        page = opened("classify")
        assert "Paste a DNA sequence and see its gene family" in shown(page)
        assert LOADING in shown(page)
        assert "human reference" in page.get("progress")[0].proto.text
        assert len(page.sidebar.get("progress")) == 1
        assert button(page, BUTTON).disabled
        assert not button(type_text(page, ONE), BUTTON).disabled

    def test_answers_what_was_asked_meanwhile(self, opened, first_start):
        page = ask(opened("classify"), ONE)
        newest, load = jobs()
        assert (newest.kind, newest.state, load.kind) == ("classify", QUEUED, "load")
        assert "Classify 1 record** · Queued (2nd)" in shown(page)
        first_start.set()
        loaded()
        page.run()
        assert LOADING not in shown(page)
        assert "Best hit: human_" in shown(page.run())
        assert page.text_area(key="text").value == ONE
        run = latest_run()
        assert run.settings.threshold == services.libraries().open().threshold

    def test_waits_for_a_library_that_has_no_collection_yet(self, opened, first_start):
        page = opened("classify")
        services.libraries().stores.labels.add_library(
            "default", collection="c", encoder="count", fingerprint="f", state={}, index={}
        )
        assert LOADING in shown(page.run())
        assert not page.error

    def test_offers_a_failed_load_again(self, opened, first_start, monkeypatch):
        def fail():
            raise InputError("The package is missing.", "Install it.")

        monkeypatch.setattr(human, "load_human_reference", fail)
        page = opened("classify")
        loaded()
        assert "The package is missing. Install it." in shown(page.run())
        assert button(page, "Load the human reference")


class TestWithoutFirstLoad:
    def test_loads_the_human_reference_when_asked(self, opened, small_reference):
        page = opened("classify")
        assert jobs() == []
        assert button(type_text(page, ONE), BUTTON).disabled
        button(page, "Load the human reference").click().run()
        assert LOADING in shown(page)
        small_reference.set()
        loaded()
        assert LOADING not in shown(page.run())
        assert not button(page, BUTTON).disabled
