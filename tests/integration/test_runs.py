"""Runs: stored completely, found again, deleted when expired, compared with their library."""

import zlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Table, literal_column, update

from core import __version__
from core.calls import Status
from core.classify import classify
from core.errors import InputError, StoreError
from core.library.load import load
from core.library.manager import Libraries
from core.runs import RunKind, Runs, RunSettings, StoredQuery, changed_since
from core.runs import repository as module
from core.sequences.records import Problem, Record
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.schema import run_parts
from core.stores.sql.schema import runs as run_rows
from core.stores.sql.tables import utc_now
from core.stores.stores import Stores
from core.tracing import trace
from tests.support.synthetic import FAMILY_NAMES, dna, genes

MARIADB = pytest.mark.mariadb
SETTINGS = RunSettings(None, 10, 0.0)
RECORDS = [
    Record("mine", dna("human 2"), 1, 1),
    Record("bad", "ACGT!", 2, 3, problem=Problem("letter", "Record 2 (line 4) has '!'.")),
    Record("short", "ACG", 3, 5),
]
HOSTILE = "<script>alert(1)</script> **bold** \u202egnp.exe =1+1"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("mariadb", marks=MARIADB)])
def settings(request, tmp_path_factory) -> Settings:
    home = tmp_path_factory.mktemp("runs")
    if request.param == "sqlite":
        return Settings(home=home)
    url = request.getfixturevalue("mariadb").url(f"genekin_{uuid4().hex}")
    return Settings(home=home, database_url=SecretStr(url))


@pytest.fixture(scope="module")
def libraries(settings):
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": genes("human")}, encoder="count", families=FAMILY_NAMES)
        yield libraries


@pytest.fixture(scope="module")
def library(libraries):
    return libraries.open()


@pytest.fixture
def runs(libraries):
    runs = Runs(libraries.stores.database, keep_days=90)
    for run in runs.find(count=1_000):
        runs.delete(run.id)
    return runs


@pytest.fixture(scope="module")
def asked(library):
    """The queries and their calls."""
    return RECORDS, classify(library, RECORDS)


def store(runs, library, asked, **options):
    return runs.store(library, *asked, SETTINGS, **options)


class TestStoreTrace:
    @pytest.fixture
    def traced(self, library):
        records = [*RECORDS, Record("alien", "ACGT" * 60, 4, 7)]
        return records, trace(library, records)

    def test_gives_back_what_was_found(self, runs, library, traced):
        run = runs.store_trace(library, *traced, seconds=0.5, source="reads.fasta", by="Ada")
        assert run.kind is RunKind.TRACE
        assert (run.source, run.by, run.seconds) == ("reads.fasta", "Ada", 0.5)
        assert runs.traces(run) == traced[1]
        assert [query.name for query in runs.queries(run)] == ["mine", "bad", "short", "alien"]
        assert run.statuses[Status.CALLED] == 1
        assert run.statuses[Status.INVALID] == 1

    def test_is_found_by_its_file(self, runs, library, asked, traced):
        store(runs, library, asked, source="plate 7.csv")
        runs.store_trace(library, *traced, source="READS.fasta")
        assert [(run.kind, run.source) for run in runs.find()] == [
            (RunKind.TRACE, "READS.fasta"),
            (RunKind.CLASSIFY, "plate 7.csv"),
        ]
        assert [run.source for run in runs.find("reads.f")] == ["READS.fasta"]


class TestStore:
    def test_a_restart_changes_nothing(self, runs, library, asked, settings):
        run = store(runs, library, asked, seconds=0.25, name="Plate 7", by="Ada")
        with closing(Database(settings.labels_url, 10)) as database:
            again = Runs(database, keep_days=90)
            assert again.get(run.id) == run
            assert again.calls(run) == asked[1]

    def test_says_what_was_asked_of_what(self, runs, library, asked):
        chosen = RunSettings(("human",), 5, 0.8)
        run = runs.store(library, *asked, chosen, seconds=0.25, name="Plate 7", by="Ada")
        assert (run.name, run.by, run.seconds) == ("Plate 7", "Ada", 0.25)
        assert run.settings == chosen
        assert (run.library, run.encoder) == (library.name, "count")
        assert run.fingerprint == library.fingerprint
        assert run.families == FAMILY_NAMES
        assert run.organisms == {"human": 9}
        assert run.versions["GeneKin"] == __version__
        assert run.versions["numpy"]
        assert utc_now() - run.created_at < timedelta(minutes=5)

    def test_counts_what_became_of_the_queries(self, runs, library, asked):
        run = store(runs, library, asked)
        assert run.queries == 3
        assert run.statuses == {Status.CALLED: 1, Status.INVALID: 1, Status.UNKNOWN: 1}
        assert run.called == {1: 1}

    def test_queries_are_kept_as_they_were_given(self, runs, library, asked):
        run = store(runs, library, asked)
        assert runs.queries(run) == [
            StoredQuery("mine", dna("human 2")),
            StoredQuery("bad", "ACGT!"),
            StoredQuery("short", "ACG"),
        ]

    def test_is_called_after_its_queries(self, runs, library, asked):
        assert store(runs, library, asked).name == "mine and 2 more"
        (first, *_), (call, *_) = asked
        assert store(runs, library, ([replace(first, name="")], [call])).name == "record_1"

    def test_ids_cannot_be_guessed(self, runs, library, asked):
        ids = {store(runs, library, asked).id for _ in range(3)}
        assert len(ids) == 3
        assert {len(run_ids) for run_ids in ids} == {22}

    def test_hostile_names_come_back_as_text(self, runs, library, asked):
        records, calls = asked
        records = [replace(record, name=HOSTILE) for record in records]
        calls = [replace(call, query=HOSTILE) for call in calls]
        run = runs.store(library, records, calls, SETTINGS, name="N" * 10_000, by=HOSTILE)
        assert [call.query for call in runs.calls(run)] == [HOSTILE] * 3
        assert [query.name for query in runs.queries(run)] == [HOSTILE] * 3
        assert len(run.name) == 200
        assert "\u202e" not in run.by

    def test_what_is_too_large_is_not_kept(self, runs, library, asked, monkeypatch):
        monkeypatch.setattr(module, "MAX_RUN_BYTES", 100)
        with pytest.raises(InputError, match="the limit of a run is"):
            store(runs, library, asked)
        assert runs.count() == 0


class TestPages:
    def test_are_read_by_themselves(self, runs, library):
        records = [Record(f"q{number}", dna("human 2"), number, number) for number in range(450)]
        (call,) = classify(library, records[:1])
        calls = [replace(call, query=record.name) for record in records]
        run = store(runs, library, (records, calls))
        assert runs.calls(run, 190, 20) == calls[190:210]
        assert runs.calls(run, 440, 100) == calls[440:]
        assert runs.calls(run, 450, 10) == []
        assert [query.name for query in runs.queries(run, 399, 2)] == ["q399", "q400"]

    def test_a_run_without_queries_has_none(self, runs, library):
        run = store(runs, library, ([], []))
        assert (run.name, runs.calls(run), runs.queries(run)) == ("no queries", [], [])


class TestFind:
    def test_by_name_query_family_library_or_who_asked(self, runs, library, asked):
        run = store(runs, library, asked, name="Plate 7", by="Ada")
        for text in ("plate", "MINE", "synthase", library.name, " ada ", ""):
            assert runs.find(text) == [run], text
            assert runs.count(text) == 1
        for text in ("kinase", "%", "Plate_7"):
            assert runs.find(text) == [], text

    def test_the_latest_first(self, runs, library, asked):
        stored = [store(runs, library, asked, name=f"run {number}") for number in range(3)]
        assert runs.find() == stored[::-1]
        assert runs.find(start=1, count=1) == [stored[1]]


class TestRename:
    def test_changes_the_name_only(self, runs, library, asked):
        run = store(runs, library, asked)
        runs.rename(run.id, " Plate\n 8\u202e ")
        assert runs.get(run.id) == replace(run, name="Plate 8")

    @pytest.mark.parametrize("name", ["", "  ", "\u202e\x07"])
    def test_to_nothing_is_refused(self, runs, library, asked, name):
        run = store(runs, library, asked)
        with pytest.raises(InputError, match="needs a name"):
            runs.rename(run.id, name)


class TestDelete:
    def test_says_so_wherever_the_link_is_opened(self, runs, library, asked):
        run = store(runs, library, asked)
        runs.delete(run.id)
        for ask in (runs.get, runs.delete, lambda number: runs.rename(number, "name")):
            with pytest.raises(InputError, match="Result not found") as caught:
                ask(run.id)
            assert "deleted, or it is older than 90 days" in caught.value.hint
        for ask in (runs.calls, runs.queries):
            with pytest.raises(InputError, match="Result not found"):
                ask(run)

    @pytest.mark.parametrize("link", ["", "x", "' OR 1=1 --", "\ud83e" * 22, "A" * 10_000])
    def test_a_link_that_is_none_says_the_same(self, runs, link):
        with pytest.raises(InputError, match="Result not found"):
            runs.get(link)


class TestDeleteExpired:
    def after(self, monkeypatch, days):
        later = utc_now() + timedelta(days=days)
        monkeypatch.setattr(module, "utc_now", lambda: later)

    def test_is_done_after_the_days_and_not_before(self, runs, library, asked, monkeypatch):
        run = store(runs, library, asked)
        self.after(monkeypatch, 89.9)
        assert runs.delete_expired() == 0
        assert runs.get(run.id) == run
        self.after(monkeypatch, 90.2)
        assert runs.delete_expired() == 1
        assert runs.count() == 0

    def test_is_done_with_every_new_run(self, runs, library, asked, monkeypatch):
        store(runs, library, asked, name="old")
        self.after(monkeypatch, 91)
        store(runs, library, asked, name="new")
        assert [run.name for run in runs.find()] == ["new"]

    def test_is_never_done_with_zero_days(self, libraries, runs, library, asked, monkeypatch):
        for_ever = Runs(libraries.stores.database, keep_days=0)
        run = store(for_ever, library, asked)
        self.after(monkeypatch, 30_000)
        assert for_ever.delete_expired() == 0
        assert for_ever.get(run.id) == run
        for_ever.delete(run.id)
        with pytest.raises(InputError) as caught:
            for_ever.get(run.id)
        assert caught.value.hint == "It was deleted, or the link is incomplete."


class TestChangedSince:
    @pytest.fixture
    def name(self, libraries):
        name = f"test {uuid4().hex}"
        load(libraries, {"human": genes("human")}, library=name, encoder="count")
        return name

    @pytest.fixture
    def run(self, runs, libraries, name, asked):
        return store(runs, libraries.open(name), asked)

    def test_is_empty_where_nothing_has(self, libraries, run, name):
        load(libraries, {"human": genes("human")}, library=name)  # Known already.
        libraries.set_threshold(name, 0.9)  # The run says which one it had.
        assert changed_since(run, libraries.open(name)) == ""

    def test_names_organisms_that_came_grew_and_went(self, libraries, run, name):
        load(libraries, {"dog": genes("dog", 3), "human": genes("more", 2)}, library=name)
        assert changed_since(run, libraries.open(name)) == (
            f"The library {name!r} has changed since this run:"
            " human has 11 genes instead of 9, dog was added."
        )
        libraries.remove_organism(name, "human")
        found = changed_since(run, libraries.open(name))
        assert "human was removed, dog was added" in found

    def test_notices_other_genes_of_the_same_number(self, libraries, run, name):
        load(libraries, {"dog": genes("dog", 3)}, library=name)
        libraries.remove_organism(name, "human")
        load(libraries, {"human": genes("others")}, library=name)
        libraries.remove_organism(name, "dog")
        found = libraries.open(name)
        assert {organism.name: organism.count for organism in found.organisms()} == run.organisms
        assert changed_since(run, found).endswith(
            "sequences, family names or the model are different."
        )

    def test_notices_other_names_of_families(self, libraries, run, name):
        load(libraries, {"human": genes("human")}, library=name, families={0: "Kinases"})
        assert "family names" in changed_since(run, libraries.open(name))

    def test_says_that_the_library_is_gone(self, run, name):
        assert changed_since(run, None) == (f"The library {name!r} of this run no longer exists.")


class TestDamaged:
    @pytest.fixture
    def damaged(self, runs, libraries, library, asked):
        """A run to damage, and a function that changes its rows in a table."""
        run = store(runs, library, asked, name="damaged")

        def change(table: Table, **values: object) -> None:
            key = table.c.id if "id" in table.c else table.c.run_id
            with libraries.stores.database.begin("damaging") as connection:
                connection.execute(update(table).where(key == run.id).values(**values))

        return run, change

    @pytest.mark.parametrize("data", [b"", b"\0", b"ACGT", zlib.compress(b"[]")], ids=ascii)
    @pytest.mark.parametrize("kind", ["calls", "queries"])
    def test_contents_are_named_with_their_run(self, runs, damaged, kind, data):
        run, change = damaged
        change(run_parts, data=data)
        with pytest.raises(StoreError) as raised:
            getattr(runs, kind)(run)
        assert str(raised.value) == (
            "The run 'damaged' is damaged in the database. Delete it, or restore the database from"
            " a backup."
        )
        runs.delete(run.id)

    def test_other_runs_are_read(self, runs, library, asked, damaged):
        damaged[1](run_parts, data=b"")
        whole = store(runs, library, asked, name="whole")
        assert runs.calls(whole) == asked[1]

    @pytest.mark.parametrize(
        "damage",
        [
            lambda about: None,
            lambda about: 5,
            lambda about: [],
            lambda about: {},
            lambda about: {"settings": about["settings"]},
            lambda about: about | {"settings": [None, "many", 0.5]},
            lambda about: about | {"families": {"0": "Kinase"}},
            lambda about: about | {"statuses": {"maybe": 1}},
            lambda about: about | {"statuses": {"called": -1}},
            lambda about: about | {"seconds": "long"},
            lambda about: about | {"more": 1},
        ],
    )
    def test_facts_are_named_with_their_run_which_is_still_listed(self, runs, damaged, damage):
        run, change = damaged
        change(run_rows, about=damage(run.to_row("").about))
        with pytest.raises(StoreError, match="The run 'damaged' is damaged in the database"):
            runs.get(run.id)
        (found,) = runs.find()
        assert (found.id, found.name, found.queries, found.statuses) == (run.id, "damaged", 3, {})
        runs.rename(run.id, "renamed")
        runs.delete(run.id)
        assert runs.find() == []

    @pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # Servers refuse to store it.
    def test_facts_that_are_no_json_stop_no_other_run(self, runs, library, asked, damaged):
        run, change = damaged
        change(run_rows, about=literal_column("'{'"))
        whole = store(runs, library, asked)
        assert {found.id for found in runs.find()} == {whole.id, run.id}
        with pytest.raises(StoreError, match="The run 'damaged' is damaged in the database"):
            runs.get(run.id)
