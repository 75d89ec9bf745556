"""Evaluations from Python."""

from typing import Any

import pytest

import genekin
from core.evaluation.evaluations import Evaluations
from core.settings import Settings
from core.stores.sql.database import Database
from tests.support.evolution import FAMILIES, members

OPTIONS: dict[str, Any] = {"splits": ["seed"], "methods": ["count", "majority"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with genekin.open_library(home=home) as library:
        references = {"human": members("human", 3, 12), "dog": members("dog", 3, 4)}
        library.load(references, families=FAMILIES, encoder="count")
    return home


def test_a_library_is_evaluated_and_the_report_stored(home):
    evaluation = genekin.evaluate(home=home, name="From Python", **OPTIONS)
    accuracies = {result.method: result.accuracy for result in evaluation}
    assert set(accuracies) == {"count", "majority"}
    assert accuracies["count"] > accuracies["majority"]
    database = Database(Settings(home=home).labels_url, 10)
    (row,) = Evaluations(database).recent()
    assert row.name == "From Python"
    assert Evaluations(database).report(row.id) == evaluation.report
    database.close()


def test_organisms_and_numbers_are_chosen(home):
    evaluation = genekin.evaluate(home=home, organisms=["human"], limit=30, **OPTIONS)
    assert evaluation.report.data.sequences == 30
    assert set(evaluation.report.data.organisms) == {"human"}


def test_other_sequences_are_evaluated(home):
    evaluation = genekin.evaluate({"cat": members("cat", 3, 10)}, home=home, **OPTIONS)
    assert evaluation.report.data.sequences == 30
    assert evaluation.report.data.source == "cat=the records"


def test_a_library_in_use_is_evaluated(home):
    with genekin.open_library(home=home) as library:
        assert library.organisms
        assert len(genekin.evaluate(home=home, **OPTIONS)) == 2


@pytest.mark.parametrize(
    ("data", "options", "error", "reason"),
    [
        ("none", {}, genekin.LibraryError, "There is no library 'none'"),
        ("default", {"splits": ["x"]}, genekin.InputError, "There is no split 'x'"),
        ("default", {"methods": ["x"]}, genekin.InputError, "There is no method 'x'"),
        ("default", {"organisms": ["cat"]}, genekin.InputError, "cat"),
        ("default", {"limit": 1}, genekin.InputError, "1 is too few"),
        ({"a": []}, {"organisms": ["a"]}, genekin.InputError, "organisms selects from a library"),
    ],
    ids=str,
)
def test_errors_are_clear(home, data, options, error, reason):
    with pytest.raises(error, match=reason):
        genekin.evaluate(data, home=home, **(OPTIONS | options))


def test_it_asks_for_the_rights_of_commands(home, monkeypatch):
    monkeypatch.setenv("GENEKIN_COMMAND_ROLE", "reader")
    with pytest.raises(genekin.ForbiddenError, match="needs the role curator"):
        genekin.evaluate(home=home, **OPTIONS)
