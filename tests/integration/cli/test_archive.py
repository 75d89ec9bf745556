"""``export`` and ``import``."""

import json
import os
import zipfile

import pytest

from tests.support.synthetic import genes, table


@pytest.fixture
def exported(run, written, tmp_path):
    """An exported library, which is there no more."""
    run("load", "--encoder", "count", f"human={written(table(genes('human')), 'human.txt')}")
    done = run("export", tmp_path / "lab.zip")
    assert done.out == f"{tmp_path / 'lab.zip'}: 9 sequences of the library default.\n"
    run("delete", "--yes")
    return tmp_path / "lab.zip"


def names(run):
    return [
        library["name"]
        for library in json.loads(run("status", "--format", "json").out)["libraries"]
    ]


def test_a_library_comes_back_as_it_was_called(run, exported, written):
    done = run("import", exported)
    assert done.status == 0
    assert done.out.startswith("human: 9 sequences\nImported as library default in ")
    assert names(run) == ["default"]
    query = written(f">one\n{genes('human')[4].residues}\n", "query.fasta")
    assert run("classify", query).rows[0]["hit"] == "human_5"


def test_a_library_can_be_called_otherwise(run, exported):
    run("import", exported)
    assert run("import", exported, "--library", "second").status == 0
    assert names(run) == ["default", "second"]


def test_a_file_name_may_be_no_text(run, exported, tmp_path):
    file = exported.rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.zip"))
    assert run("import", file).status == 0
    (organism,) = json.loads(run("status", "--format", "json").out)["libraries"][0]["organisms"]
    assert organism["loads"][0]["source"].startswith("?.zip, exported ")


def test_a_name_that_is_taken_is_refused(run, exported):
    run("import", exported)
    assert "A library named 'default' already exists." in run("import", exported).refused()


def test_what_is_no_archive_is_refused(run, written, tmp_path):
    assert "is not a GeneKin library archive" in run("import", written(">a\nACGT\n")).refused()
    assert "No such file or directory" in run("import", tmp_path / "missing.zip").refused()
    assert names(run) == []


def test_an_index_that_there_is_not_is_refused(run, exported, tmp_path):
    with zipfile.ZipFile(exported) as archive, zipfile.ZipFile(tmp_path / "b.zip", "w") as other:
        for name in archive.namelist():
            data = archive.read(name)
            other.writestr(name, data.replace(b'"FLAT"', b'"ANNOY"'))
    assert "Input tag 'ANNOY' found" in run("import", tmp_path / "b.zip").refused()
    assert names(run) == []


def test_a_library_that_is_not_there_is_refused(run, tmp_path):
    assert "There is no library 'default'." in run("export", tmp_path / "a.zip").refused()


def test_a_place_that_cannot_be_is_refused(run, exported, tmp_path):
    run("import", exported)
    assert "does not exist" in run("export", tmp_path / "missing" / "a.zip").refused()
    assert "it is not a file" in run("export", tmp_path).refused()
