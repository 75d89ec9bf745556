from threading import Event
from time import sleep

import pytest

from components.classify import result_input
from components.shared import jobs as components_jobs
from components.shared import services, turns
from core import turns as core_turns
from core.jobs.kinds import queries
from core.sequences.references.examples import EXAMPLES
from core.stores.sql.job_row import CANCELLED
from core.turns import Turns
from tests.support.classify_page import (
    BUTTON,
    ask,
    close_input,
    give_file,
    latest_run,
    open_input,
    open_options,
    shown_run,
    type_text,
    understood,
)
from tests.support.library_page import jobs, until
from tests.support.pages import button, shown, widget
from tests.support.synthetic import dna
from tests.support.uploads import zipped

ONE = f">one\n{dna('human 2')}\n"
MANY = "".join(f">q{number}\n{dna('human 2')}\n" for number in range(101))


@pytest.fixture
def page(loaded, opened):
    return opened("classify")


class TestEmpty:
    def test_leads_to_where_a_reference_is_loaded(self, opened):
        page = opened("classify")
        assert page.title[0].value == "Classify"
        assert "No library loaded yet." in shown(page)
        button(page, "Go to Library").click().run()
        assert page.title[0].value == "Library"
        assert not page.text_area

    def test_a_setting_that_cannot_be_used_is_named(self, opened, monkeypatch):
        monkeypatch.setenv("GENEKIN_MILVUS_URI", "milvus:19530")
        page = opened("classify")
        assert len(page.error) == 1
        assert "The setting GENEKIN_MILVUS_URI is invalid" in shown(page)


class TestUnderstood:
    def test_with_nothing_given_names_the_limits(self, page):
        assert understood(page).startswith("Max 1,000,000 bp per sequence, 200 MB per file.")
        assert button(page, BUTTON).disabled

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("acgu nn\nac", "1 record · 8 bp · DNA"),
            (">a\nACGT\n>b\nAC\n>c\nA\n", "3 records · 7 bp · DNA"),
            ("@a\nACGT\n+\nIIII\n", "1 record · 4 bp · DNA"),
            (">a\nACGT\n>b\nAC!\n", "2 records · 4 bp · DNA · 1 invalid"),
        ],
    )
    def test_says_what_is_there(self, page, text, line):
        assert understood(type_text(page, text)) == line
        assert not button(page, BUTTON).disabled

    def test_names_the_record_the_line_and_the_letter_at_fault(self, page):
        type_text(page, ">a\nACGT\n>b\nACGT\nAC!T")
        assert "Record 2 (line 5) has an invalid character '!' at base 7;" in shown(page)
        assert page.text_area(key="text").value == ">a\nACGT\n>b\nACGT\nAC!T"

    def test_names_the_first_of_many_faults_and_counts_the_others(self, page):
        type_text(page, "".join(f">{number}\n!\n" for number in range(9)))
        assert shown(page).count("an invalid character '!'") == 3
        assert "… and 6 more records." in shown(page)
        assert understood(page) == "9 records · 9 invalid"
        assert button(page, BUTTON).disabled

    def test_a_protein_is_recognised(self, page):
        assert "looks like a protein" in shown(type_text(page, "MEFLIPQKEEL"))

    def test_what_cannot_be_read_at_all_is_said(self, page):
        type_text(page, "ACGT\n>a\nACGT")
        assert "line 2: FASTA header after a sequence without one." in shown(page)
        assert understood(page) == "No valid sequences found"

    def test_a_file_comes_before_the_text(self, page):
        type_text(page, ONE)
        give_file(page, ">a\nACGT\n>b\nAC\n")
        assert understood(page) == (
            "queries.fasta: 2 records · 6 bp · DNA · The file takes precedence over the text"
        )

    def test_every_file_of_a_zip_that_cannot_be_read_is_named(self, page):
        broken = {f"{number}.pdf": "%PDF-1.4" for number in range(5)}
        data = zipped({"queries.fasta": f"{ONE}>bad\nAC!\n", **broken})
        page.file_uploader(key="query file 0").upload("queries.zip", data, "application/zip").run()
        assert understood(page) == "queries.zip: 7 records · 240 bp · DNA · 6 invalid"
        text = shown(page)
        assert all(f"{name}: PDF files are not supported." in text for name in broken)
        assert "queries.fasta: Record 2" in text

    def test_notes_on_how_a_file_was_read_are_shown(self, page):
        gene = ONE.split("\n")[1]
        give_file(page, f"name,dna,cds\none,{gene},{gene}\n", "queries.csv")
        assert "2 columns contain sequences: 'dna', 'cds'. Using 'dna';" in shown(page)

    def test_a_file_is_still_there_after_a_visit_to_another_page(self, page):
        give_file(page, ONE)
        page.switch_page("pages/library.py").run()
        page.switch_page("pages/classify.py").run()
        assert understood(page) == "queries.fasta: 1 record · 240 bp · DNA"
        button(page, BUTTON).click().run()
        assert latest_run().source == "queries.fasta"

    def test_a_kept_file_can_be_removed(self, page):
        give_file(page, ONE)
        page.switch_page("pages/library.py").run()
        page.switch_page("pages/classify.py").run()
        button(page, "Remove").click().run()
        assert "queries.fasta" not in understood(page)


class TestExamples:
    @pytest.mark.parametrize("label", EXAMPLES)
    def test_each_is_one_click_away(self, page, label):
        button(page, label).click().run()
        assert page.text_area(key="text").value == EXAMPLES[label]()
        assert not button(page, BUTTON).disabled

    def test_one_takes_the_place_of_a_file(self, page):
        give_file(page, ONE)
        button(page, "Random sequence").click().run()
        assert understood(page) == "1 record · 900 bp · DNA"


class TestOptions:
    def test_searches_only_in_the_organisms_chosen(self, page):
        widget(open_options(page).multiselect, "Search in").set_value(["dog"])
        ask(page, ONE)
        assert "closest organism dog" in shown(page)

    def test_shows_as_many_genes_as_chosen(self, page):
        widget(open_options(page).slider, "Maximum hits").set_value(3)
        assert len(ask(page, ONE).dataframe[0].value) == 3

    def test_below_the_threshold_chosen_the_answer_is_unknown(self, page):
        widget(open_options(page).slider, "Confidence threshold").set_value(1.0)
        text = shown(ask(page, ONE))
        assert "Unknown</h2>" in text
        assert "below the threshold of 100%" in text


class TestRun:
    def test_opens_with_nothing_answered(self, page):
        assert shown_run(page) is None
        assert not page.dataframe

    def test_pressed_names_the_run_in_the_address(self, page):
        ask(page, ONE)
        assert shown_run(page) == latest_run().id
        assert (latest_run().name, latest_run().queries) == ("one", 1)

    def test_a_link_shows_the_same_answer_to_somebody_else(self, page, opened):
        ask(page, ONE)
        other = opened("classify")
        other.query_params["run"] = latest_run().id
        assert "Synthase</h2>" in shown(other.run())
        assert _answer(other) == _answer(page)

    def test_a_link_to_a_run_that_was_deleted_says_so(self, page):
        ask(page, ONE)
        services.runs().delete(latest_run().id)
        text = shown(page.run())
        assert "Result not found." in text
        assert "It was deleted, or it is older than 90 days" in text
        assert page.text_area(key="text").value == ONE

    @pytest.mark.parametrize("link", ["x", "../../etc", "A" * 22, "' OR 1=1 --"])
    def test_a_link_that_never_led_anywhere_says_so(self, page, link):
        page.query_params["run"] = link
        assert "Result not found." in shown(page.run())

    def test_is_there_again_after_a_visit_to_another_page(self, page):
        ask(page, ONE)
        page.switch_page("pages/library.py").run()
        page.query_params.clear()
        page.switch_page("pages/classify.py").run()
        assert "Synthase</h2>" in shown(page)
        assert page.text_area(key="text").value == ONE

    def test_outlives_what_is_removed_from_its_library_and_says_so(self, page):
        ask(page, ONE)
        services.libraries().remove_organism("default", "dog")
        text = shown(page.run())
        assert "The library 'default' has changed since this run: dog was removed." in text
        assert "Synthase</h2>" in text

    def test_outlives_its_library(self, page):
        ask(page, ONE)
        services.libraries().delete("default")
        text = shown(page.run())
        assert "The library 'default' of this run no longer exists." in text
        assert "Synthase</h2>" in text

    def test_can_have_a_name(self, page):
        widget(open_options(page).text_input, "Run name").set_value("my clones")
        ask(page, ONE)
        assert latest_run().name == "my clones"
        assert widget(open_options(page).text_input, "Run name").value == ""

    def test_knows_its_file(self, page):
        give_file(page, ONE)
        button(page, BUTTON).click().run()
        assert latest_run().source == "queries.fasta"


class TestEdit:
    """The input above a result."""

    def test_is_one_line_that_names_the_queries(self, page):
        assert not [line for line in page.expander if "Edit" in line.label]
        ask(page, ONE)
        assert _line(page).label == "one, 240 bp · **Edit**"
        assert not _line(page).proto.expanded
        ask(page, ONE + ">two\nACGT\n")
        assert _line(page).label == r"one and 1 more, 2 queries · **Edit**"

    def test_opens_with_the_text_that_was_typed(self, page):
        ask(page, ONE.lower())
        open_input(page)
        assert _line(page).proto.expanded
        assert page.text_area(key="text").value == ONE.lower()

    def test_of_a_link_opens_with_its_queries(self, page, opened):
        ask(page, f">one\n{dna('human 2')}\n>bad\nAC!\n")
        other = opened("classify")
        other.query_params["run"] = latest_run().id
        open_input(other.run())
        assert understood(other) == "2 records · 240 bp · DNA · 1 invalid"
        assert other.text_area(key="text").value.endswith(">bad\nAC!\n")
        assert "earlier input" not in shown(other)

    def test_keeps_what_was_typed_and_marks_the_result_as_an_earlier_one(self, page):
        open_input(ask(page, ONE))
        type_text(page, ">two\nACGT\n")
        assert "This result is for an earlier input: one, 240 bp." in shown(page)
        close_input(page)
        open_input(page)
        assert page.text_area(key="text").value == ">two\nACGT\n"
        button(page, BUTTON).click().run()
        assert "earlier input" not in shown(page)
        assert _line(page).label == "two, 4 bp · **Edit**"
        assert not _line(page).proto.expanded

    def test_another_example_marks_the_result_too(self, page):
        open_input(ask(page, ONE))
        button(page, "Random sequence").click().run()
        assert "This result is for an earlier input: one, 240 bp." in shown(page)

    def test_of_queries_from_the_file_of_a_colleague_has_them_as_text(self, page, opened):
        give_file(page, ONE)
        button(page, BUTTON).click().run()
        other = type_text(opened("classify"), "ACGT")
        other.query_params["run"] = latest_run().id
        open_input(other.run())
        assert (other.text_area(key="text").value or "").startswith(">one\n")

    def test_of_too_many_bases_to_edit_says_so(self, page, opened, monkeypatch):
        ask(page, ONE)
        monkeypatch.setattr(result_input, "_MAX_EDITABLE_BASES", 100)
        other = opened("classify")
        other.query_params["run"] = latest_run().id
        open_input(other.run())
        assert "These queries are too large to edit here (more than 100 bp)." in shown(other)


def _line(page):
    (line,) = [line for line in page.expander if line.label.endswith("**Edit**")]
    return line


def _answer(page):
    """The texts and tables that the page shows of a run."""
    texts = [element.value for element in (*page.markdown, *page.caption[1:], *page.code)]
    return texts, [element.value.to_dict("records") for element in page.dataframe]


class TestLargeBatch:
    def test_is_answered_in_the_background(self, page):
        ask(page, MANY)
        until(lambda: not any(job.active for job in jobs()))
        assert "1 of 101: **q0**" in shown(page.run())
        assert shown_run(page) == latest_run().id

    def test_shows_how_far_it_is_and_can_be_cancelled(self, page, monkeypatch):
        monkeypatch.setattr(queries, "classify", _endless)
        ask(page, MANY)
        until(lambda: jobs()[0].progress.done > 0)
        page.run()
        (bar,) = page.get("progress")
        assert "Classifying: " in bar.proto.text
        button(page, "Cancel").click().run()
        until(lambda: not jobs()[0].active)
        assert jobs()[0].state == CANCELLED
        assert "Cancelled. No results saved." in shown(page.run())
        assert page.text_area(key="text").value == MANY

    def test_that_is_cancelled_leaves_no_earlier_result(self, page, monkeypatch):
        ask(page, ONE)
        monkeypatch.setattr(queries, "classify", _endless)
        ask(page, MANY)
        assert "Synthase</h2>" not in shown(page)
        button(page, "Cancel").click().run()
        until(lambda: not jobs()[0].active)
        assert "Synthase</h2>" not in shown(page.run())

    def test_is_followed_by_who_opens_its_address(self, page, opened, monkeypatch):
        monkeypatch.setattr(queries, "classify", _endless)
        ask(page, MANY)
        other = opened("classify")
        other.query_params["job"] = page.query_params["job"]
        button(other.run(), "Cancel").click().run()
        until(lambda: not jobs()[0].active)
        assert "Cancelled." in shown(page.run())
        assert "job" not in page.query_params

    def test_that_is_not_there_is_nothing_to_follow(self, page):
        page.query_params["job"] = "1"
        page.run()
        assert not page.get("progress")
        assert "job" not in page.query_params

    def test_that_fails_says_why(self, page, monkeypatch):
        asked = Event()
        monkeypatch.setattr(queries, "classify", lambda *_, **__: 1 / (not asked.wait()))
        ask(page, MANY)
        asked.set()
        until(lambda: not jobs()[0].active)
        assert "See the log for details." in shown(page.run())


def _endless(_library, records, *, progress, **_options):
    while True:
        progress("Classifying", 1, len(records))
        sleep(0.02)


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
        assert f"{name} · 240 bp" in shown(page)
        (written,) = [element.value for element in page.caption if " · 240 bp" in element.value]
        written, _, _ = written.partition(" · ")
        for mark in "<*[]()$`#~:!":
            assert written.count(mark) == written.count(f"\\{mark}")

    def test_a_name_from_right_to_left_turns_nothing_beside_it(self, page):
        ask(page, f">\u0645\u0631\n{dna('human 2')}\n")
        assert "\u2068\u0645\u0631\u2069 · 240 bp" in shown(page)

    def test_the_name_of_a_file_is_shown_as_it_is(self, page):
        give_file(page, ONE, name="<img src=x>.fasta")
        assert understood(page).startswith("&lt;img src=x&gt;.fasta: 1 record")

    def test_a_letter_is_shown_as_it_is(self, page):
        type_text(page, ">a\nACGT<img src=x>")
        (warning,) = page.warning
        assert r"'\<'" in warning.value

    @pytest.mark.parametrize(
        "text", ["\0", ">", ">>>>", "\t\t\nx", "\u202e\u200b", "🧬" * 9, "<>&"]
    )
    def test_no_text_breaks_the_page(self, page, text):
        type_text(page, text)
        assert button(page, BUTTON).disabled
        assert "Something went wrong" not in shown(page)


class TestManyPeople:
    def test_a_question_larger_than_the_limit_is_refused(self, page, monkeypatch):
        monkeypatch.setenv("GENEKIN_MAX_QUERY_RECORDS", "100")
        services._open.clear()
        ask(page, MANY)
        assert "These are 101 records; the limit of a question is 100." in shown(page)
        assert jobs() == []

    def test_who_waits_sees_the_position(self, page, monkeypatch):
        monkeypatch.setattr(core_turns, "_SILENT_SECONDS", 0.1)
        monkeypatch.setattr(core_turns, "_TELL_SECONDS", 0.1)
        only = Turns(1, patience=0.3)
        monkeypatch.setattr(turns, "process_turns", lambda _slots: only)
        with only.take("somebody else"):
            ask(page, ONE)
        assert "Too many questions are being answered" in shown(page)
        assert "Waiting: 1st in line." in shown(page)
        assert "Synthase</h2>" in shown(ask(page, ONE))

    def test_says_when_no_worker_runs(self, page, monkeypatch):
        monkeypatch.setattr(components_jobs, "is_worker_missing", lambda: True)
        monkeypatch.setattr(queries, "classify", _endless)
        ask(page, MANY)
        assert "No worker is running: jobs wait." in shown(page.run())
        button(page, "Cancel").click().run()
