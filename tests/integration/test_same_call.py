"""The same query, asked in every way, has the same call."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import genekin
from core.classify import classify
from core.runs.call_table import COLUMNS, call_row
from core.sequences.limits import Limits
from core.sequences.queries import read_queries
from tests.support.commands import run_command
from tests.support.evolution import FAMILIES, member, members
from tests.support.services import require
from tests.support.synthetic import dna
from tests.support.towhee import run_pipelines, towhee_missing

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
    """A file of queries, the home of the library, and pytest's capture of what is printed."""

    file: Path
    home: Path
    capsys: pytest.CaptureFixture[str]


def ask_command_line(question: Question) -> Rows:
    done = run_command(question.capsys, "classify", question.file, "--format", "json")
    assert done.status == 0, done.err
    return [{column: row[column] for column in COLUMNS} for row in json.loads(done.out)]


def ask_python(question: Question) -> Rows:
    with genekin.open_library() as library:
        return [call_row(call) for call in library.classify(question.file)]


def ask_towhee(question: Question) -> Rows:
    require(towhee_missing())
    (rows,) = run_pipelines(question.home, [str(question.file)])["rows"]
    return list(rows)


WAYS: Mapping[str, Callable[[Question], Rows]] = {
    "the command line": ask_command_line,
    "Python": ask_python,
    "Towhee": ask_towhee,
}
"""Ways to ask; each returns the rows of the table of calls."""


@pytest.fixture(scope="module", params=["translated", "count"])
def home(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with genekin.open_library(home=home) as library:
        references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
        library.load(references, families=FAMILIES, encoder=request.param)
    return home


@pytest.fixture
def question(home, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GENEKIN_HOME", str(home))
    file = tmp_path / "queries.fasta"
    file.write_text(QUERIES)
    return Question(file, home, capsys)


@pytest.fixture(scope="module")
def expected(home):
    """The rows by the calls of the core."""
    with genekin.open_library(home=home) as library:
        records = read_queries(QUERIES.encode(), "queries", Limits())
        calls = classify(library.manager().open(), records)
    rows = [call_row(call) for call in calls]
    assert {row["status"] for row in rows} >= {"called", "invalid"}
    return rows


@pytest.mark.parametrize("way", WAYS)
def test_the_same_query_has_the_same_call(question, expected, way):
    assert WAYS[way](question) == expected
