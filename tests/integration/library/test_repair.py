"""Repair: whatever either store lost, both agree again, with the rows."""

from dataclasses import replace

import pytest
from sqlalchemy import func, update

from core.errors import Cancelled, LibraryError, StoreError
from core.library.load import load
from core.library.manager import Libraries
from core.library.naming import collection_name
from core.library.recovery import RecoveryReport
from core.library.repair import RepairReport, damaged_text, repair
from core.library.summary import summarize, summarize_all
from core.settings import Settings
from core.stores.milvus.index import VectorIndex
from core.stores.sql.schema import sequences
from core.stores.stores import Stores
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.faults import failing
from tests.support.synthetic import FAMILY_NAMES, genes

HUMAN, DOG = genes("human"), genes("dog", 4)
NOTHING_WAS_WRONG = RecoveryReport(0, 0)


@pytest.fixture(scope="module")
def library(deployed):
    """A library that every test repairs."""
    references = {"human": HUMAN, "dog": DOG}
    load(deployed, references, library="repaired", encoder="count", families=FAMILY_NAMES)
    yield "repaired"
    deployed.delete("repaired")


@pytest.fixture
def as_it_was(deployed, library):
    """Check that the library is afterwards what it was before, and finds what it found."""
    before, found = contents(deployed, library), scores(deployed)
    yield before
    assert contents(deployed, library) == before
    require_agreement(before)
    assert scores(deployed) == pytest.approx(found, abs=1e-5)


def scores(libraries):
    hits = libraries.open("repaired").search(
        [record.residues for record in (*HUMAN, *DOG)], limit=20
    )
    return {
        (query, hit.name): hit.score for query, query_hits in enumerate(hits) for hit in query_hits
    }


def report(**changes):
    nothing = {"vectors_written": 0, "vectors_deleted": 0, "collection_made": False}
    return RepairReport("repaired", NOTHING_WAS_WRONG, sequences=13, **nothing | changes)


class TestRepair:
    def test_of_what_is_whole_changes_nothing(self, deployed, library, as_it_was):
        assert repair(deployed, library) == report()

    def test_brings_back_what_the_vector_store_lost(self, deployed, library, as_it_was):
        vectors, collection = deployed.stores.vectors, collection_name(library)
        vectors.delete(collection, as_it_was.vectors["human"][:3])
        vectors.drop_partition(collection, "dog")
        steps = []

        assert repair(deployed, library, progress=lambda *step: steps.append(step)) == report(
            vectors_written=7
        )

        assert ("Encoding", 3, 3) in steps
        assert [step for step in steps if step[0] == "Comparing"] == [
            ("Comparing", 9, 13),
            ("Comparing", 13, 13),
        ]

    def test_makes_a_collection_that_was_dropped_anew(self, deployed, library, as_it_was):
        deployed.stores.vectors.drop(collection_name(library))
        (summary,) = [summary for summary in summarize_all(deployed) if summary.name == library]
        assert "are missing from the vector store" in summary.problem
        assert summary.count == 13

        assert repair(deployed, library) == report(vectors_written=13, collection_made=True)
        assert [summary.problem for summary in summarize_all(deployed)] == [""]

    def test_deletes_what_belongs_to_no_sequence(self, deployed, library, as_it_was):
        """As where the database comes from an older backup than the vectors."""
        vectors, collection = deployed.stores.vectors, collection_name(library)
        some = deployed.open(library).encoder.encode([HUMAN[0].residues, HUMAN[1].residues])
        vectors.upsert(collection, "human", [5, 2**62], 1, some)
        vectors.add_partition(collection, "cat")
        vectors.upsert(collection, "cat", [6, 7], 1, some)
        vectors.flush_and_index(collection)

        assert repair(deployed, library) == report(vectors_deleted=4)

    def test_undoes_what_was_interrupted_first(self, deployed, library, as_it_was, monkeypatch):
        def down(*_: object) -> None:
            message = "down"
            raise StoreError(message)

        with monkeypatch.context() as patch:
            patch.setattr(deployed.stores.vectors, "delete", down)
            patch.setattr(deployed.stores.labels, "finish_load", down)
            with pytest.raises(StoreError, match="down"):
                load(deployed, {"dog": genes("more", 3), "cat": genes("cat", 2)}, library=library)

        assert repair(deployed, library) == replace(report(), interrupted=RecoveryReport(1, 0))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Embedded stores: what fails is the same with servers, and takes them long."""
    with Stores(Settings(home=tmp_path_factory.mktemp("here"))) as stores:
        yield Libraries(stores)


@pytest.fixture
def lost(here):
    """A library whose vectors were lost; the test ends by repairing it."""
    load(here, {"human": HUMAN, "dog": DOG}, library="lost", encoder="count")
    before = contents(here, "lost")
    here.stores.vectors.drop(collection_name("lost"))
    yield "lost"
    repair(here, "lost")
    assert contents(here, "lost") == before
    here.delete("lost")


class TestFailures:
    """A repair keeps its work until it fails; the next one does the rest."""

    @pytest.mark.parametrize(
        "failure",
        [
            ("vectors", "create", StoreError("no connection")),
            ("vectors", "add_partition", KeyboardInterrupt()),
            ("vectors", "upsert", StoreError("no connection")),
            ("vectors", "flush_and_index", KeyboardInterrupt()),
        ],
        ids=lambda failure: failure[1],
    )
    def test_wherever_it_fails(self, here, lost, failure):
        with failing(here, *failure, when="after"):
            repair(here, lost)

    @pytest.mark.parametrize("moment", ["Encoding", "Comparing", "Indexing"])
    def test_where_it_is_cancelled(self, here, lost, moment):
        def cancel(doing: str, *_: int) -> None:
            if doing == moment:
                raise Cancelled(doing)

        with pytest.raises(Cancelled):
            repair(here, lost, progress=cancel)

    def test_what_is_lost_again_is_told(self, here, lost, monkeypatch):
        upsert = here.stores.vectors.upsert

        def lose_one(collection, partition, ids, load_id, vectors):
            upsert(collection, partition, ids[1:], load_id, vectors[1:])

        with monkeypatch.context() as patch:
            patch.setattr(here.stores.vectors, "upsert", lose_one)
            with pytest.raises(StoreError, match="has 8 vectors of human, but 9 were written"):
                repair(here, lost)


class TestRefusals:
    def test_what_is_not_there(self, here):
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            repair(here, "nowhere")

    def test_the_collection_of_another_encoder_is_left_alone(self, here):
        load(here, {"human": HUMAN}, library="other", encoder="count")
        vectors, collection = here.stores.vectors, collection_name("other")
        vectors.drop(collection)
        vectors.create(collection, 8, VectorIndex(), "somebody else's")

        with pytest.raises(LibraryError, match="were made by another encoder"):
            repair(here, "other")
        assert vectors.description(collection) == "somebody else's"

    def test_residues_that_were_changed_are_named(self, here):
        load(here, {"human": HUMAN, "dog": DOG}, library="changed", encoder="count")
        found = contents(here, "changed")
        with here.stores.database.begin("damaging") as connection:
            connection.execute(
                update(sequences)
                .where(sequences.c.id == found.sequences["human"][1].id)
                .values(residues=func.replace(sequences.c.residues, "ACG", "ACT"))
            )
        report = repair(here, "changed")
        assert report.damaged == ("human: human_2",)
        assert "'changed' were changed in the database (1): human: human_2." in damaged_text(report)
        load(here, {"human": HUMAN}, library="changed", replace=True)
        assert repair(here, "changed").damaged == ()

    def test_what_was_never_complete_is_gone(self, here):
        here.stores.labels.add_library(
            "begun",
            collection=collection_name("begun"),
            encoder="count",
            fingerprint="f",
            state={},
            index={},
        )
        assert "reconcile --library 'begun'" in summarize(here, "begun").unfinished
        assert summarize(here, "begun").problem == ""
        assert repair(here, "begun").library_removed
        assert contents(here, "begun") == NOTHING
