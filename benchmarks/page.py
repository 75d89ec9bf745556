"""Waiting times on the dashboard, in a real browser.

Run it by hand on a quiet machine, ``python -m benchmarks.page``; it writes its section of
RESULTS.md.
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.common import (
    log,
    open_embedded,
    option_parser,
    publish,
    query_records,
    read_organisms,
    sample_records,
    table,
)
from core.evaluation.perturbations import substitute
from core.library.load import load
from core.sequences.records import Record
from tests.support.browser import settled
from tests.support.services import CHROMIUM_OPTIONS, Dashboard, find_chromium

QUERIES = 60
WARM_UP = 5
"""First queries, which are not counted."""
DIVERGENCE = 0.02
"""Share of a query's bases that are substituted, so that none is an exact copy of a gene."""
_OPENING_MS = 300
"""Until the run of the script that opening a line causes has begun."""
_LABEL = "DNA sequences (raw, FASTA or FASTQ)"
_BARE = f"""
import streamlit as st

text = st.text_area("{_LABEL}")
head, _, sequence = text.partition("\\n")
st.write(f"1 record · {{len(sequence.strip()):,}} bp")
if st.button("Classify"):
    st.caption(f"{{head[1:]}} · 0 ms")
"""
"""A minimal page: the time of Streamlit and the browser alone."""

_CLOCK = """name => { window.measured = new Promise(resolve =>
  document.addEventListener('click', () => {
    const clicked = performance.now();
    const findFacts = () => [...document.querySelectorAll('[data-testid="stCaptionContainer"]')]
      .map(caption => caption.innerText)
      .find(text => text.startsWith(name + ' ·') && text.endsWith(' ms'));
    const isDone = () => document.querySelector('[data-test-script-state="notRunning"]');
    let call = null;
    const look = () => {
      const elapsed = performance.now() - clicked;
      if (call === null && findFacts()) call = elapsed;
      if (call !== null && isDone()) resolve([call, elapsed, findFacts()]);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {once: true, capture: true})); }"""
"""Checks every frame after the click: is the call shown, and is the page complete?"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Milliseconds from a click to the call and to the complete page, and of classification."""

    call: float
    complete: float
    classification: float


def main() -> None:
    """Measure, and write the section."""
    publish("page", option_parser(__doc__).parse_args(), measure)


def measure(options: Namespace) -> str:
    """Measure the Classify page and a minimal page, and return the section."""
    references, queries = _work(options)
    with TemporaryDirectory(prefix="genekin-") as folder:
        dashboard = Dashboard(Path(folder))
        log.info("loading")
        with open_embedded(dashboard.home) as libraries:
            load(libraries, {"human": references})
        times = _times(dashboard, queries)
    with TemporaryDirectory(prefix="genekin-") as folder:
        app = Path(folder, "bare.py")
        app.write_text(_BARE, encoding="utf-8")
        bare = _times(Dashboard(app.parent, app), queries)
    return _section(times, bare, len(references))


def _work(options: Namespace) -> tuple[Sequence[Record], Sequence[str]]:
    """Return the human genes, and some of them with substitutions as queries."""
    references = read_organisms(options.data, options.sample, options.seed)["human"]
    generator = np.random.default_rng(options.seed)
    genes = sample_records(references, QUERIES + WARM_UP, options.seed)
    return references, [substitute(gene.residues, DIVERGENCE, generator) for gene in genes]


def _times(dashboard: Dashboard, queries: Sequence[str]) -> list[Waiting]:
    log.info("classifying")
    with dashboard:
        return list(_submit_all(dashboard.address, queries))[WARM_UP:]


def _submit_all(address: str, queries: Sequence[str]) -> Iterator[Waiting]:
    """Paste each query and press the button, as a user does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        for query in query_records(queries):
            yield _submit(page, f"query{query.name}", query.residues)


def _submit(page: Page, name: str, query: str) -> Waiting:
    _open_input(page)
    text = page.get_by_role("textbox", name=_LABEL)
    text.fill(f">{name}\n{query}\n")
    text.press("Tab")
    expect(page.get_by_text(f"1 record · {len(query):,} bp")).to_be_visible()
    settled(page)
    page.evaluate(_CLOCK, name)
    page.get_by_role("button", name="Classify").click()
    call, complete, facts = page.evaluate("window.measured")
    classification = facts.split(" · ")[-1].removesuffix(" ms").replace(",", "")
    return Waiting(call, complete, float(classification))


def _open_input(page: Page) -> None:
    """Open the line that the input has become above the last result, if there is one."""
    edit = page.get_by_text("Edit", exact=True)
    if edit.count():
        edit.click()
        expect(page.get_by_role("button", name="Classify")).to_be_visible()
        page.wait_for_timeout(_OPENING_MS)
        settled(page)


def _section(times: Sequence[Waiting], bare: Sequence[Waiting], references: int) -> str:
    columns = {
        "classification alone, as shown on the page": [item.classification for item in times],
        "click to call": [item.call for item in times],
        "click to complete page, with alignments and charts": [item.complete for item in times],
        "click to a line of a minimal Streamlit page without classification": [
            item.call for item in bare
        ],
    }
    rows = [
        [name, *(f"{np.quantile(values, share):,.0f}" for share in (0.5, 0.9, 1))]
        for name, values in columns.items()
    ]
    return (
        "## The page\n\n"
        "A query is pasted into the Classify page and submitted, in Chromium on the same machine:"
        f" {len(times)} human genes with {DIVERGENCE:.0%} of their bases substituted, once each,"
        f" against {references:,} human genes, embedded. Milliseconds to the frame that shows"
        " it.\n\n" + table(["", "p50", "p90", "slowest"], rows)
    )


if __name__ == "__main__":
    main()
