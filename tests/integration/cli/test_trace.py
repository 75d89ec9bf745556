"""``trace``: from which organism the closest relatives of queries come."""

import csv
import io
import json

import pytest

from tests.support.synthetic import dna, genes, table

READS = "".join(f">{name}\n{dna(f'{name} 2')}\n" for name in ("dog", "human", "noise"))


@pytest.fixture
def reads(load, written):
    files = (
        f"{organism}={written(table(genes(organism)), f'{organism}.txt')}"
        for organism in ("human", "dog")
    )
    assert load(*files).status == 0
    return written(READS, "reads.fasta")


def test_a_row_a_query(run, reads):
    done = run("trace", reads)
    assert (done.status, done.err) == (0, "")
    assert [(row["query"], row["organism"], row["gene"]) for row in done.rows] == [
        ("dog", "dog", "dog_2"),
        ("human", "human", "human_2"),
        ("noise", "", ""),
    ]
    assert done.rows[2]["note"].startswith("No relative found: ")


def test_the_summary_has_a_row_an_organism(run, reads):
    rows = run("trace", reads, "--summary").rows
    assert {row["organism"]: row["queries"] for row in rows} == {"human": "1", "dog": "1"}


def test_json_has_both(run, reads):
    found = json.loads(run("trace", reads, "--format", "json").out)
    assert len(found["organisms"]) == 2
    assert found["queries"][0]["organisms"]["dog"] > 0.9


def test_into_a_file(run, reads, tmp_path):
    assert run("trace", reads, "--format", "csv", "--output", tmp_path / "out.csv").out == ""
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [row["organism"] for row in rows] == ["dog", "human", ""]


def test_a_library_that_is_not_there(run, written):
    assert (
        "There is no library 'none'" in run("trace", written(READS), "--library", "none").refused()
    )
