"""Libraries from Python, on both kinds of stores."""

import copy
import fcntl
import gc
import threading
from typing import Any
from uuid import uuid4

import pytest

import genekin
from core.calls import Status
from core.classify import classify
from core.library.manager import Libraries
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.similarity import compare_organisms
from core.stores.sql.audit import AuditTable
from core.stores.stores import Stores
from core.tracing import trace
from genekin.inputs import read_input
from tests.support.evolution import FAMILIES, member, members
from tests.support.synthetic import dna

QUERIES = {f"query {family}": member(family, "query", 0.1) for family in range(3)}
FASTA = "".join(f">query_{family}\n{member(family, 'query', 0.1)}\n" for family in range(3))
FASTA += f">random\n{dna('random', 400)}\n>broken\nACGT!\n"


def encoder_of(deployment):
    """The default encoder, where the Milvus server of the tests has sparse vectors."""
    return "translated" if deployment.embedded_vectors else "count"


@pytest.fixture(scope="module")
def filled(deployment):
    """A library of two organisms, in a deployment whose stores are closed."""
    name = f"test {uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENEKIN_HOME", str(deployment.home))
        patch.setenv("GENEKIN_MILVUS_URI", deployment.milvus_uri)
        patch.setenv("GENEKIN_DATABASE_URL", deployment.database_url.get_secret_value())
        patch.setenv("GENEKIN_STORE_TIMEOUT", "60")
        with genekin.open_library(name) as library:
            references = {"human": members("human", 3, 6), "dog": members("dog", 3, 4)}
            library.load(references, families=FAMILIES, encoder=encoder_of(deployment))
    return name


@pytest.fixture
def library(environment, filled):
    with genekin.open_library(filled) as library:
        yield library


@pytest.fixture
def core_library(library, filled):
    """The same library by the calls of the core."""
    return library.manager().open(filled)


class TestAnswers:
    def test_calls_are_those_of_the_core(self, library, core_library):
        expected = classify(core_library, read_text_queries(FASTA, "it", Limits()))
        calls = library.classify(FASTA)
        assert list(calls) == expected
        assert {call.status for call in calls} >= {Status.CALLED, Status.INVALID}

    def test_options_are_passed_on(self, library, core_library):
        options: dict[str, Any] = {"organisms": ["dog"], "neighbours": 2, "threshold": 0.999_999}
        calls = library.classify(QUERIES, **options)
        assert list(calls) == classify(core_library, read_input(QUERIES, Limits()), **options)
        assert {hit.organism for call in calls for hit in call.hits} == {"dog"}
        assert {len(call.hits) for call in calls} == {2}

    def test_alignments_are_those_of_the_closest_hits(self, library):
        frame = library.classify(QUERIES, align=True).to_frame()
        assert (frame["identity"] > 0.5).all()
        assert (frame["evalue"] < 1e-10).all()
        assert frame.equals(library.classify(QUERIES, align=True)[:].to_frame())

    def test_traces_are_those_of_the_core(self, library, core_library):
        queries = {"a": members("dog", 3, 4)[0].residues, "b": "ACGT!"}
        traces = library.trace(queries)
        assert traces[0].organism == "dog"
        assert list(traces) == trace(core_library, read_input(queries, Limits()))
        assert traces.composition()[0].organism == "dog"

    def test_similarities_are_those_of_the_core(self, library, core_library):
        similarity = library.similarity("dog", "human", limit=5)
        expected = compare_organisms(core_library, "dog", "human", 5)
        assert similarity.n == 5
        assert similarity.estimate == expected.estimate

    def test_the_library_says_what_it_has(self, library, core_library, filled, deployment):
        assert library.organisms == {"human": 18, "dog": 12}
        assert library.families == {number: FAMILIES[number] for number in range(3)}
        assert library.encoder == encoder_of(deployment)
        assert library.threshold == core_library.threshold
        assert library.digest == core_library.contents()
        assert repr(library) == f"<Library {filled!r}>"
        assert filled in genekin.libraries()

    def test_nothing_is_printed(self, library, capfd):
        library.classify(FASTA)
        library.trace(QUERIES)
        with pytest.raises(genekin.GeneKinError):
            library.classify(QUERIES, organisms=["cat"])
        assert capfd.readouterr() == ("", "")

    def test_progress_is_reported(self, library, capfd):
        seen = []
        library.classify(QUERIES, progress=lambda *report: seen.append(report))
        assert seen[-1] == ("Classifying", 3, 3)
        library.classify(QUERIES, progress=True)
        assert "Classifying: 3 of 3" in capfd.readouterr().err

    def test_threads_share_a_library(self, library):
        expected = library.classify(QUERIES)
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(library.classify(QUERIES)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [expected] * 4


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"organisms": ["cat"]}, genekin.InputError, "cat"),
            ({"organisms": "dog"}, genekin.InputError, r"organisms is a string: 'dog'"),
            ({"neighbours": 0}, genekin.InputError, "0 is not a valid number of neighbours"),
            ({"threshold": 7}, genekin.InputError, "Invalid threshold: 7"),
            ({"queries": []}, genekin.InputError, "There are no sequences"),
        ],
        ids=str,
    )
    def test_they_are_clear(self, library, options, error, message):
        with pytest.raises(error, match=message):
            library.classify(**({"queries": QUERIES} | options))

    def test_a_library_that_is_not_there(self, environment):
        with (
            genekin.open_library("none") as library,
            pytest.raises(genekin.LibraryError, match="There is no library 'none'"),
        ):
            library.classify(QUERIES)

    def test_a_name_that_no_library_can_have(self):
        with pytest.raises(genekin.InputError):
            genekin.open_library("")

    def test_an_invalid_setting(self, monkeypatch):
        monkeypatch.setenv("GENEKIN_CACHE_MB", "many")
        with pytest.raises(genekin.InputError, match="GENEKIN_CACHE_MB"):
            genekin.open_library()

    @pytest.mark.parametrize(
        "change",
        [
            lambda library: library.load({"cat": members("cat", 1, 1)}),
            lambda library: library.remove("dog"),
        ],
        ids=["load", "remove"],
    )
    def test_changes_ask_for_the_rights_of_commands(self, library, monkeypatch, filled, change):
        monkeypatch.setenv("GENEKIN_COMMAND_ROLE", "reader")
        with genekin.open_library(filled) as reading:
            assert len(reading.classify(QUERIES)) == 3
            with pytest.raises(genekin.ForbiddenError, match="needs the role curator"):
                change(reading)
        assert library.organisms == {"human": 18, "dog": 12}

    def test_a_closed_library_says_so(self, environment, filled):
        library = genekin.open_library(filled)
        library.close()
        library.close()
        with pytest.raises(genekin.GeneKinError, match="closed"):
            library.classify(QUERIES)


class TestChanges:
    def test_an_organism_is_loaded_and_removed(self, library):
        expected = library.classify(QUERIES)
        digest = library.digest
        loaded = library.load({"cat": members("cat", 3, 2)})
        assert (loaded[0].organism, loaded[0].added) == ("cat", 6)
        assert library.organisms["cat"] == 6
        assert library.digest != digest
        assert library.remove("cat") == 6
        assert library.classify(QUERIES) == expected

    def test_they_are_in_the_audit_trail(self, library):
        library.load({"cat": members("cat", 3, 2)})
        library.remove("cat")
        entries = AuditTable(library.manager().stores.database).find(library.name)
        assert [entry.action for entry in entries][:2] == ["remove organism", "load"]
        assert all(entry.by.endswith("(Python)") for entry in entries)


class TestStores:
    def test_they_are_shared_and_closed_with_the_last(self, environment, filled):
        one, other = genekin.open_library(filled), genekin.open_library(filled)
        stores = one.manager().stores
        assert other.manager().stores is stores
        one.close()
        assert len(other.classify(QUERIES)) == 3
        other.close()
        with Stores(environment) as own:
            assert filled in Libraries(own).names()

    def test_a_library_that_is_forgotten_closes_them(self, environment, filled):
        library = genekin.open_library(filled)
        assert library.organisms
        del library
        gc.collect()
        with Stores(environment) as own:
            assert filled in Libraries(own).names()

    def test_a_copy_uses_the_same(self, library):
        for other in (copy.copy(library), copy.deepcopy(library)):
            assert other.manager().stores is library.manager().stores
            assert len(other.classify(QUERIES)) == 3


def test_a_home_overrides_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("GENEKIN_MILVUS_URI", "http://localhost:1")
    monkeypatch.setenv("GENEKIN_DATABASE_URL", "mysql+pymysql://nobody@localhost:1/none")
    home = tmp_path / "own"
    with genekin.open_library(home=home) as library:
        library.load({"dog": members("dog", 2, 3)}, encoder="count")
        assert library.organisms == {"dog": 6}
        assert genekin.libraries(home=home) == ["default"]
    assert (home / "labels.sqlite").exists()


def test_a_store_that_another_process_has_open(tmp_path):
    with genekin.open_library(home=tmp_path) as library:
        library.load({"dog": members("dog", 2, 3)}, encoder="count")
    with (
        (tmp_path / "vectors.db" / "LOCK").open("a") as lock,
        genekin.open_library(home=tmp_path) as library,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(genekin.StoreError, match=r"Another GeneKin process has .* Close it"):
            library.classify("ACGT")
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert library.organisms == {"dog": 6}
