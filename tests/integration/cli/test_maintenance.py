"""``refit``, ``reconcile``, and what ``status`` says of them."""

import getpass
import json
from datetime import UTC, datetime, timedelta

import pytest

from core.library.naming import collection_name
from core.settings import read_settings
from core.stores.stores import Stores
from tests.support.synthetic import genes, table


@pytest.fixture
def grown(load, written):
    """A library of four genes, to which two were added."""
    load(f"human={written(table(genes('human', 4)), 'human.txt')}")
    load(f"human={written(table(genes('more', 2)), 'more.txt')}")


@pytest.fixture
def status(run):
    """The output of `status` for each library."""

    def status():
        told = json.loads(run("status", "--format", "json").out)["libraries"]
        return {library["name"]: library for library in told}

    return status


class TestStatus:
    def test_says_where_from_when_and_by_whom(self, grown, status, tmp_path):
        (human,) = status()["default"]["organisms"]
        assert [(load["source"], load["sequences"], load["by"]) for load in human["loads"]] == [
            (f"human={tmp_path / 'human.txt'}", 4, getpass.getuser()),
            (f"human={tmp_path / 'more.txt'}", 2, getpass.getuser()),
        ]
        for load in human["loads"]:
            age = datetime.now(UTC) - datetime.fromisoformat(load["date"])
            assert timedelta(seconds=-1) < age < timedelta(minutes=5)

    def test_of_a_library_without_its_vectors_says_so_of_that_one(
        self, grown, status, run, written
    ):
        run("load", "--library", "b", "--encoder", "count", f"dog={written(table(genes('dog')))}")
        with Stores(read_settings()) as stores:
            stores.vectors.drop(collection_name("default"))

        found = status()
        assert "are missing from the vector store" in found["default"]["problem"]
        assert found["b"]["problem"] == ""
        assert [organism["sequences"] for organism in found["default"]["organisms"]] == [6]
        assert "  cannot be searched: The vectors of the library 'default' are" in run("status").out

        assert "6 lost vectors restored" in run("reconcile").out
        assert status()["default"]["problem"] == ""
        assert run("classify", written(f">a\n{genes('human')[2].residues}")).rows[0]["hit"] == (
            "human_3"
        )


class TestRefit:
    def test_fits_the_encoder_to_all_that_there_is(self, grown, run, status):
        assert (
            "  2 of 6 sequences were added since the encoder was fitted; refit fits it to all"
            in run("status").out
        )
        before = status()["default"]

        done = run("refit")

        assert done.out.startswith("The encoder of the library default is fitted to 6 sequences,")
        after = status()["default"]
        assert after["fingerprint"] != before["fingerprint"]
        assert (before["added_since_fit"], after["added_since_fit"]) == (2, 0)
        assert "since the encoder was fitted" not in run("status").out

    def test_an_unknown_library_is_refused(self, run):
        assert "There is no library 'default'." in run("refit").refused()
