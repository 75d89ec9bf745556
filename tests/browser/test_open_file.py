"""Results from files in a browser: what a colleague sees in a GeneKin of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.browser.test_accessibility import classify, grave_findings
from tests.browser.test_journey import PHONE, fits
from tests.support.browser import DESKTOP, PATIENCE, go_to, patient, settled, stopped_after
from tests.support.services import Dashboard
from tests.support.synthetic import FAMILY_NAMES, dna, genes

BLAST = Path(__file__).resolve().parents[1] / "data" / "blast"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * PATIENCE)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with two organisms."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("lab"))) as server:
        with Stores(Settings(home=server.home)) as stores:
            organisms = {"human": genes("human", 12), "dog": genes("dog", 12)}
            load(Libraries(stores), organisms, encoder="count", families=FAMILY_NAMES)
        yield server.start().address


@pytest.fixture(scope="module")
def other_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard whose library has one organism less."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("other"))) as server:
        with Stores(Settings(home=server.home)) as stores:
            organisms = {"human": genes("human", 12)}
            load(Libraries(stores), organisms, encoder="count", families=FAMILY_NAMES)
        yield server.start().address


@pytest.fixture
def run_file(page: Page, lab: str, tmp_path: Path) -> Path:
    """A run file, downloaded from the result of a batch."""
    page.goto(lab)
    classify(page, f">one\n{dna('human 1')}\n><b>two</b>\n{dna('human 2')}\n>bad\nA!\n")
    page.get_by_test_id("stPopover").get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Run file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


def give(page: Page, file: Path) -> None:
    settled(page)
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(file)
    settled(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_is_opened_in_another_genekin(
    browser: Browser, other_lab: str, run_file: Path, theme, keep
) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    page.goto(f"{other_lab}/history")
    settled(page)
    page.get_by_role("button", name="Open a run file").click()
    expect(page.get_by_role("heading", name="Open file")).to_be_visible()
    give(page, run_file)
    expect(page.get_by_text("Opened from a file: read-only")).to_be_visible()
    expect(page.get_by_text("Organisms: dog was removed.")).to_be_visible()
    expect(page.get_by_text("1 of 3: one")).to_be_visible()
    expect(page.get_by_text("240 bp").first).to_be_visible()
    expect(page.get_by_test_id("stCode").last).to_contain_text("hit")
    keep(page, f"opened run {theme}")
    assert grave_findings(page) == []
    alignment = page.get_by_test_id("stCode").last.inner_text()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 3: <b>two</b>")).to_be_visible()
    page.get_by_role("tab", name="Graphic summary").click()
    expect(page.get_by_text("Arrows: strand.")).to_be_visible()
    page.get_by_role("button", name="Classify again with the library default").click()
    expect(
        page.get_by_text("3 queries classified with the library default of today")
    ).to_be_visible()
    keep(page, f"opened run, classified again {theme}")
    go_to(page, "History")
    expect(page.get_by_text("No runs yet.")).to_be_visible()
    go_to(page, "Open file")
    expect(page.get_by_text("1 of 3: one")).to_be_visible()
    assert page.get_by_test_id("stCode").last.inner_text() == alignment
    page.set_viewport_size(PHONE)
    assert fits(page)
    page.reload()
    settled(page)
    expect(page.get_by_text("Opened from a file: read-only")).to_be_hidden()
    page.close()


@pytest.fixture
def trace_file(page: Page, lab: str, tmp_path: Path, keep) -> Path:
    """A run file, downloaded from the trace of a batch."""
    page.goto(f"{lab}/trace")
    settled(page)
    text = f">one\n{dna('human 1')}\n><b>two</b>\n{dna('human 2')}\n>bad\nA!\n"
    page.get_by_label("DNA sequences").fill(text)
    settled(page)
    page.get_by_role("button", name="Trace", exact=False).last.click()
    expect(page.get_by_text("Of 2 queries with a relative")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Download").first.click()
    expect(page.get_by_text("Link to this result")).to_be_visible()
    settled(page)
    keep(page, "downloads of a trace")
    with page.expect_download() as download:
        page.get_by_role("button", name="Run file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_trace_is_opened_in_another_genekin(
    browser: Browser, other_lab: str, trace_file: Path, theme, keep
) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    page.goto(f"{other_lab}/open_file")
    give(page, trace_file)
    expect(page.get_by_text("Opened from a file: read-only")).to_be_visible()
    expect(page.get_by_text("Organisms: dog was removed.")).to_be_visible()
    expect(page.get_by_text("Of 2 queries with a relative")).to_be_visible()
    keep(page, f"opened trace {theme}")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Trace again with the library default").click()
    expect(page.get_by_text("3 queries traced with the library default of today")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Download").first.click()
    expect(page.get_by_role("button", name="All organisms (JSON)")).to_be_visible()
    keep(page, f"opened trace, traced again {theme}")
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)
    assert fits(page)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_blast_results_are_shown(browser: Browser, other_lab: str, theme, keep) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    page.goto(f"{other_lab}/open_file")
    give(page, BLAST / "format_5.xml")
    expect(page.get_by_text("BLAST results from a file: read-only")).to_be_visible()
    expect(page.get_by_text("3 queries · 4 hits")).to_be_visible()
    keep(page, f"blast {theme}")
    assert grave_findings(page) == []
    page.get_by_role("tab", name="Graphic summary").click()
    expect(page.get_by_text("Grey: family not known.")).to_be_visible()
    keep(page, f"blast graphic {theme}")
    assert grave_findings(page) == []
    page.set_viewport_size(PHONE)
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Hits (TSV)").click()
    header, *rows = Path(download.value.path()).read_text("utf-8").splitlines()
    assert header.startswith("query\trank\thit\ttitle\tfamily")
    assert len(rows) == 12
    page.close()


def test_rubbish_is_refused_and_another_file_taken(page: Page, other_lab: str, tmp_path) -> None:
    page.goto(f"{other_lab}/open_file")
    rubbish = tmp_path / "holiday.jpg"
    rubbish.write_bytes(bytes(range(256)) * 100)
    give(page, rubbish)
    expect(page.get_by_text("holiday.jpg")).not_to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("holiday.jpg")
    give(page, BLAST / "format_7.txt")
    expect(page.get_by_text("BLAST results from a file: read-only")).to_be_visible()
