"""The panel *Use from a program* of every page: nothing while it is closed, then what is shown."""

from dataclasses import replace

import pytest

from components.shared import services
from core.evaluation.data import data_of_library
from core.evaluation.repository import save_evaluation
from core.library.load import load
from core.runs.file_writer import export_run
from tests.support import evaluation_report
from tests.support.classify_page import BUTTON, ask, give_file, latest_run, shown_run, type_text
from tests.support.pages import button, shown
from tests.support.synthetic import FAMILY_NAMES, dna, genes

HOSTILE = 'it\'s $(touch pwned) "x" `y`'
BASE = "http://localhost:8501/api/v1"


@pytest.fixture(autouse=True)
def _address(monkeypatch):
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.url", property(lambda _: "http://localhost:8501/")
    )


def open_panel(page, name):
    page.session_state[f"program calls {name}"] = True
    return page.run()


def texts(page) -> dict[str, str]:
    """The texts of the panel by their tab."""
    assert not page.exception
    panels = [found for found in page.expander if found.label == "Use from a program"]
    (panel,) = panels
    return {tab.label: tab.code[0].value for tab in panel.tabs}


def select(page, row):
    table = page.dataframe[0]
    page.session_state[table.key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return page.run()


@pytest.fixture
def hostile(loaded, opened):
    """A second library, whose name tries to leave its quotes."""
    opened("about")
    load(
        services.server_libraries(),
        {"human": genes("human", 6), "dog": genes("dog", 6)},
        library=HOSTILE,
        encoder="count",
        families=FAMILY_NAMES,
    )
    return HOSTILE


class TestClosed:
    @pytest.mark.parametrize(
        "name",
        [
            "about",
            "admin",
            "benchmark",
            "classify",
            "history",
            "library",
            "similarity",
            "tokens",
            "trace",
        ],
    )
    def test_nothing_is_made(self, loaded, opened, monkeypatch, name):
        def fail(*_, **__):
            raise AssertionError

        monkeypatch.setattr("core.web.program_calls.ProgramCalls.join", fail)
        page = opened("classify")
        ask(page, f">one\n{dna('human 2')}\n")
        save_evaluation(
            services._database(), evaluation_report.PLAN, evaluation_report.report(), name="a"
        )
        if name != "classify":
            page.query_params.clear()
            page.switch_page(f"pages/{name}.py").run()
        (panel,) = [found for found in page.expander if found.label == "Use from a program"]
        assert not panel.children
        assert not page.exception


class TestClassify:
    def test_what_was_entered(self, loaded, opened):
        page = type_text(opened("classify"), f">it's\n{dna('human 2')}\n")
        page.session_state["search in default"] = ["dog"]
        page.session_state["neighbours"] = 7
        found = texts(open_panel(page, ""))
        assert (
            f"'{BASE}/classify?library=default&organism=dog&neighbours=7&threshold="
            in (found["curl"])
        )
        assert f">it'\"'\"'s\n{dna('human 2')}'" in found["curl"]
        assert "genekin classify - " in found["Command line"]
        assert "--organism dog" in found["Command line"]
        assert '">it\'s\\n"' in found["Python"]
        assert 'organisms=["dog"]' in found["Python"]
        assert "Bearer" not in found["curl"]
        assert "stands for a file" not in shown(page)

    def test_a_file(self, loaded, opened):
        name = "it's $(x).fasta"
        page = give_file(opened("classify"), f">one\n{dna('human 2')}\n", name)
        found = texts(open_panel(page, ""))
        assert "--data-binary '@it'\"'\"'s $(x).fasta'" in found["curl"]
        assert 'library.classify("it\'s $(x).fasta"' in found["Python"]

    def test_nothing_yet(self, loaded, opened):
        page = open_panel(opened("classify"), "")
        assert "@queries.fasta" in texts(page)["curl"]
        assert "queries.fasta stands for a file with your sequences." in shown(page).replace(
            "`", ""
        )

    def test_a_result(self, loaded, opened):
        page = ask(opened("classify"), f">one\n{dna('human 2')}\n")
        run = shown_run(page)
        found = texts(open_panel(page, ""))
        assert f"curl '{BASE}/runs/{run}/calls?format=tsv'\n" in found["curl"]
        assert (
            f"library=default&neighbours=10&threshold={latest_run().settings.threshold}"
            in (found["curl"])
        )
        assert dna("human 2")[:60] in found["Python"]

    def test_a_result_of_a_file(self, loaded, opened):
        page = give_file(opened("classify"), f">one\n{dna('human 2')}\n", "mine.fa")
        button(page, BUTTON).click().run()
        assert "genekin classify mine.fa " in texts(open_panel(page, ""))["Command line"]

    def test_it_is_lazy_about_the_queries(self, loaded, opened, monkeypatch):
        page = ask(opened("classify"), f">one\n{dna('human 2')}\n")

        def fail(*_):
            raise AssertionError

        monkeypatch.setattr("components.shared.program_calls.format_queries", fail)
        assert not page.run().exception

    def test_a_library_with_a_hostile_name(self, hostile, opened):
        page = opened("classify")
        page.selectbox(key="library").set_value(HOSTILE).run()
        found = texts(open_panel(page, ""))
        assert "library=it%27s%20%24%28touch%20pwned%29%20%22x%22%20%60y%60&" in found["curl"]
        assert "genekin.open_library('it\\'s $(touch pwned) \"x\" `y`')" in found["Python"]


class TestOtherPages:
    def test_library(self, loaded, opened):
        found = texts(open_panel(opened("library"), "library"))
        assert f"{BASE}/libraries/default/organisms\n" in found["curl"]
        assert f"{BASE}/libraries/default/organisms/dog" in found["curl"]
        assert "genekin load dog=dog.tsv --library default" in found["Command line"]
        assert 'library.load({"dog": "dog.tsv"})' in found["Python"]

    def test_library_with_a_file(self, loaded, opened):
        page = opened("library")
        rows = "".join(f"{dna(f'cat {number}')}\t{number % 2}\n" for number in range(4))
        page.file_uploader(key="reference 0").upload(
            "my cat.tsv", f"sequence\tclass\n{rows}".encode(), "text/plain"
        )
        page.run()
        page.text_input(key="all my cat.tsv").set_value("Felis catus").run()
        found = texts(open_panel(page, "library"))
        assert "genekin load 'Felis_catus=my cat.tsv' --library default" in found["Command line"]
        assert "--data-binary '@my cat.tsv'" in found["curl"]

    def test_a_reader_loads_nothing(self, signed_in):
        found = texts(open_panel(signed_in("library", "rita"), "library"))
        assert "PUT" not in found["curl"]
        assert "genekin load" not in found["Command line"]

    def test_similarity(self, loaded, opened):
        page = opened("similarity")
        found = texts(open_panel(page, "similarity"))
        assert "--data-urlencode of=dog" in found["curl"]
        assert "--data-urlencode to=human" in found["curl"]
        assert f"{BASE}/libraries/default/similarity" in found["curl"]
        assert found["Command line"] == ("genekin similarity --library default --of dog --to human")
        assert 'print(library.similarity("dog", "human").mean)' in found["Python"]

    def test_trace(self, loaded, opened):
        page = opened("trace")
        page.text_area(key="trace text").set_value(f">one\n{dna('dog 1')}").run()
        found = texts(open_panel(page, "trace"))
        assert f"'{BASE}/trace?library=default&format=tsv'" in found["curl"]
        assert dna("dog 1") in found["Command line"]
        assert "traces = library.trace(sequences)" in found["Python"]

    def test_a_traced_run(self, loaded, opened):
        page = opened("trace")
        page.text_area(key="trace text").set_value(f">one\n{dna('dog 1')}").run()
        button(page, "Trace").click().run()
        run = latest_run().id
        page.query_params["run"] = run
        found = texts(open_panel(page.run(), "trace"))
        assert f"curl -fOJ {BASE}/runs/{run}/file\n" in found["curl"]
        assert f"genekin export-run {run} run.genekin-run.jsonl.gz" in found["Command line"]
        assert dna("dog 1")[:60] in found["curl"]

    def test_history(self, loaded, opened):
        ask(opened("classify"), f">one\n{dna('human 2')}\n")
        page = open_panel(opened("history"), "history")
        assert texts(page) == {"curl": f"curl {BASE}/runs"}
        select(page, 0)
        run = latest_run().id
        assert texts(page) == {
            "curl": (
                f"# Read this result\ncurl '{BASE}/runs/{run}/calls?format=tsv'\n\n"
                f"# Save this run\ncurl -fOJ {BASE}/runs/{run}/file"
            ),
            "Command line": f"genekin export-run {run} run.genekin-run.jsonl.gz",
        }

    @pytest.mark.parametrize("name", ["classify", "trace"])
    def test_an_opened_file(self, loaded, opened, name):
        page = opened(name)
        if name == "classify":
            ask(page, f">one\n{dna('dog 1')}\n")
        else:
            page.text_area(key="trace text").set_value(f">one\n{dna('dog 1')}").run()
            button(page, "Trace").click().run()
        file = export_run(services.runs(), latest_run(), None)
        page = opened("open_file")
        assert not [found for found in page.expander if found.label == "Use from a program"]
        page.file_uploader[0].upload(file.name, file.data, file.mime).run()
        found = texts(open_panel(page, "open_file"))
        assert f"{BASE}/{name}?library=default" in found["curl"]
        assert dna("dog 1")[:60] in found["curl"]
        assert f"library.{name}(" in found["Python"]

    def test_help(self, loaded, opened):
        found = texts(open_panel(opened("about"), "about"))
        assert found["curl"] == f"curl {BASE}/libraries/default"
        assert found["Command line"] == "genekin status"
        assert "print(library.organisms)" in found["Python"]

    def test_help_without_a_library(self, opened):
        found = texts(open_panel(opened("about"), "about"))
        assert found["curl"] == f"curl {BASE}/libraries"
        assert found["Python"] == "import genekin\n\nprint(genekin.libraries())"

    def test_admin(self, loaded, opened):
        found = texts(open_panel(opened("admin"), "admin"))
        assert f"curl {BASE}/jobs" in found["curl"]

    def test_tokens(self, loaded, opened):
        found = texts(open_panel(opened("tokens"), "tokens"))
        assert found["curl"] == (f'curl -H "Authorization: Bearer $GENEKIN_TOKEN" {BASE}/libraries')

    def test_benchmark(self, loaded, opened):
        opened("about")
        report = evaluation_report.report()
        number = save_evaluation(services._database(), evaluation_report.PLAN, report, name="a")
        page = open_panel(opened("benchmark"), "benchmark")
        assert texts(page) == {"curl": f"curl {BASE}/evaluations/{number}"}

        library = data_of_library(services.server_libraries().stores.labels, "default")
        facts = replace(report.data, source=library.source, organisms={"human": 12, "dog": 4})
        save_evaluation(
            services._database(), evaluation_report.PLAN, replace(report, data=facts), name="b"
        )
        found = texts(open_panel(opened("benchmark"), "benchmark"))
        assert found["Command line"].startswith("genekin benchmark --library default")
        assert "--splits seed copies homology stress organisms" in found["Command line"]
        assert f"--seed {report.seed}" in found["Command line"]
        assert "--organism" not in found["Command line"]
        assert 'genekin.evaluate(\n    "default",' in found["Python"]


class TestToken:
    def test_is_a_variable_where_users_sign_in(self, signed_in):
        page = open_panel(signed_in("history", "rita"), "history")
        if not any(found.label == "Use from a program" for found in page.expander):
            page = ask(page.switch_page("pages/classify.py").run(), f">one\n{dna('human 2')}\n")
            page = open_panel(page.switch_page("pages/history.py").run(), "history")
        assert texts(page)["curl"] == (
            f'curl -H "Authorization: Bearer $GENEKIN_TOKEN" {BASE}/runs'
        )
        assert "$GENEKIN_TOKEN stands for a token of yours" in shown(page).replace("`", "")
