import re
import threading
from dataclasses import replace
from time import sleep

import pytest

from components.benchmark.run import QUICK_SEQUENCES
from components.shared.figure_files import SIZES
from components.shared.session import BENCHMARK_TAB_KEY
from core.errors import InputError
from core.evaluation.repository import save_evaluation
from core.settings import read_settings
from core.stores.sql.database import Database
from core.stores.sql.evaluations import EvaluationTable
from core.stores.sql.job_row import CANCELLED
from tests.support import evaluation_report
from tests.support.library_page import delete, ended, jobs, until
from tests.support.pages import button, shown, widget

HOSTILE = "<script>alert(1)</script> **not bold** [x](javascript:alert(1))"


@pytest.fixture
def database(home):
    settings = read_settings()
    database = Database(settings.labels_url, settings.store_timeout)
    yield database
    database.close()


@pytest.fixture
def kept(loaded, database):
    """Keep the small evaluation, under a name, perhaps changed; returns its number."""

    def kept(name="first", **changes):
        report = replace(evaluation_report.report(), **changes)
        return save_evaluation(database, evaluation_report.PLAN, report, name=name, by="Ada")

    return kept


def charts(page):
    return page.get("vega_lite_chart")


def open_tab(page, label):
    page.session_state[BENCHMARK_TAB_KEY] = label
    return page.run()


TABS = ("Accuracy", "Relatives", "Robustness", "Cross-species", "Speed", "Per task", "Compare")


def options(page, label):
    return widget(page.selectbox, label).options


class TestNothingYet:
    def test_says_what_the_page_is_for_and_leads_to_a_library(self, opened):
        page = opened("benchmark")
        assert "Compares the accuracy of GeneKin with other methods" in shown(page)
        button(page, "Load a library first").click().run()
        assert page.title[0].value == "Library"


class TestRunning:
    @pytest.fixture
    def page(self, loaded, opened):
        page = opened("benchmark")
        page.multiselect(key="benchmark splits").set_value(["seed"])
        return page.multiselect(key="benchmark methods").set_value(["knn", "majority"]).run()

    def test_one_button_runs_it_and_its_report_is_what_the_page_shows(self, page, database):
        widget(page.text_input, "Name").input("mine")
        button(page, "Full benchmark of default").click().run()
        ended(page)

        (row,) = EvaluationTable(database).recent()
        assert row.name == "mine"
        assert row.source == "the library default (human, dog)"
        assert row.settings == {"seed": ["knn", "majority"]}
        assert "k-nearest neighbours" in shown(page)
        assert page.query_params["evaluation"] == str(row.id)

    def test_the_quick_one_runs_the_published_table_on_a_sample(self, page, database, monkeypatch):
        plans = []

        def record(data, plan, *_, **__):
            plans.append((plan, len(data)))
            raise InputError("Not here.")

        monkeypatch.setattr("core.jobs.kinds.benchmark.evaluate_and_save", record)
        button(page, "Quick benchmark of default").click().run()
        ended(page)
        ((plan, size),) = plans
        assert [part.split for part in plan.parts] == ["seed", "homology"]
        assert size <= QUICK_SEQUENCES

    def test_says_beforehand_how_long_it_takes(self, page):
        assert re.findall(r"About (\d:\d\d) \(h:min\)", shown(page)) == ["0:01", "0:01"]

    def test_results_appear_while_it_runs(self, page, monkeypatch):
        shown_first = threading.Event()

        def two_parts(*_, progress, on_report, **__):
            report = evaluation_report.report()
            on_report(replace(report, results=report.results[:5]))
            while not shown_first.wait(0.02):
                progress("Predicting", 40, 100)
            raise InputError("Enough.")

        monkeypatch.setattr("core.jobs.kinds.benchmark.evaluate_and_save", two_parts)
        button(page, "Full benchmark of default").click().run()
        until(lambda: jobs()[0].progress.total == 100)
        text = shown(page.run())
        assert "Results so far" in text
        assert "40%" in text
        assert charts(page)
        shown_first.set()
        ended(page)
        assert "Results so far" not in shown(page)

    def test_methods_have_the_names_that_the_charts_give_them(self, page):
        names = page.multiselect(key="benchmark methods").options
        assert names[:3] == ["GeneKin", "published baseline", "GeneKin, count"]
        assert len({*names}) == len(names)

    def test_only_of_the_organisms_that_are_chosen(self, page, database):
        page.multiselect(key="benchmark organisms").set_value(["human"]).run()
        button(page, "Full benchmark of default").click().run()
        ended(page)

        (row,) = EvaluationTable(database).recent()
        assert row.source == "the library default (human)"

    def test_it_waits_for_no_load_and_can_be_followed_and_cancelled(
        self, page, opened, monkeypatch
    ):
        def endless(*_, progress, **__):
            while True:
                progress("Asking", 50, 100)
                sleep(0.02)

        monkeypatch.setattr("core.jobs.kinds.benchmark.evaluate_and_save", endless)
        button(page, "Full benchmark of default").click().run()
        until(lambda: jobs()[0].progress.total == 100)

        other = opened("benchmark")
        assert "Full benchmark of default" in shown(other)
        assert button(other, "Full benchmark of default").disabled
        assert jobs()[0].library != "default"
        button(other, "Cancel").click().run()
        until(lambda: not jobs()[0].active)
        assert jobs()[0].state == CANCELLED
        assert "Cancelled. No results saved." in shown(page.run())

    def test_why_it_cannot_be_is_said_in_words(self, page):
        page.multiselect(key="benchmark splits").set_value(["copies"]).run()
        button(page, "Full benchmark of default").click().run()
        ended(page)
        assert "There are no exact copies in these sequences." in shown(page)
        assert "Full benchmark of default" in {element.label for element in page.button}


class TestShown:
    @pytest.fixture
    def page(self, kept, opened):
        kept()
        return opened("benchmark")

    def test_the_published_comparison_comes_first_and_beside_it_the_honest_one(self, page):
        texts = [element.value.replace("\\", "") for element in page.markdown]
        headings = [text for text in texts if text.startswith(("#", "**"))]
        assert headings[:3] == [
            "#### Accuracy by method",
            "**Random 80/20 split (relatives in the library)**",
            "**Homology-aware split (no close relatives in the library)**",
        ]

    def test_every_chart_says_in_words_what_it_shows(self, page):
        texts = [chart.proto.alt for tab in TABS for chart in charts(open_tab(page, tab))]
        assert len(texts) == 13
        assert all(re.search(r"\d", text) for text in texts)
        assert all(text.endswith(".") for text in texts)

    def test_a_tab_is_drawn_when_it_is_opened(self, page):
        assert [tab.label for tab in page.tabs] == [*TABS, "Methods"]
        assert len(charts(page)) == 2
        assert len(charts(open_tab(page, "Robustness"))) == 4

    def test_captions_are_one_line_and_the_rest_is_behind_a_button(self, page):
        for tab in TABS[:5]:
            open_tab(page, tab)
            assert all(len(chart.proto.alt.split(". ", 1)[1]) < 180 for chart in charts(page))
            assert "How to read this" in {
                block.proto.popover.label for block in page.get("popover")
            }

    def test_what_was_left_out_has_its_reason(self, page):
        open_tab(page, "Methods")
        assert "GPU_IVF_FLAT needs a Milvus server with a GPU" in shown(page)
        assert "There are no exact copies in these sequences." in shown(page)

    def test_says_how_it_was_made(self, page):
        table = open_tab(page, "Methods").dataframe[-1].value.set_index("item")["value"]
        report = evaluation_report.report()
        assert table["SHA-256 of the data"] == report.data.digest
        assert table["random seed"] == "42"
        assert table["user"] == "Ada"
        assert report.machine["processor"] in table["machine"]
        assert "scikit-learn" in table["versions"]
        assert table["method: k-nearest neighbours"].endswith("n_neighbors 5")

    def test_another_method_and_question_can_be_looked_at(self, page):
        open_tab(page, "Per task")
        widget(page.selectbox, "Task").set_value(("stress", "30% substituted")).run()
        widget(page.selectbox, "Method").set_value("knn").run()
        assert "Confusion matrix: k-nearest neighbours, robustness: 30% substituted" in shown(page)

    def test_figures_and_tables_can_be_taken_away(self, page):
        labels = [
            element.proto.label
            for tab in (*TABS, "Methods")
            for element in open_tab(page, tab).get("download_button")
        ]
        assert labels.count("PDF") == labels.count("PNG") == labels.count("SVG") == 9
        assert labels.count("CSV") == labels.count("TSV") == 10
        assert labels[-1] == "Full report (JSON)"

    def test_figures_have_sizes(self, page):
        sizes = [box for box in page.selectbox if box.label == "Size"]
        assert sizes[0].options == list(SIZES)
        sizes[0].select_index(1).run()
        assert not page.exception


class TestKept:
    def test_the_latest_is_shown_unless_the_link_names_another(self, kept, opened):
        first, _ = kept("first"), kept("second")
        page = opened("benchmark")
        assert [name.split(",")[0] for name in options(page, "Evaluation")] == [
            "second",
            "first",
        ]
        widget(page.selectbox, "Evaluation").select_index(1).run()
        assert page.query_params["evaluation"] == str(first)

    def test_a_link_to_one_that_is_gone_says_so(self, kept, opened):
        kept()
        page = opened("benchmark")
        page.query_params["evaluation"] = "77"
        assert "The evaluation of this link was deleted." in shown(page.run())

    def test_can_be_renamed(self, kept, opened, database):
        number = kept()
        page = opened("benchmark")
        page.text_input(key=f"name of evaluation {number}").input("in the paper").run()
        button(page, "Rename").click().run()
        assert [row.name for row in EvaluationTable(database).recent()] == ["in the paper"]
        assert options(page, "Evaluation")[0].startswith("in the paper")

    def test_can_be_deleted(self, kept, opened, database):
        number = kept()
        page = opened("benchmark")
        delete(page, "second", f"delete evaluation {number}")
        assert len(EvaluationTable(database).recent()) == 1
        page.text_input(key="confirm deletion").input("first")
        page.button(key="delete permanently").click().run()
        assert EvaluationTable(database).recent() == []
        assert "Compares the accuracy of GeneKin" in shown(page)

    def test_one_that_came_meanwhile_is_not_deleted_in_the_place_of_another(
        self, kept, opened, database
    ):
        number = kept("first")
        page = opened("benchmark")
        kept("second")
        page.button(key=f"delete evaluation {number}").click().run()
        assert "Delete permanently" not in {element.label for element in page.button}
        assert len(EvaluationTable(database).recent()) == 2
        assert options(page, "Evaluation")[0].startswith("second")

    def test_names_are_text_whatever_they_look_like(self, kept, opened):
        report = evaluation_report.report()
        kept(HOSTILE, data=replace(report.data, source=HOSTILE, family_names={0: HOSTILE}))
        page = opened("benchmark")
        assert options(page, "Evaluation")[0].startswith(HOSTILE)
        open_tab(page, "Per task")
        sentence = next(
            element.value for element in page.markdown if "Highest recall" in element.value
        )
        assert "**not" not in sentence
        assert "<script>" not in sentence.replace("\\<", "")


class TestTwo:
    def test_are_compared_with_what_else_differs(self, kept, opened):
        versions = evaluation_report.report().versions | {"numpy": "1.0"}
        kept("earlier", versions=versions, seed=7)
        kept("later")
        page = open_tab(opened("benchmark"), "Compare")
        widget(page.selectbox, "Compare with").select_index(0).run()

        text = shown(page)
        assert "The random seeds differ, 7 and 42" in text
        assert "The versions differ: numpy 1.0 and" in text
        assert "+0.0 points, from" in text

    def test_one_alone_says_how_there_come_to_be_two(self, kept, opened):
        kept()
        page = open_tab(opened("benchmark"), "Compare")
        assert "Run the benchmark again to compare two evaluations." in shown(page)
