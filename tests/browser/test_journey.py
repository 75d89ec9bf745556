"""A person's way through the dashboard, in a real browser on a real server."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from core.library.load import load
from core.library.manager import Libraries
from core.sequences.references.examples import make_receptor
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import PATIENCE, go_to, patient, settled, uploader
from tests.support.library_page import until
from tests.support.synthetic import dna, genes

LOADING = 5 * PATIENCE
"""Seconds that loading the human reference may take there."""
CONTROLS = ("Random sequence", "Upload", "Options", "Classify")
"""Controls that a person presses to ask; they stay in position."""
PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = [pytest.mark.browser, pytest.mark.timeout(2 * LOADING)]


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    settled(page)
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def position(page: Page, label: str) -> tuple[float, float]:
    """Where a control of the page stands."""
    settled(page)
    box = page.get_by_role("button", name=label).or_(page.get_by_role("radio", name=label))
    found = box.first.bounding_box()
    assert found is not None, f"{label} is not there"
    return found["x"], found["y"]


def select_row(page: Page, row: int) -> None:
    """Select a row of the first table, by the box before it."""
    settled(page)
    table = page.get_by_test_id("stDataFrameResizable").first
    expect(table.get_by_test_id("data-grid-canvas")).to_be_visible()
    table.click(position={"x": 18, "y": 35 * (row + 1) + 17})


def click_header(page: Page, x: int) -> None:
    """Click the header of the first table, so far from its left edge."""
    settled(page)
    table = page.get_by_test_id("stDataFrameResizable").first
    expect(table.get_by_test_id("data-grid-canvas")).to_be_visible()
    table.click(position={"x": x, "y": 17})


def open_input(page: Page) -> None:
    """Open the line above a result."""
    settled(page)
    page.get_by_text("Edit", exact=True).click()
    settled(page)


def shown_answer(page: Page) -> list[str]:
    """The verdict, figures and alignment that a page shows of a run and its first query."""
    settled(page)
    return [
        page.get_by_role("heading", level=2).inner_text(),
        *page.get_by_role("table").all_text_contents(),  # All rows, also those that a phone hides.
        page.get_by_test_id("stCode").last.inner_text(),
    ]


def test_from_a_first_start_to_a_run_that_is_sent_to_a_colleague(page, browser, server, keep):
    server.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "true"
    server.start()
    page.goto(server.address)
    ask_while_the_reference_loads(page, keep)
    go_to(page, "Library")
    expect(page.get_by_role("heading", name="3,629 genes of 1 organism")).to_be_visible()
    keep(page, "2 human loaded")
    page.goto(server.address)
    ask_for_one(page, keep)
    ask_for_many(page, keep)
    answer, link = shown_answer(page), page.url
    take_away(page, link, keep)
    server.restart()
    colleague = patient(browser.new_page(viewport=PHONE, color_scheme="dark"))
    open_in_the_dark(colleague, link, keep)
    assert shown_answer(colleague) == answer
    page.goto(f"{server.address}/history")
    rename_and_delete(page, keep)
    colleague.goto(link)
    expect(colleague.get_by_text("Result not found.")).to_be_visible()
    assert fits(colleague)
    colleague.close()


def ask_while_the_reference_loads(page: Page, keep) -> None:
    """A newcomer has the family of an example after two clicks."""
    expect(page.get_by_text("Paste a DNA sequence and see its gene family")).to_be_visible()
    expect(page.get_by_text("Submit now: you get the answer when it is ready.")).to_be_visible()
    keep(page, "0 first start")
    clicks = count_clicks(page)
    page.get_by_role("button", name="G protein coupled receptor").click()
    expect(page.get_by_text("1 record · 1,212 bp · DNA")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="Classify").click()
    family = page.get_by_role("heading", name="G protein coupled receptors")
    expect(family).to_be_visible(timeout=LOADING * 1_000)
    assert clicks() <= 2
    keep(page, "1 first answer")


def count_clicks(page: Page) -> Callable[[], int]:
    """Count the clicks on a page from now on."""
    page.evaluate("clicks = 0; addEventListener('click', () => clicks++, {capture: true})")
    return lambda: int(page.evaluate("clicks"))


def ask_for_one(page: Page, keep) -> None:
    button = page.get_by_role("button", name="Classify")
    expect(button).to_be_disabled()
    page.get_by_role("button", name="Fragment, reverse strand").click()
    expect(page.get_by_text("1 record · 240 bp · DNA")).to_be_visible()
    button.click()
    heading = page.get_by_role("heading", name="Ion channel")
    expect(heading).to_be_visible()
    expect(page.get_by_text("240 bp · reverse strand, frame")).to_be_visible()
    expect(button).to_be_hidden()
    box = heading.bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] / 2
    keep(page, "3 a fragment")

    open_input(page)
    expect(page.get_by_text("1 record · 240 bp · DNA")).to_be_visible()
    positions = [position(page, label) for label in CONTROLS]
    text = page.get_by_role("textbox", name="DNA sequences (raw, FASTA or FASTQ)")
    text.fill(">a\nACGT\nAC!T")
    expect(
        page.get_by_text("This result is for an earlier input: fragment, 240 bp")
    ).to_be_visible()
    expect(page.get_by_text("(line 3) has an invalid character '!' at base 7")).to_be_visible()
    expect(button).to_be_disabled()
    assert [position(page, label) for label in CONTROLS] == positions
    text.press("ControlOrMeta+A")
    page.keyboard.insert_text(make_receptor().replace("receptor", "<b>*mine*</b>"))
    text.press("Control+Enter")  # At once: nothing has been read yet.
    expect(page.get_by_role("heading", name="G protein coupled receptors")).to_be_visible()
    expect(page.get_by_text("<b>*mine*</b> · 1,212 bp · forward strand")).to_be_visible()
    keep(page, "4 one sequence")
    select_row(page, 2)
    expect(page.get_by_text("residues 1 to 177")).to_be_visible()
    page.get_by_text("Show nucleotides").click()
    expect(page.get_by_test_id("stCode").last).to_contain_text("ATGTTCGTGGC")
    keep(page, "5 another gene, and the DNA")
    page.get_by_text("Show nucleotides").click()
    page.get_by_role("tab", name="Graphic summary").click()
    expect(page.get_by_text("Arrows: strand.")).to_be_visible()
    keep(page, "5 graphic summary")

    open_input(page)
    page.get_by_role("button", name="Random sequence").click()
    expect(page.get_by_text("1 record · 900 bp · DNA")).to_be_visible()
    text.press("Control+Enter")
    expect(page.get_by_role("heading", name="Unknown")).to_be_visible()
    keep(page, "6 unknown")


def ask_for_many(page: Page, keep) -> None:
    open_input(page)
    page.get_by_role("button", name="Batch of 20").click()
    expect(page.get_by_text("20 records · 14,666 bp · DNA · 1 invalid")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 of 20: gene_0")).to_be_visible()
    keep(page, "7 a batch")
    before = position(page, "Next")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 20: gene_1")).to_be_visible()
    assert position(page, "Next") == before
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("1 of 20: gene_0")).to_be_visible()
    sort_and_go_back(page)


def sort_and_go_back(page: Page) -> None:
    """Sort by a header; Next, a reload and Back follow."""
    link = page.url
    click_header(page, x=380)
    expect(page.get_by_text("1 of 20: invalid_character")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 20: random_")).to_be_visible()
    page.reload()
    expect(page.get_by_text("2 of 20: random_")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1 of 20: invalid_character")).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("1 of 20: gene_0")).to_be_visible()


def take_away(page: Page, link: str, keep) -> None:
    page.get_by_test_id("stPopover").get_by_role("button", name="Download").click()
    expect(page.get_by_test_id("stCode").filter(has_text="?run=")).to_have_text(
        re.compile(re.escape(link))
    )
    keep(page, "8 downloads")
    header, *rows = taken(page, "Table (TSV)").read_text().splitlines()
    assert header.startswith("query\tlength\tstatus\tfamily_id\tfamily\tconfidence")
    assert [row.split("\t")[0] for row in rows[:2]] == ["gene_0", "gene_1"]
    assert link in taken(page, "Report (HTML)").read_text()
    for name in (
        "Excel (XLSX)",
        "All hits (JSON)",
        "Sequences (FASTA)",
        "Sequences by family (ZIP)",
    ):
        assert taken(page, name).stat().st_size > 1_000


def open_in_the_dark(colleague: Page, link: str, keep) -> None:
    colleague.goto(link)
    expect(colleague.get_by_text("1 of 20: gene_0")).to_be_visible()
    assert fits(colleague)
    background = colleague.get_by_test_id("stApp").evaluate(
        "it => getComputedStyle(it).backgroundColor"
    )
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 64
    colleague.set_viewport_size({"width": PHONE["width"], "height": 4_000})
    keep(colleague, "9 a link on a phone in the dark")
    colleague.set_viewport_size(PHONE)


def rename_and_delete(page: Page, keep) -> None:
    expect(page.get_by_text("5 runs, times in UTC.")).to_be_visible()
    select_row(page, 0)
    page.get_by_label("Name", exact=True).fill("my batch")
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("my batch · 20 queries")).to_be_visible()
    keep(page, "10 history")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete run").click()
    expect(page.get_by_text("4 runs, times in UTC.")).to_be_visible()


def test_hostile_names_in_a_batch_that_takes_a_while(page, server, keep):
    with Stores(Settings(home=server.home)) as stores:
        load(
            Libraries(stores),
            {"human": genes("human", 12)},
            encoder="count",
            families={0: "Kinase", 1: "<script>alert(1)</script>", 2: "=1+1"},
        )
    server.start()
    names = ["<script>alert(1)</script>", "=1+1", "**bold**", "\u202eabc", "x" * 10_000]
    names += [f"q{number}" for number in range(2_000)]
    queries = "".join(f">{name}\n{dna('human 2')}\n" for name in names)
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))

    page.goto(server.address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "<b>.fasta", "mimeType": "text/plain", "buffer": queries.encode()}
    )
    expect(page.get_by_text("<b>.fasta: 2,005 records · 481,200 bp · DNA")).to_be_visible()
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("1 of 2,005: <script>alert(1)</script>")).to_be_visible()
    expect(page.get_by_role("heading", name="<script>alert(1)</script>")).to_be_visible()
    keep(page, "hostile names")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 2,005: =1+1")).to_be_visible()

    page.get_by_test_id("stPopover").get_by_role("button", name="Download").click()
    rows = taken(page, "Table (CSV)").read_text("utf-8-sig").splitlines()
    assert len(rows) == 2_006
    assert rows[2].startswith("'=1+1,240,called,")
    report = taken(page, "Report (HTML)")
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    assert alerts == []
    covering = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).length"
    assert page.locator("td").evaluate_all(covering) == 0


def taken(page: Page, label: str) -> Path:
    """A file that was taken away."""
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    folder = download.value.path().parent
    return download.value.path().rename(folder / download.value.suggested_filename)


def test_a_file_that_is_replaced_by_an_example_leaves_the_server(page, dashboard):
    def held_bytes() -> int:
        metrics = page.request.get(f"{dashboard}/_stcore/metrics").text()
        held = re.findall(r"cache_memory_bytes\{[^}]*UploadedFileManager[^}]*\} (\d+)", metrics)
        return sum(map(int, held))

    page.goto(dashboard)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "a.fasta", "mimeType": "text/plain", "buffer": f">a\n{dna('a')}\n".encode()}
    )
    expect(page.get_by_text("a.fasta: 1 record · 240 bp · DNA")).to_be_visible()
    until(lambda: held_bytes() == len(f">a\n{dna('a')}\n"))  # The server keeps figures a while.
    page.get_by_role("button", name="Random sequence").click()
    expect(page.get_by_text("1 record · 900 bp · DNA")).to_be_visible()
    until(lambda: held_bytes() == 0)


def csv_file(name: str, content: str) -> FilePayload:
    return {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": content.encode()}


def test_a_file_with_a_bad_record_from_its_report_to_the_organism(page, dashboard, keep):
    rows = "".join(f"{gene.residues},{gene.family}\n" for gene in genes("cat", 6))
    first = csv_file("cat", f"cds,class\n{rows}")
    bad = csv_file("dog", f"cds,class\nACG!,1\n{rows}")
    page.goto(f"{dashboard}/library")
    page.get_by_role("radio", name="Upload a file").check(force=True)
    upload = uploader(page)
    upload.set_input_files(first)
    page.get_by_role("button", name="Load 6 valid records").click()
    expect(page.get_by_text("cat: 6 genes added;")).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_contain_text("Done")
    expect(page).to_have_title(re.compile(r"^Done: .* · GeneKin$"))
    expect(page.get_by_role("heading", name="6 genes of 1 organism")).to_be_visible()

    upload.set_input_files(bad)
    expect(page.get_by_text("(line 2) has an invalid character '!' at base 4")).to_be_visible()
    organism = page.get_by_label("Organism", exact=True)
    expect(organism).to_have_count(1)  # The one of the file before goes when the page is drawn.
    expect(organism).to_have_value("dog")
    keep(page, "report of a file")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download invalid records").click()
    assert download.value.suggested_filename == "rejected_dog.csv.tsv"
    header, rejected = download.value.path().read_text("utf-8-sig").splitlines()
    assert header == "reason\tline\tname\torganism\tfamily\tsequence"
    assert rejected.startswith("Record 1 (line 2) has an invalid character '!' at base 4;")
    assert rejected.endswith("\t2\t\tdog\t1\tACG!")

    labels = ("Upload a file", "Human–chimp–dog set", "Simulate", "Import an archive")
    positions = [position(page, label) for label in labels]
    page.get_by_role("button", name="Load 6 valid records").click()
    expect(page.get_by_text("dog: 6 genes added;")).to_be_visible()
    expect(page.get_by_role("heading", name="12 genes of 2 organisms")).to_be_visible()
    keep(page, "file loaded")
    assert [position(page, label) for label in labels] == positions
    expect(page.get_by_role("button", name="Load 6 valid records")).to_have_count(0)
    expect(page.get_by_text("dog.csv", exact=True)).to_have_count(0)

    go_to(page, "Trace")
    text = page.get_by_role("textbox", name="DNA sequences (raw, FASTA or FASTQ)")
    text.fill(genes("cat", 1)[0].residues)
    text.press("Control+Enter")  # At once: nothing has been read yet.
    expect(page.get_by_role("heading", name="No single closest organism: ")).to_be_visible()
    keep(page, "traced")


def test_a_link_straight_to_a_page_lands_there_with_the_whole_navigation(page, dashboard, keep):
    page.goto(f"{dashboard}/library")

    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    expect(page.get_by_text("No organisms loaded yet.")).to_be_visible()
    navigation = page.get_by_test_id("stSidebarNav")
    for name in ("Classify", "Library", "Similarity", "Benchmark", "History"):
        expect(navigation.get_by_role("link", name=name)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/library$"))
    keep(page, "link to the library")
