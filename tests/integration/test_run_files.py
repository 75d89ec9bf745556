"""Run files between two GeneKins: what is the same, and what they say differs."""

from dataclasses import replace

import pytest

from core.alignment.explanation import explain
from core.calls import Status
from core.classification.prediction import Hit
from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.opened_file import read_results
from core.runs import Run, Runs, RunSettings, file_comparison
from core.runs.alignments import align_hits
from core.runs.exports.downloads import export_table
from core.runs.exports.hits import export_hits_fasta
from core.runs.file_comparison import answers_then, answers_today, list_differences
from core.runs.file_reader import OpenedClassification, OpenedTrace
from core.runs.file_writer import export_classification, export_trace
from core.sequences.limits import Limits
from core.sequences.records import Problem, Record
from core.settings import Settings
from core.stores.stores import Stores
from core.tracing import TraceResult, estimate_composition, trace
from tests.support.evolution import FAMILIES, member, members

HIT = Hit(1, "human", 0, "gene", 0.9, 90)
RECORDS = [
    *(Record(f"q{n}", member(n, "query", 0.1), n, n) for n in (1, 2)),
    Record("", "ACGT" * 10, 3, 3),
    Record("bad", "AC!", 4, 4, problem=Problem("letter", "Record 4 is invalid.")),
]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("here"))) as stores:
        opened = Libraries(stores)
        organisms = {"human": members("human", 3, 4), "dog": members("dog", 3, 4)}
        load(opened, organisms, families=FAMILIES)
        yield opened


@pytest.fixture(scope="module")
def library(libraries):
    return libraries.open()


@pytest.fixture(scope="module")
def stored(libraries, library) -> Run:
    calls = classify(library, RECORDS)
    settings = RunSettings(None, 10, library.threshold)
    runs = Runs(libraries.stores.database, 0)
    return runs.store(library, RECORDS, calls, settings, name="plate", by="Ada", source="a.fasta")


@pytest.fixture(scope="module")
def data(libraries, library, stored) -> bytes:
    runs = Runs(libraries.stores.database, 0)
    return export_classification(stored, runs.calls(stored), runs.queries(stored), library).data


@pytest.fixture
def opened(data) -> OpenedClassification:
    found = read_results(data, "plate.gz", Limits())
    assert isinstance(found, OpenedClassification)
    return found


class TestElsewhere:
    def test_is_the_run_that_was_stored(self, libraries, stored, opened):
        runs = Runs(libraries.stores.database, 0)
        assert opened.calls == runs.calls(stored)
        assert opened.queries == runs.queries(stored)
        assert opened.run == replace(stored, id=opened.run.id, by="", source="", shared=False)
        assert not runs.has(opened.run.id)

    def test_has_the_same_views_and_downloads(self, library, stored, opened):
        residues = [query.residues for query in opened.queries]
        assert opened.genes
        found = 0
        for letters, call in zip(residues, opened.calls, strict=True):
            if not call.hits:
                continue
            there = explain(opened.genes, letters, call, searched=opened.run.searched_genes)
            assert there == explain(library, letters, call, searched=stored.searched_genes)
            assert not there.missing
            found += len(there.alignments)
        assert found >= 10
        alignments = [
            align_hits(genes, residues, opened.calls, searched=stored.searched_genes)
            for genes in (opened.genes, library)
        ]
        tables = [
            export_table(stored, opened.calls, "json", aligned).data for aligned in alignments
        ]
        assert tables[0] == tables[1]
        fasta = [
            export_hits_fasta(stored, opened.calls, genes).data for genes in (opened.genes, library)
        ]
        assert fasta[0] == fasta[1]
        assert fasta[0].count(b">") >= 10


class TestDifferences:
    def test_of_the_same_library_are_none(self, library, opened):
        assert list_differences(opened.run, library) == []

    def test_are_those_of_encoder_organisms_and_families(self, library, opened):
        run = replace(
            opened.run,
            contents="0",
            fingerprint="0",
            organisms={"human": 11, "cat": 3, "dog": 12},
            families={**{n: f"old {n}" for n in range(1, 3)}, 77: "Gone"},
        )
        changes = list_differences(run, library)
        assert changes[0] == "The encoder was fitted to other sequences."
        assert changes[1] == "Organisms: human has 12 genes instead of 11, cat was removed."
        assert changes[2].startswith(f"Families: {FAMILIES[0]} was added, class 1 is {FAMILIES[1]}")
        other = list_differences(replace(run, encoder="count"), library)
        assert other[0] == "The encoder is translated instead of count."

    def test_of_many_families_are_counted(self, library, opened):
        families = library.families | {n: f"f{n}" for n in range(100, 110)}
        run = replace(opened.run, contents="0", families=families)
        (change,) = list_differences(run, library)
        assert change.endswith("f104 was removed, and 5 more.")

    def test_of_a_library_that_was_loaded_again_are_named_as_unknown(self, library, opened):
        (change,) = list_differences(replace(opened.run, contents="0"), library)
        assert "but the library was loaded at another time" in change


class TestAnswersOfToday:
    def test_are_those_of_the_run_by_the_same_library(self, library, opened):
        answers = answers_then(opened)
        assert answers_today(opened, library) == answers
        assert [answer.text for answer in answers[2:]] == ["unknown", "invalid"]
        assert answers[0].text in library.families.values()
        assert answers[3].confidence is None

    def test_search_the_organisms_of_the_run_that_are_there(self, library, opened, monkeypatch):
        searched = []

        def ask(*args, organisms, **options):
            searched.append(organisms)
            return classify(*args, organisms=organisms, **options)

        monkeypatch.setattr(file_comparison, "classify", ask)
        for chosen in (("dog", "cat"), ("cat",)):
            settings = replace(opened.run.settings, organisms=chosen)
            answers_today(replace(opened, run=replace(opened.run, settings=settings)), library)
        assert searched == [("dog",), None]


class TestTrace:
    @pytest.fixture
    def stored(self, libraries, library) -> Run:
        runs = Runs(libraries.stores.database, 0)
        traced = trace(library, RECORDS)
        assert {result.status for result in traced} == set(Status)
        return runs.store_trace(library, RECORDS, traced, by="Ada", source="a.fasta")

    @pytest.fixture
    def opened(self, libraries, stored) -> OpenedTrace:
        runs = Runs(libraries.stores.database, 0)
        made = export_trace(stored, runs.traces(stored), runs.queries(stored))
        found = read_results(made.data, made.name, Limits())
        assert isinstance(found, OpenedTrace)
        return found

    def test_is_the_run_that_was_stored(self, libraries, stored, opened):
        runs = Runs(libraries.stores.database, 0)
        assert opened.traces == runs.traces(stored)
        assert opened.queries == runs.queries(stored)
        assert opened.run == replace(stored, id=opened.run.id, by="", source="", shared=False)
        assert opened.run.statuses == stored.statuses
        composition = estimate_composition(opened.traces)
        assert composition == estimate_composition(runs.traces(stored))
        assert composition

    def test_is_answered_the_same_by_the_same_library(self, library, opened):
        assert list_differences(opened.run, library) == []
        answers = answers_then(opened)
        assert answers_today(opened, library) == answers
        assert [answer.text for answer in answers[2:]] == ["unknown", "invalid"]
        assert answers[0].text in library.organism_names()

    def test_agrees_whichever_of_equally_close_organisms_comes_first(self, opened):
        ties = [
            TraceResult("q", 9, dict.fromkeys(order, 0.5), dict.fromkeys(order, HIT), 1.0)
            for order in (("human", "dog"), ("dog", "human"))
        ]
        (one,), (other,) = (answers_then(replace(opened, traces=[tie])) for tie in ties)
        assert one.agrees_with(other)
        assert one.text == "dog, human"

    def test_an_organism_is_not_mistaken_for_a_status(self, opened):
        odd = TraceResult("q", 9, {"unknown": 1.0}, {"unknown": HIT}, 1.0)
        none = TraceResult("q", 9, problem="No relative found.")
        (one,), (other,) = (answers_then(replace(opened, traces=[tie])) for tie in (odd, none))
        assert one.text == other.text
        assert not one.agrees_with(other)


class TestGenesNamed:
    def test_are_found_by_their_names(self, library):
        name = library.sequences("dog")[0].name
        (found,) = library.genes_named({name, "nobody"}).items()
        assert found[0] == name
        assert {organism for organism, _ in found[1]} == {"dog"}
