"""A refit: the old encoder serves until one transaction exchanges everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from core.calls import Status
from core.classify import classify
from core.encoders import CountEncoder, fingerprint
from core.errors import Cancelled, LibraryError, StoreError
from core.library.load import load
from core.library.manager import Libraries
from core.library.recovery import RecoveryReport
from core.library.refit import refit
from core.settings import Settings
from core.similarity import compare_organisms
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.evolution import members
from tests.support.faults import failing
from tests.support.synthetic import FAMILY_NAMES, genes

FIRST, MORE, DOG = genes("human", 4), genes("more", 9), genes("dog", 2)
SHORT = replace(FIRST[0], residues=MORE[0].residues[:9], name="short")
"""Its one feature is none of those that the first four genes have."""


def load_and_grow(libraries: Libraries, name: str) -> None:
    """A library of four genes, to which others are added."""
    load(libraries, {"human": FIRST}, library=name, encoder="count", families=FAMILY_NAMES)
    load(libraries, {"human": [*MORE, SHORT], "dog": DOG}, library=name)


def find(libraries: Libraries, name: str) -> dict[tuple[str, str], float]:
    """The scores of a query's hits."""
    (hits,) = libraries.open(name).search([MORE[0].residues], limit=100)
    return {(hit.organism, hit.name): hit.score for hit in hits}


as_before = partial(pytest.approx, abs=1e-5)
"""Scores as exact as servers compute."""


def collections(libraries: Libraries, name: str) -> set[str]:
    """The collections that the vector store has for a library."""
    known = libraries.stores.vectors._client.list_collections()
    return {
        collection
        for collection in known
        if collection.startswith(f"genekin_{name.replace(' ', '_')}")
    }


def require_refitted(libraries: Libraries, name: str) -> None:
    """Check that the encoder is that of all sequences, and that nothing else is left."""
    row = libraries.library_row(name)
    everything = [*FIRST, *MORE, SHORT, *DOG]
    encoder = CountEncoder.fit([record.residues for record in everything])
    assert row.fingerprint == fingerprint(libraries.encoder(row)) == fingerprint(encoder)
    assert (collections(libraries, name), row.spare) == ({row.collection}, None)
    require_agreement(contents(libraries, name))


def test_wherever_it_is_deployed_searches_see_the_old_encoder_or_the_new_one(deployed, name):
    load_and_grow(deployed, name)
    opened = deployed.open(name)
    seen = [find(deployed, name)]
    with ThreadPoolExecutor(1) as pool:
        refitting = pool.submit(refit, deployed, name)
        while not refitting.done():
            seen.append(find(deployed, name))
        report = refitting.result()

    new = find(deployed, name)
    assert new != as_before(seen[0])
    assert all(result == as_before(seen[0]) or result == as_before(new) for result in seen)
    assert report.sequences == 16
    require_refitted(deployed, name)
    # Who opened it before asks again, of the encoder that there is now.
    assert opened.search([MORE[0].residues], limit=1)[0][0].score == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Embedded stores: what fails is the same with servers, and takes them long."""
    with Stores(Settings(home=tmp_path_factory.mktemp("here"))) as stores:
        yield Libraries(stores)


@pytest.fixture
def grown(here):
    load_and_grow(here, "grown")
    yield "grown"
    here.delete("grown")


class TestRefit:
    def test_finds_what_was_not_recognised_before(self, here, grown):
        rows = {row.name: row.has_vector for row in here.open(grown).sequences("human")}
        assert not rows["short"]
        refit(here, grown)
        rows = {row.name: row.has_vector for row in here.open(grown).sequences("human")}
        assert rows["short"]
        require_refitted(here, grown)

    def test_knows_how_much_was_added_since(self, here, grown):
        assert here.open(grown).added_since_fit() == 12
        refit(here, grown)
        assert here.open(grown).added_since_fit() == 0
        load(here, {"cat": genes("cat", 3)}, library=grown)
        assert here.open(grown).added_since_fit() == 3

    def test_can_be_done_again_and_again(self, here, grown):
        for _ in range(3):
            refit(here, grown)
            require_refitted(here, grown)

    def test_keeps_the_threshold_that_was_chosen(self, here, grown):
        here.set_threshold(grown, 0.7)
        refit(here, grown)
        assert here.open(grown).threshold == 0.7

    def test_fits_the_caller_too(self, here):
        load(here, {"human": members("human", families=3, count=6)}, library="translated")
        load(here, {"dog": members("dog", families=4, count=6)}, library="translated")
        before = here.library_row("translated")
        old = here.open("translated")
        queries = members("query", families=4, count=1)

        refit(here, "translated")

        after = here.library_row("translated")
        assert {before.fingerprint, before.caller}.isdisjoint({after.fingerprint, after.caller})
        new = classify(here.open("translated"), queries)
        assert [call.family_id for call in new] == [0, 1, 2, 3]
        assert {call.status for call in new} == {Status.CALLED}
        assert classify(old, queries) == new
        assert compare_organisms(old, "dog", "human", 3).n == 3
        here.delete("translated")

    def test_tells_how_far_it_is(self, here, grown):
        steps = []
        refit(here, grown, progress=lambda *step: steps.append(step))
        assert list(dict.fromkeys(step for step, _, _ in steps)) == [
            "Fitting the encoder",
            "Encoding",
            "Indexing",
            "Counting",
        ]
        assert [done for step, done, _ in steps if step == "Encoding"] == [14, 16]
        assert {total for _, _, total in steps} == {16}

    def test_of_what_is_not_there(self, here):
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            refit(here, "nowhere")

    def test_that_is_cancelled_leaves_the_old_one(self, here, grown):
        def cancel(doing: str, *_: int) -> None:
            if doing == "Encoding":
                raise Cancelled("enough")

        before, found = contents(here, grown), find(here, grown)
        with pytest.raises(Cancelled):
            refit(here, grown, progress=cancel)
        assert contents(here, grown) == before
        assert find(here, grown) == as_before(found)


class TestFailures:
    """Wherever a refit fails, the library has the old encoder afterwards, or the new one."""

    @pytest.mark.parametrize(
        "failure",
        [
            ("labels", "set_spare", KeyboardInterrupt()),
            ("vectors", "create", StoreError("no connection")),
            ("vectors", "add_partition", KeyboardInterrupt()),
            ("vectors", "upsert", StoreError("no connection")),
            ("vectors", "flush_and_index", KeyboardInterrupt()),
        ],
        ids=lambda failure: failure[1],
    )
    def test_before_the_exchange_leave_the_old_one(self, here, grown, failure):
        before, found = contents(here, grown), find(here, grown)
        with failing(here, *failure, when="after"):
            refit(here, grown)

        assert contents(here, grown) == before
        assert find(here, grown) == as_before(found)
        assert before.library is not None
        assert collections(here, grown) == {before.library.collection}

    def test_in_the_middle_of_the_exchange_leave_the_old_one(self, here, grown, monkeypatch):
        before, found = contents(here, grown), find(here, grown)
        monkeypatch.setattr("core.stores.sql.libraries.chunks", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            refit(here, grown)

        assert contents(here, grown) == before
        assert find(here, grown) == as_before(found)

    @pytest.mark.parametrize(
        "failure",
        [
            ("labels", "replace_encoder", KeyboardInterrupt()),
            ("vectors", "drop", KeyboardInterrupt()),
        ],
        ids=lambda failure: failure[1],
    )
    def test_after_the_exchange_leave_the_new_one(self, here, grown, failure):
        with failing(here, *failure, when="after"):
            refit(here, grown)
        here.reconcile(grown)
        require_refitted(here, grown)

    def test_in_dropping_the_old_one_are_no_failures(self, here, grown, monkeypatch):
        def down(*_: object) -> None:
            message = "down"
            raise StoreError(message)

        with monkeypatch.context() as patch:
            patch.setattr(here.stores.vectors, "drop", down)
            refit(here, grown)
        assert len(collections(here, grown)) == 2
        assert here.reconcile(grown) == RecoveryReport(0, 0, collections_dropped=1)
        require_refitted(here, grown)
        assert here.reconcile(grown) == RecoveryReport(0, 0)

    def test_what_milvus_lost_does_not_serve(self, here, grown, monkeypatch):
        before = contents(here, grown)
        upsert = here.stores.vectors.upsert

        def lose_one(collection, partition, ids, load_id, vectors):
            upsert(collection, partition, ids[1:], load_id, vectors[1:])

        monkeypatch.setattr(here.stores.vectors, "upsert", lose_one)
        with pytest.raises(StoreError, match="has 13 vectors of human, but 14 were written"):
            refit(here, grown)
        assert contents(here, grown) == before
