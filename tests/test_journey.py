"""A person's way through the dashboard, in a real browser on a real server."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from core.sequences.examples import examples
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from tests.made_up import genes
from tests.services import free_port

PROJECT = Path(__file__).resolve().parent.parent
SCREENSHOTS = os.environ.get("GENEKIN_SCREENSHOTS")
"""The folder to keep screenshots in, if it is named."""
DESKTOP: ViewportSize = {"width": 1280, "height": 1500}
LOADING = 200_000
"""Milliseconds that loading the human reference may take on a busy machine."""
PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[str]:
    """Address of a dashboard that nobody has opened yet, with nothing loaded."""
    port = free_port()
    address = f"http://localhost:{port}"
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py"],
            cwd=PROJECT,
            env=os.environ
            | {
                "GENEKIN_HOME": str(tmp_path / "home"),
                "STREAMLIT_SERVER_PORT": str(port),
                "STREAMLIT_SERVER_HEADLESS": "true",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert b"Traceback" not in (tmp_path / "server.log").read_bytes()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail("the dashboard did not start")


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )


@pytest.fixture
def page(browser: Browser, dashboard: str) -> Iterator[Page]:
    """A page in which nothing breaks, and which asks nobody but the dashboard for anything."""
    page = browser.new_page(viewport=DESKTOP)
    broken: list[str] = []
    asked: set[str | None] = set()
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
    yield page
    page.close()
    assert broken == []
    assert asked <= {"localhost", None}


@pytest.fixture
def keep(tmp_path: Path):
    """Keep a screenshot."""
    folder = Path(SCREENSHOTS or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        settled(page)
        page.screenshot(path=folder / f"{name}.png")

    return keep


def settled(page: Page) -> None:
    """Wait until the page is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def place(page: Page, label: str) -> tuple[float, float]:
    """Where a control of the page stands."""
    box = page.get_by_role("button", name=label).or_(page.get_by_role("radio", name=label))
    found = box.first.bounding_box()
    assert found is not None, f"{label} is not there"
    return found["x"], found["y"]


def test_from_an_empty_home_to_the_families_of_a_batch(page, dashboard, keep):
    first, *_ = read_text_queries(examples(), "examples", Limits())

    page.goto(dashboard)
    expect(page.get_by_text("There is no reference yet to compare with.")).to_be_visible()
    keep(page, "1 nothing loaded")

    page.get_by_role("button", name="Go to Library").click()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    keep(page, "2 empty library")
    page.get_by_role("button", name="Load the human reference").click()
    expect(page.get_by_text("human: 3,629 genes added;")).to_be_visible(timeout=LOADING)
    expect(page.get_by_role("heading", name="3,629 genes of 1 organism")).to_be_visible()
    keep(page, "3 human loaded")

    go_to(page, "Classify")
    text = page.get_by_label("DNA: one bare sequence, or FASTA")
    text.fill(f"><b>*mine*</b>\n{first.residues}")
    text.press("Control+Enter")
    expect(page.get_by_role("heading", name="G protein coupled receptors")).to_be_visible()
    expect(page.get_by_text(f"<b>*mine*</b> · {len(first.residues):,} bases")).to_be_visible()
    keep(page, "4 one sequence")

    text.fill(">a\nACGT\nAC!T")
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.get_by_text("Record 1 (line 3) has '!' at base 7")).to_be_visible()
    expect(text).to_have_value(">a\nACGT\nAC!T")
    keep(page, "5 a wrong letter")

    page.get_by_role("button", name="Example").click()
    hint = page.get_by_text("Select a row to see how its family was decided.")
    expect(hint).to_be_visible()
    keep(page, "6 a batch")
    table = page.get_by_test_id("stDataFrameResizable").first
    table.click(position={"x": 18, "y": 35 + 17})  # the box of the first row
    expect(hint).to_be_hidden()
    expect(page.get_by_role("heading", name="G protein coupled receptors")).to_be_visible()
    keep(page, "7 a row of the batch")

    go_to(page, "Similarity")
    expect(page.get_by_text("With two organisms or more in the library")).to_be_visible()
    keep(page, "8 one organism")


def test_a_file_with_a_bad_record_from_its_report_to_the_organism(page, dashboard, keep):
    rows = "".join(f"{gene.residues},{gene.family}\n" for gene in genes("cat", 6))
    first = {"name": "cat.csv", "mimeType": "text/csv", "buffer": f"cds,class\n{rows}".encode()}
    bad = first | {"name": "dog.csv", "buffer": f"cds,class\nACG!,1\n{rows}".encode()}
    page.goto(f"{dashboard}/library")
    page.get_by_text("Your file").click()
    upload = page.get_by_test_id("stFileUploaderDropzoneInput").first
    upload.set_input_files(first)
    page.get_by_role("button", name="Load 6 good records").click()
    expect(page.get_by_text("cat: 6 genes added;")).to_be_visible()
    expect(page.get_by_role("heading", name="6 genes of 1 organism")).to_be_visible()

    upload.set_input_files(bad)
    expect(page.get_by_text("Record 1 (line 2) has '!' at base 4")).to_be_visible()
    organism = page.get_by_label("Organism", exact=True)
    expect(organism).to_have_count(1)  # The one of the file before goes when the page is drawn.
    expect(organism).to_have_value("dog")
    keep(page, "report of a file")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the rejected records").click()
    assert download.value.suggested_filename == "rejected_dog.csv.tsv"
    header, rejected = download.value.path().read_text("utf-8-sig").splitlines()
    assert header == "reason\tline\tname\torganism\tfamily\tsequence"
    assert rejected.startswith("Record 1 (line 2) has '!' at base 4;")
    assert rejected.endswith("\t2\t\t\t1\tACG!")

    labels = ("Human", "Your file", "Published", "Simulated")
    places = [place(page, label) for label in labels]
    page.get_by_role("button", name="Load 6 good records").click()
    expect(page.get_by_text("dog: 6 genes added;")).to_be_visible()
    expect(page.get_by_role("heading", name="12 genes of 2 organisms")).to_be_visible()
    keep(page, "file loaded")
    assert [place(page, label) for label in labels] == places
    expect(page.get_by_role("button", name="Load 6 good records")).to_be_visible()
    expect(page.get_by_text("dog.csv", exact=True)).to_be_visible()


def test_a_link_straight_to_a_page_lands_there_with_the_whole_navigation(page, dashboard, keep):
    page.goto(f"{dashboard}/library")

    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    expect(page.get_by_text("Nothing is loaded yet.")).to_be_visible()
    navigation = page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(navigation).to_have_text(["Classify", "Library", "Similarity"])
    expect(page).to_have_url(re.compile(r"/library$"))
    keep(page, "link to the library")


def test_on_a_phone_in_the_dark_nothing_sticks_out(browser, dashboard, keep):
    page = browser.new_page(viewport=PHONE, color_scheme="dark")
    page.goto(f"{dashboard}/library")
    page.get_by_role("button", name="Load the human reference").click()
    expect(page.get_by_text("human: 3,629 genes added;")).to_be_visible(timeout=LOADING)
    assert fits(page)
    keep(page, "phone library")

    page.goto(dashboard)
    page.get_by_role("button", name="Example").click()
    expect(page.get_by_text("Select a row to see how")).to_be_visible()
    assert fits(page)
    background = page.get_by_test_id("stApp").evaluate("it => getComputedStyle(it).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 64
    keep(page, "phone batch")
    table = page.get_by_test_id("stDataFrameResizable").first
    table.click(position={"x": 18, "y": 35 + 17})
    answer = page.get_by_role("heading", name="G protein coupled receptors")
    answer.scroll_into_view_if_needed()
    expect(answer).to_be_visible()
    assert fits(page)
    keep(page, "phone answer")
    page.close()
