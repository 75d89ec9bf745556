"""Reads of the stores at one click: a page reads what it shows once."""

import re
from collections import Counter

import pytest
from pymilvus import MilvusClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from components.shared import services
from components.shared.session import session
from tests.support.classify_page import BUTTON, type_text
from tests.support.pages import button, shown
from tests.support.synthetic import dna

_TABLE = re.compile(r"(?:FROM|INTO|UPDATE) (\w+)")


@pytest.fixture
def calls(monkeypatch):
    """Count SQL statements by verb and table, and calls of Milvus by method."""
    calls: Counter[str] = Counter()

    def count_statement(_connection, _cursor, statement, *_):
        table = _TABLE.search(statement)
        calls[f"{statement.split()[0]} {table[1] if table else ''}"] += 1

    def counted(name, method):
        def call(*args, **kwargs):
            calls[f"milvus {name}"] += 1
            return method(*args, **kwargs)

        return call

    for name, method in vars(MilvusClient).items():
        if not name.startswith("_") and callable(method):
            monkeypatch.setattr(MilvusClient, name, counted(name, method))
    event.listen(Engine, "before_cursor_execute", count_statement)
    yield calls
    event.remove(Engine, "before_cursor_execute", count_statement)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    """Its statements would be counted, too."""
    monkeypatch.setattr("core.services._start_worker", lambda *_: None)


@pytest.fixture
def page(loaded, opened):
    return type_text(opened("classify"), f">one\n{dna('human 2')}\n")


def statements(calls):
    """Return the number of SQL statements."""
    return sum(count for name, count in calls.items() if not name.startswith("milvus"))


class TestClassify:
    def test_a_click_opens_the_library_once(self, page, calls):
        button(page, BUTTON).click()
        assert "Synthase</h2>" in shown(page.run())
        assert calls["SELECT libraries"] == 2  # Their names, and the one that is opened.
        # The list and another look, once a process; before and after the search.
        assert calls["SELECT organisms"] == 4
        assert calls["SELECT families"] == 1
        assert calls["milvus search"] == 1
        assert calls["milvus describe_collection"] == 0  # It was read when the page was opened.
        assert statements(calls) <= 19  # Two runs of the script each list the jobs.

    def test_organisms_are_counted_only_after_a_change(self, page, calls):
        button(page, BUTTON).click()
        page.run()
        type_text(page, f">other\n{dna('human 3')}\n").run()
        calls.clear()
        button(page, BUTTON).click()
        assert "human_3" in shown(page.run())
        assert calls["SELECT organisms"] == 2  # Before and after the search.
        assert calls["SELECT sequences"] == 2  # Labels, and residues of the hits.

    def test_drawing_a_result_again_searches_nothing(self, page, calls):
        button(page, BUTTON).click()
        page.run()
        calls.clear()
        page.run()
        assert calls["milvus describe_collection"] == calls["milvus search"] == 0
        assert statements(calls) <= 6


class TestFragment:
    @pytest.fixture
    def rerun(self, monkeypatch):
        """Runs of the fragment that was drawn last."""
        drawn = []

        def fragment(draw, run_every):
            drawn.append(draw)
            return draw

        monkeypatch.setattr("components.shared.services.st.fragment", fragment)
        return drawn

    def test_reads_libraries_anew_only_when_it_runs_again(self, monkeypatch, rerun):
        monkeypatch.setattr("components.shared.session.st.session_state", {})
        seen = []
        session.library_names = ["default"]
        services.draw_fragment(lambda text: seen.append((text, session.library_names)), None, "a")
        (again,) = rerun
        again()
        assert seen == [("a", ["default"]), ("a", None)]
