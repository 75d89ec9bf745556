"""``backup``, ``restore`` and ``downgrade``."""

import pytest

from core.settings import read_settings
from core.stores.stores import Stores
from tests.support.synthetic import genes, table


@pytest.fixture
def saved(load, written, run, tmp_path):
    """A backup of a library of four genes."""
    load(f"human={written(table(genes('human', 4)), 'human.txt')}")
    path = tmp_path / "all.backup"
    done = run("backup", path)
    assert done.status == 0
    assert done.out.startswith(
        f"{path}: 1 libraries with 4 sequences, 0 runs, 0 evaluations; 0.0 MB,"
    )
    return path


def test_a_backup_is_restored_into_an_empty_home(saved, run, monkeypatch, tmp_path):
    before = run("status", "--format", "json").out
    monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "new"))

    done = run("restore", saved)

    assert done.status == 0
    assert done.out.startswith("1 libraries with 4 sequences and 0 runs restored, 4 vectors made,")
    old, new = str(before), run("status", "--format", "json").out
    assert old.partition('"libraries"')[2] == new.partition('"libraries"')[2]


def test_a_backup_needs_no_vector_store(saved, run):
    """A dashboard may have Milvus Lite open."""
    with Stores(read_settings()):
        assert run("backup", saved).status == 0
        assert "has the embedded store" in run("restore", saved).broke()


def test_nothing_is_replaced_without_two_words(saved, run):
    assert "The stores are not empty" in run("restore", saved).refused()
    assert "confirm with '--yes'" in run("restore", saved, "--replace").refused()
    assert run("restore", saved, "--replace", "--yes").status == 0


def test_another_file_is_refused(run, written):
    assert "is not a backup" in run("restore", written(">a\nACGT\n")).refused()


def test_a_folder_is_refused_as_a_backup(run, tmp_path):
    assert "it is not a file" in run("backup", tmp_path).refused()


class TestDowngrade:
    def test_goes_back_and_is_upgraded_when_it_is_opened(self, saved, run):
        assert "confirm with '--yes'" in run("downgrade", "0001").refused()
        done = run("downgrade", "0001", "--yes")
        assert done.out.startswith("The tables are those of revision 0001.")
        assert "4 sequences" in run("status").out

    def test_an_unknown_revision_is_named(self, run):
        assert "There is no revision '7'" in run("downgrade", "7", "--yes").refused()
