import shutil

import pytest

from components.shared import computation, services
from components.trace.charts import composition_figure
from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.runs import RunSettings
from core.sequences.records import Record
from core.sequences.references.simulated import simulate
from core.settings import Settings
from core.stores.stores import Stores
from core.tracing import estimate_composition, trace
from tests.support.evolution import FAMILIES, members
from tests.support.library_page import ended
from tests.support.pages import button, shown
from tests.support.synthetic import dna
from tests.support.uploads import zipped

GENES = members("gene", families=3, count=3)
STRAINS = {f"strain_{letter}": simulate(GENES, 0.02, seed) for seed, letter in enumerate("abc", 1)}
READS = {
    f"{strain}_{place}": STRAINS[strain][place].residues
    for strain, place in [("strain_b", 0), ("strain_b", 3), ("strain_b", 7), ("strain_c", 5)]
}
BATCH = "".join(f">{name}\n{residues}\n" for name, residues in READS.items())
RECORDS = [Record(name, text, 1, 1) for name, text in READS.items()]
NOISE = f">noise\n{dna('noise', 300)}\n>bad\nAC!\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with three strains."""
    folder = tmp_path_factory.mktemp("strains") / "home"
    with Stores(Settings(home=folder)) as stores:
        load(Libraries(stores), STRAINS, encoder="count", families=FAMILIES)
    return folder


@pytest.fixture
def page(home, filled, opened):
    shutil.copytree(filled, home)
    computation._results.clear()
    return opened("trace")


def ask(page, text):
    page.text_area(key="trace text").set_value(text).run()
    return button(page, "Trace").click().run()


def headline(page):
    (found,) = [element.value for element in page.markdown if element.value.startswith("### ")]
    return found.removeprefix("### ").replace("\\", "")


class TestTooFew:
    def test_leads_to_where_organisms_are_loaded(self, opened):
        page = opened("trace")
        assert "a species, a strain, a virus" in shown(page)
        button(page, "Load another organism").click().run()
        assert page.title[0].value == "Library"


class TestOne:
    def test_says_which_strain_and_how_sure(self, page):
        ask(page, READS["strain_b_3"])
        assert headline(page) == "Closest to strain_b (confidence > 99%)."
        assert "450 bp · 100.0% of bases identical to the closest relative" in shown(page)

    def test_ranks_all_strains_with_their_closest_gene(self, page):
        (table,) = ask(page, READS["strain_b_3"]).dataframe
        assert sorted(table.value["organism"]) == list(STRAINS)
        assert table.value["organism"][0] == "strain_b"
        assert table.value["confidence"].is_monotonic_decreasing
        assert list(table.value["family"]) == ["Family 1"] * 3

    def test_of_noise_it_says_that_there_is_no_relative(self, page):
        ask(page, dna("noise", 300))
        assert headline(page) == "No relative found."
        assert "no gene of the library shares more 13-mers than chance explains" in shown(page)
        assert not page.dataframe


class TestBatch:
    def test_says_how_much_is_of_which_strain(self, page):
        ask(page, BATCH)
        assert headline(page).startswith("Of 4 queries with a relative in the library, ")
        assert headline(page).endswith(" are closest to strain_b.")
        assert "4 of 4 have a confidence of at least 95%." in shown(page)
        assert len(page.get("vega_lite_chart")) == 1

    def test_the_headline_says_what_the_figure_shows(self, page):
        ask(page, BATCH)
        traced = trace(services.libraries().open("default"), RECORDS)
        first = composition_figure(estimate_composition(traced), 4).table.iloc[0]
        assert headline(page) == (
            f"Of {len(READS)} queries with a relative in the library, {first['share']:.0%}"
            f" (95% CI {first['low']:.0%} to {first['high']:.0%}) are closest to"
            f" {first['organism']}."
        )

    def test_noise_is_not_counted(self, page):
        random_dna = "".join(f">noise_{number}\n{dna(f'n{number}', 900)}\n" for number in range(9))
        ask(page, random_dna)
        assert headline(page) == "No relatives found."
        assert "9 without a result" in shown(page)
        assert not page.get("vega_lite_chart")
        ask(page, BATCH + random_dna)
        assert headline(page).startswith("Of 4 queries with a relative in the library, ")

    def test_has_a_row_a_query(self, page):
        table = ask(page, BATCH).dataframe[0].value
        assert list(table["query"]) == list(READS)
        assert list(table["organism"]) == ["strain_b"] * 3 + ["strain_c"]

    def test_shares_are_whole_percentages_and_none_is_quite_certain(self, page):
        table = ask(page, BATCH).dataframe[0].value
        assert list(table["confidence"]) == [0.99] * 4
        assert list(table["identity"]) == list(table["identity"].round(2))

    def test_what_cannot_be_used_is_named_and_the_rest_is_traced(self, page):
        ask(page, BATCH + NOISE)
        assert "Record 6 (line 12) has an invalid character '!' at base 3" in shown(page)
        assert "2 without a result: see the notes in the table." in shown(page)
        assert list(page.dataframe[0].value["note"].isna()) == [True] * 4 + [False] * 2

    def test_of_many_that_cannot_be_used_the_first_are_named(self, page):
        page.text_area(key="trace text").set_value(">bad\nAC!\n" * 5).run()
        assert "5 records invalid." in shown(page)
        assert "… and 2 more records." in shown(page)

    def test_a_file_can_be_given(self, page):
        page.file_uploader(key="trace file 0").upload("reads.fasta", BATCH.encode(), "text/plain")
        page.run()
        assert "4 valid records · 3 organisms in the library default" in shown(page)
        button(page, "Trace").click().run()
        assert headline(page).endswith(" are closest to strain_b.")

    def test_the_queries_of_a_past_run_can_be_traced(self, page):
        library = services.libraries().open("default")
        calls = classify(library, RECORDS)
        services.runs().store(library, RECORDS, calls, RunSettings(None, 10, 0.5), name="my run")
        page.segmented_control[0].set_value("Earlier run").run()
        assert page.selectbox(key="run to trace").options[0].startswith("my run · 4 queries")
        button(page, "Trace").click().run()
        assert headline(page).endswith(" are closest to strain_b.")

    def test_without_runs_that_is_said(self, page):
        page.segmented_control[0].set_value("Earlier run").run()
        assert "No runs yet." in shown(page)
        assert button(page, "Trace").disabled

    def test_many_are_traced_in_the_background(self, page):
        ask(page, BATCH * 26)
        assert headline(ended(page)).startswith("Of 104 queries with a relative in the library, ")


class TestDownloads:
    @pytest.mark.parametrize("queries", [READS["strain_b_0"], BATCH])
    def test_are_listed_with_the_link_when_they_are_asked_for(self, page, queries):
        ask(page, queries)
        assert not page.get("download_button") or queries is BATCH
        (run,) = services.runs().find()
        page.session_state[f"downloads of {run.id}"] = True
        page.run()
        labels = [element.proto.label for element in page.get("download_button")]
        for label in ("Table (TSV)", "All organisms (JSON)", "Run file (opens in any GeneKin)"):
            assert labels.count(label) == 1
        assert "Link to this result" in shown(page)

    def test_of_a_run_that_was_deleted_say_so(self, page):
        ask(page, BATCH)
        (run,) = services.runs().find()
        services.runs().delete(run.id)
        page.session_state[f"downloads of {run.id}"] = True
        page.run()
        assert "Result not found" in page.error[0].value


class TestEarlierResult:
    """A result is marked once the input is another one."""

    MARK = "This result is for an earlier input: "

    def test_is_current_as_long_as_the_input_is(self, page):
        ask(page, BATCH)
        assert self.MARK not in shown(page)
        assert "Result for strain_b_0 and 3 other records" in shown(page)

    def test_is_marked_when_the_text_changes_until_it_is_traced(self, page):
        ask(page, BATCH)
        page.text_area(key="trace text").set_value(READS["strain_b_3"]).run()
        assert f"{self.MARK}strain_b_0 and 3 other records. Press Trace" in shown(page)
        button(page, "Trace").click().run()
        assert self.MARK not in shown(page)
        assert headline(page).startswith("Closest to strain_b")

    def test_is_marked_when_the_text_is_deleted(self, page):
        ask(page, BATCH)
        page.text_area(key="trace text").set_value("").run()
        assert self.MARK in shown(page)

    def test_is_marked_after_an_example(self, page):
        ask(page, BATCH)
        button(page, "Example").click().run()
        assert self.MARK in shown(page)

    def test_is_marked_when_the_source_is_switched(self, page):
        ask(page, BATCH)
        page.segmented_control(key="trace source").set_value("Earlier run").run()
        assert self.MARK in shown(page)

    def test_of_a_file_has_its_name(self, page):
        page.file_uploader(key="trace file 0").upload("*reads*.fasta", BATCH.encode(), "text/plain")
        page.run()
        button(page, "Trace").click().run()
        assert "Result for *reads*.fasta" in shown(page)
        button(page, "Example").click().run()
        assert f"{self.MARK}*reads*.fasta. Press Trace" in shown(page)
        assert page.file_uploader(key="trace file 1").value is None


class TestInput:
    def test_nothing_to_trace_cannot_be_asked(self, page):
        assert button(page, "Trace").disabled
        page.text_area(key="trace text").set_value(">a\nAC!").run()
        assert button(page, "Trace").disabled
        assert "has an invalid character '!' at base 3" in shown(page)

    def test_what_was_typed_is_there_after_a_visit_to_another_page(self, page):
        page.text_area(key="trace text").set_value(BATCH).run()
        page.switch_page("pages/library.py").run()
        page.switch_page("pages/trace.py").run()
        assert page.text_area(key="trace text").value == BATCH

    def test_a_file_is_still_there_after_a_visit_to_another_page(self, page):
        page.file_uploader(key="trace file 0").upload("reads.fasta", BATCH.encode(), "text/plain")
        page.run()
        page.switch_page("pages/library.py").run()
        page.switch_page("pages/trace.py").run()
        button(page, "Trace").click().run()
        assert "Result for reads.fasta" in shown(page)

    def test_an_example_is_one_click_away(self, page):
        button(page, "Example").click().run()
        assert page.text_area(key="trace text").value.startswith(">")
        assert not button(page, "Trace").disabled

    def test_a_name_is_shown_as_it_is(self, page):
        ask(page, f">*a*[b](c)<i>\n{READS['strain_b_0']}")
        assert "*a*[b](c)<i>" in shown(page)
        (written,) = [element.value for element in page.subheader if "a" in element.value]
        for mark in "*[<":
            assert written.count(mark) == written.count(f"\\{mark}")


def test_a_file_of_a_zip_that_cannot_be_read_is_named(page):
    data = zipped({"reads.fasta": BATCH, "notes.pdf": "%PDF-1.4"})
    page.file_uploader(key="trace file 0").upload("reads.zip", data, "application/zip").run()
    assert "1 record invalid." in shown(page)
    assert "notes.pdf: PDF files are not supported." in shown(page)
    button(page, "Trace").click().run()
    assert list(page.dataframe[0].value["query"]) == [*READS, "notes.pdf"]
