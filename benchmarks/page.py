"""How long a person waits for the answer: the dashboard in a real browser.

Run by hand on a quiet machine, ``python -m benchmarks.page``; it writes its section of RESULTS.md.
"""

import logging
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.common import (
    Provenance,
    drawn,
    numbered,
    opened,
    option_parser,
    read_organisms,
    table,
    write_section,
)
from benchmarks.tasks import substituted
from core.library.load import load
from core.sequences.records import Record
from tests.support.services import CHROMIUM_OPTIONS, Dashboard, find_chromium

QUERIES = 60
WARMING = 5
"""Questions that come first and are not counted."""
CHANGED = 0.02
"""Share of the bases of a query that are substituted: none is an exact copy of a gene."""
_LABEL = "DNA: bare, FASTA or FASTQ"
_BARE = f"""
import streamlit as st

text = st.text_area("{_LABEL}")
head, _, sequence = text.partition("\\n")
st.write(f"1 record · {{len(sequence.strip()):,}} bases")
if st.button("Classify"):
    st.caption(f"{{head[1:]}} · 0 ms")
"""
"""A page with as little on it as can be: what Streamlit and the browser take."""

_CLOCK = """name => { window.answered = new Promise(resolve =>
  document.addEventListener('click', () => {
    const asked = performance.now();
    const told = () => [...document.querySelectorAll('[data-testid="stCaptionContainer"]')]
      .map(each => each.innerText)
      .find(text => text.startsWith(name + ' ·') && text.endsWith(' ms'));
    const ended = () => document.querySelector('[data-test-script-state="notRunning"]');
    let verdict = null;
    const look = () => {
      const now = performance.now() - asked;
      if (verdict === null && told()) verdict = now;
      if (verdict !== null && ended()) resolve([verdict, now, told()]);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {once: true, capture: true})); }"""
"""Looks at each frame that is drawn, from the click on: is the verdict there, and is all there?"""

_log = logging.getLogger("benchmarks.page")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One question's times since the click, and what of them classifying took; milliseconds."""

    verdict: float
    whole: float
    classifying: float


def main() -> None:
    """Measure, and write the section."""
    options = option_parser(__doc__.split("\n")[0]).parse_args()
    logging.basicConfig(format="%(message)s", level=logging.CRITICAL)
    _log.setLevel(logging.INFO)
    provenance = Provenance(options.data, options.seed)
    references, queries = _work(options)
    with TemporaryDirectory(prefix="genekin-") as folder:
        dashboard = Dashboard(Path(folder))
        _log.info("loading")
        with opened(dashboard.home) as libraries:
            load(libraries, {"human": references})
        waited = _waited(dashboard, queries)
    with TemporaryDirectory(prefix="genekin-") as folder:
        app = Path(folder, "bare.py")
        app.write_text(_BARE, encoding="utf-8")
        bare = _waited(Dashboard(app.parent, app), queries)
    text = f"{_told(waited, bare, len(references))}\n{provenance.table()}"
    if options.sample:
        print(text)
    else:
        write_section("page", text)


def _work(options: Namespace) -> tuple[Sequence[Record], Sequence[str]]:
    """The human genes, and what is asked: some of them, changed."""
    references = read_organisms(options.data, options.sample, options.seed)["human"]
    generator = np.random.default_rng(options.seed)
    genes = drawn(references, QUERIES + WARMING, options.seed)
    return references, [substituted(gene.residues, CHANGED, generator) for gene in genes]


def _waited(dashboard: Dashboard, queries: Sequence[str]) -> list[Waiting]:
    _log.info("asking")
    with dashboard:
        return list(_ask(dashboard.address, queries))[WARMING:]


def _ask(address: str, queries: Sequence[str]) -> Iterator[Waiting]:
    """Each query is pasted and its button pressed, as a person does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        for query in numbered(queries):
            yield _asked(page, f"query{query.name}", query.residues)


def _asked(page: Page, name: str, query: str) -> Waiting:
    text = page.get_by_role("textbox", name=_LABEL)
    text.fill(f">{name}\n{query}\n")
    text.press("Tab")
    expect(page.get_by_text(f"1 record · {len(query):,} bases")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.evaluate(_CLOCK, name)
    page.get_by_role("button", name="Classify").click()
    verdict, whole, facts = page.evaluate("window.answered")
    classifying = facts.split(" · ")[-1].removesuffix(" ms").replace(",", "")
    return Waiting(verdict, whole, float(classifying))


def _told(waited: Sequence[Waiting], bare: Sequence[Waiting], references: int) -> str:
    columns = {
        "classifying alone, as the page says": [each.classifying for each in waited],
        "click to verdict": [each.verdict for each in waited],
        "click to the whole answer, alignments and charts too": [each.whole for each in waited],
        "click to a line of a bare Streamlit page that classifies nothing": [
            each.verdict for each in bare
        ],
    }
    rows = [
        [name, *(f"{np.quantile(times, share):,.0f}" for share in (0.5, 0.9, 1))]
        for name, times in columns.items()
    ]
    return (
        "## The page\n\n"
        "A query is pasted into the Classify page and its button pressed, in Chromium on the same"
        f" machine; {len(waited)} human genes, {CHANGED:.0%} of their bases substituted, each once,"
        f" against {references:,} human genes, embedded. Until the frame that shows it, in"
        " milliseconds.\n\n" + table(["", "p50", "p90", "slowest"], rows)
    )


if __name__ == "__main__":
    main()
