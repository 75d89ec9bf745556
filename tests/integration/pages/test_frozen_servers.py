"""Pages while a server is frozen."""

import time

import pytest
import streamlit as st

from components.shared import errors
from tests.support.deployment import TIMEOUT, USER, deploy
from tests.support.pages import button, shown

pytestmark = [pytest.mark.mariadb, pytest.mark.milvus_server]

STORES = pytest.mark.parametrize("store", ["database", "vector store"])
SOON = 6 * TIMEOUT
"""Seconds: twice the time-out, and as much as a busy machine needs for the rest."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with deploy(tmp_path_factory.mktemp("deployment")) as servers:
        yield servers


@pytest.fixture(autouse=True)
def _deployed(home, servers, monkeypatch):
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)


@STORES
class TestFrozen:
    @pytest.mark.parametrize("name", ["classify", "library", "similarity", "trace"])
    def test_an_open_page_says_which_store_does_not_answer_and_goes_on_afterwards(
        self, opened, servers, store, name
    ):
        page = opened(name)
        assert not page.error
        with servers.server(store).frozen():
            started = time.monotonic()
            page.run()
            assert time.monotonic() - started < SOON
            (error,) = page.error
            assert f"The {store} does not answer" in shown(page)
            assert "Until it is back" in shown(page)
            button(page, "Try again")
        assert servers.address(store) not in shown(page)
        assert USER not in error.value
        page = button(page, "Try again").click().run()
        assert not page.error

    def test_history_and_help_open_without_the_vector_store(self, opened, servers, store):
        page = opened("history")
        with servers.server(store).frozen():
            page.run()
            assert bool(page.error) is (store == "database")
            assert not page.switch_page("pages/about.py").run().exception

    def test_a_page_comes_back_by_itself(self, opened, servers, store, monkeypatch):
        looks = []

        def fragment(look, run_every):
            if look.__name__ == "look":
                looks.append(look)
            return look

        monkeypatch.setattr(st, "fragment", fragment)
        page = opened("library")
        with servers.server(store).frozen():
            page.run()
            assert page.error
            errors._stores_answer.cache_clear()
            assert not errors._stores_answer()
        errors._stores_answer.cache_clear()
        assert errors._stores_answer()
        assert len(looks) == 1

    def test_a_dashboard_that_starts_meanwhile_says_so_and_goes_on_afterwards(
        self, opened, servers, store
    ):
        with servers.server(store).frozen():
            started = time.monotonic()
            page = opened("classify")
            assert time.monotonic() - started < 2 * SOON  # Two pages: the first, and this one.
        assert f"The {store} does not answer" in shown(page)
        page = button(page, "Try again").click().run()
        assert not page.error
        assert "Paste a DNA sequence" in shown(page)
