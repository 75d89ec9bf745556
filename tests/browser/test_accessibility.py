"""Accessibility of the pages: findings of axe-core, contrast, focus and theme."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import DESKTOP, PATIENCE, go_to, patient, settled, stopped_after
from tests.support.services import Dashboard
from tests.support.synthetic import FAMILY_NAMES, dna, genes

PAGES = (
    "Library",
    "Similarity",
    "Trace",
    "Benchmark",
    "History",
    "API tokens",
    "Admin",
    "Help",
)
GRAVE = {"serious", "critical"}
CONTRAST = """texts => Math.min(...texts.map(text => {
  const parts = colour => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { values: [red, green, blue], alpha };
  };
  let ground = text;
  while (ground && parts(getComputedStyle(ground).backgroundColor).alpha === 0)
    ground = ground.parentElement;
  const luminance = values => values
    .map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const [one, other] = [getComputedStyle(text).fill, getComputedStyle(ground).backgroundColor]
    .map(colour => luminance(parts(colour).values) + 0.05);
  return Math.max(one, other) / Math.min(one, other);
}))"""
"""The lowest contrast of SVG texts with what is behind them; axe-core does not look at these."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * PATIENCE)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with two organisms."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("filled"))) as server:
        with Stores(Settings(home=server.home)) as stores:
            organisms = {"human": genes("human", 12), "dog": genes("dog", 12)}
            load(Libraries(stores), organisms, encoder="count", families=FAMILY_NAMES)
        yield server.start().address


def classify(page: Page, queries: str) -> None:
    settled(page)
    text = page.get_by_role("textbox", name="DNA sequences (raw, FASTA or FASTQ)")
    text.fill(queries)
    text.press("Control+Enter")
    settled(page)


def grave_findings(page: Page) -> list[str]:
    """Findings of axe-core that keep people from using the page."""
    settled(page)
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_any_page(browser: Browser, filled: str, theme) -> None:
    page = patient(browser.new_page(viewport=DESKTOP, color_scheme=theme))
    page.goto(filled)
    classify(page, f">one\n{dna('human 1')}\n")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    assert grave_findings(page) == []
    page.goto(filled)
    classify(page, f">one\n{dna('human 1')}\n>two\n{dna('human 2')}\n>bad\nA!\n")
    expect(page.get_by_text("1 of 3: one")).to_be_visible()
    assert grave_findings(page) == []
    for name in PAGES:
        go_to(page, name)
        assert grave_findings(page) == [], name
    go_to(page, "Library")
    labels = page.locator("svg.marks .role-axis text")
    expect(labels.first).to_be_visible()
    assert labels.evaluate_all(CONTRAST) >= 4.5
    page.close()


def test_what_has_the_focus_is_visible(page: Page, filled: str) -> None:
    page.goto(f"{filled}/history")
    settled(page)
    page.keyboard.press("Tab")
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.evaluate("""() => {
          const { tagName, outerHTML } = document.activeElement;
          const style = getComputedStyle(document.activeElement);
          return [tagName, style.outlineStyle, outerHTML.slice(0, 200)];
        }""")
        if focused[0] in {"A", "BUTTON"}:
            assert focused[1] == "solid", focused[2]


def test_a_theme_is_chosen_in_the_menu_for_all_pages(page: Page, filled: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(filled)
    settled(page)
    assert ground(page) > 200
    page.get_by_test_id("stMainMenu").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.keyboard.press("Escape")
    assert ground(page) < 64
    for path in ("/history", "/library"):
        page.goto(f"{filled}{path}")
        settled(page)
        assert ground(page) < 64


def ground(page: Page) -> int:
    """The brightest channel of the background, 0 to 255."""
    colour = page.get_by_test_id("stApp").evaluate("it => getComputedStyle(it).backgroundColor")
    return max(map(int, re.findall(r"\d+", colour)[:3]))
