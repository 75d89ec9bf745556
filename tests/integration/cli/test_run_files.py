"""``export-run``."""

import pytest

from core.classify import classify
from core.library.manager import Libraries
from core.opened_file import read_results
from core.runs import Run, Runs, RunSettings, StoredQuery
from core.runs.file_reader import OpenedClassification, OpenedTrace
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import read_settings
from core.stores.stores import Stores
from core.tracing import trace
from tests.support.synthetic import dna, genes, table

RECORDS = [Record("one", dna("human 1"), 1, 1)]


@pytest.fixture
def stored(run, written) -> tuple[Run, Run]:
    """A classification and a trace."""
    run("load", "--encoder", "count", f"human={written(table(genes('human')), 'human.txt')}")
    with Stores(read_settings()) as stores:
        library = Libraries(stores).open()
        runs = Runs(stores.database, 0)
        settings = RunSettings(None, 10, 0.0)
        return (
            runs.store(library, RECORDS, classify(library, RECORDS), settings, by="Ada"),
            runs.store_trace(library, RECORDS, trace(library, RECORDS)),
        )


def opened(file) -> OpenedClassification:
    found = read_results(file.read_bytes(), file.name, Limits())
    assert isinstance(found, OpenedClassification)
    return found


@pytest.mark.parametrize("form", ["{}", "http://localhost:8501/?run={}", "https://x/?a=1&run={}"])
def test_writes_a_file_that_can_be_opened(run, stored, tmp_path, form):
    file = tmp_path / "a.genekin-run.jsonl.gz"
    done = run("export-run", form.format(stored[0].id), file)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{file}: {file.stat().st_size:,} bytes.\n"
    (call,) = opened(file).calls
    assert call.hits[0].name == "human_1"
    found = opened(file).genes
    assert found
    assert found.residues([call.hits[0].id]) == {call.hits[0].id: dna("human 1")}


def test_without_its_library_has_no_genes(run, stored, tmp_path):
    run("delete", "--yes")
    assert run("export-run", stored[0].id, tmp_path / "a.gz").status == 0
    assert opened(tmp_path / "a.gz").genes is None


def test_writes_a_trace(run, stored, tmp_path):
    assert run("export-run", stored[1].id, tmp_path / "a.gz").status == 0
    found = read_results((tmp_path / "a.gz").read_bytes(), "a.gz", Limits())
    assert isinstance(found, OpenedTrace)
    assert [result.organism for result in found.traces] == ["human"]
    assert found.queries == [StoredQuery("one", RECORDS[0].residues)]


def test_refuses_what_is_no_run(run, stored, tmp_path):
    assert "Result not found." in run("export-run", "x" * 22, tmp_path / "a").refused()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("run_id", ["-uHp-wxCh_NbQRjRjbZGNg", "-hHp-wxCh_NbQRjRjbZGNg"])
def test_takes_ids_that_look_like_options(run, tmp_path, run_id):
    assert "Result not found." in run("export-run", run_id, tmp_path / "a").refused()


def test_names_a_folder_that_is_not_there(run, tmp_path):
    assert "does not exist" in run("export-run", "x", tmp_path / "no" / "a").refused()
