"""The same query, asked in every way, has the same call."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import genekin
from core.classify import classify
from core.runs.call_table import COLUMNS, call_row
from core.sequences.limits import Limits
from core.sequences.queries import read_queries
from tests.support.browser import PATIENCE, stopped_after
from tests.support.commands import run_command
from tests.support.evolution import FAMILIES, member, members
from tests.support.services import Dashboard, require
from tests.support.synthetic import dna
from tests.support.towhee import run_pipelines, towhee_missing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * PATIENCE)]

QUERIES = "".join(
    f">{name} of a header\n{residues}\n"
    for name, residues in {
        **{f"close_{family}": member(family, "query", 0.1) for family in range(3)},
        **{f"distant_{family}": member(family, "query", 0.5) for family in range(3)},
        "lower_case": member(0, "other", 0.2).lower(),
        "random": dna("random", 400),
        "short": "ACGT",
        "invalid": "ACGT!",
    }.items()
)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A file of queries, the dashboard to ask, a browser's page, and what a command prints."""

    file: Path
    server: Dashboard
    page: Page
    capsys: pytest.CaptureFixture[str]


def ask_page(question: Question) -> Rows:
    page = question.page
    page.goto(question.server.address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(question.file)
    page.get_by_role("button", name="Classify").click()
    page.get_by_test_id("stPopover").get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="All hits (JSON)").click()
    return columns_of(json.loads(Path(download.value.path()).read_text("utf-8")))


def ask_api(question: Question) -> Rows:
    request = urllib.request.Request(
        f"{question.server.address}/api/v1/classify",
        question.file.read_bytes(),
        {"Content-Type": "text/x-fasta"},
    )
    with urllib.request.urlopen(request) as response:
        return columns_of(json.load(response)["calls"])


def ask_command_line(question: Question) -> Rows:
    done = run_command(question.capsys, "classify", question.file, "--format", "json")
    assert done.status == 0, done.err
    return columns_of(json.loads(done.out))


def ask_python(question: Question) -> Rows:
    with genekin.open_library() as library:
        return [call_row(call) for call in library.classify(question.file)]


def ask_towhee(question: Question) -> Rows:
    require(towhee_missing())
    (rows,) = run_pipelines(question.server.home, [str(question.file)])["rows"]
    return list(rows)


def columns_of(rows: Rows) -> Rows:
    return [{column: row[column] for column in COLUMNS} for row in rows]


WAYS: Mapping[str, Callable[[Question], Rows]] = {
    "the page": ask_page,
    "the HTTP API": ask_api,
    "the command line": ask_command_line,
    "Python": ask_python,
    "Towhee": ask_towhee,
}
"""Ways to ask; each returns the rows of the table of calls."""
ALONE = ("the command line", "Python", "Towhee")
"""Those that need no dashboard."""


@pytest.fixture(scope="module", params=["translated", "count"])
def server(request, tmp_path_factory) -> Iterator[Dashboard]:
    """A dashboard that is not running yet, with a library."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("lab"))) as server:
        with genekin.open_library(home=server.home) as library:
            references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
            library.load(references, families=FAMILIES, encoder=request.param)
        yield server


@pytest.fixture(scope="module")
def expected(server) -> Rows:
    """The rows by the calls of the core."""
    with genekin.open_library(home=server.home) as library:
        records = read_queries(QUERIES.encode(), "queries", Limits())
        calls = classify(library.manager().open(), records)
    rows = [call_row(call) for call in calls]
    assert {row["status"] for row in rows} >= {"called", "invalid"}
    return rows


@pytest.fixture
def question(server, page, tmp_path, capsys, monkeypatch) -> Question:
    monkeypatch.setenv("GENEKIN_HOME", str(server.home))
    file = tmp_path / "queries.fasta"
    file.write_text(QUERIES)
    return Question(file, server, page, capsys)


def test_the_same_query_has_the_same_call(server, expected, question):
    alone = {way: WAYS[way](question) for way in ALONE}
    server.start()
    beside = {way: ask(question) for way, ask in WAYS.items()}
    assert alone == dict.fromkeys(ALONE, expected)
    assert beside == dict.fromkeys(WAYS, expected)
