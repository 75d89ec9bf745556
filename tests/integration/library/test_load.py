"""Loading promises all or nothing, and nothing twice, wherever GeneKin is deployed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import pytest

from core.classification.prediction import Hit
from core.errors import InputError, LibraryError, StoreError
from core.library import writer
from core.library.load import LoadReport, load
from core.library.manager import Libraries
from core.library.naming import collection_name
from core.library.writer import OrganismReport
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.records import Record, sequence_id
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from tests.support.contents import NOTHING, Contents, contents, require_agreement
from tests.support.faults import failing
from tests.support.synthetic import FAMILY_NAMES, dna, genes

HUMAN, DOG, MORE = genes("human"), genes("dog", 5), genes("more", 6)
UNREADABLE = Record("unreadable", "ACGTAC", 10, 11, 1)
"""Too short for the count encoder to recognise anything in it."""

QUERIES = [record.residues for record in (*HUMAN[:3], *DOG[:3], *MORE[:3])]


def find(libraries: Libraries, name: str) -> list[list[Hit]]:
    """The hits of the same queries, all that there are."""
    return libraries.open(name).search(QUERIES, limit=100)


def names_of(hits: list[Hit]) -> set[str]:
    return {hit.name for hit in hits}


@dataclass(frozen=True)
class FirstLoad:
    report: LoadReport
    progress: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def first_load(deployed) -> FirstLoad:
    """A load in small batches: human, one of them unreadable, and dog."""
    progress: list[tuple[str, int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_BATCH_SIZE", 4)
        report = load(
            deployed,
            {"human": [*HUMAN, UNREADABLE], "dog": DOG},
            library="loaded once",
            encoder="count",
            families=FAMILY_NAMES,
            progress=lambda *step: progress.append(step),
        )
    return FirstLoad(report, progress)


@pytest.fixture(scope="module")
def library(first_load) -> str:
    """The library that was loaded first, for tests that leave it as it is."""
    return str(first_load.report.library)


@pytest.fixture
def unchanged(deployed, library) -> Iterator[Contents]:
    """Contents of the library, which are there after the test as well."""
    before, found = contents(deployed, library), find(deployed, library)
    yield before
    assert contents(deployed, library) == before
    assert find(deployed, library) == found


class TestLoad:
    def test_every_sequence_finds_itself(self, deployed, library):
        hits = deployed.open(library).search([record.residues for record in (*HUMAN, *DOG)])

        assert [query_hits[0].name for query_hits in hits] == [
            *(f"human_{record.position}" for record in HUMAN),
            *(f"dog_{record.position}" for record in DOG),
        ]
        assert [query_hits[0].family for query_hits in hits] == [
            record.family for record in (*HUMAN, *DOG)
        ]
        assert [query_hits[0].score for query_hits in hits] == pytest.approx(
            [1] * len(hits), abs=1e-5
        )

    def test_both_stores_agree(self, deployed, library):
        found = contents(deployed, library)

        require_agreement(found)
        assert {organism.name: organism.count for organism in found.organisms} == {
            "human": 10,
            "dog": 5,
        }
        assert found.vectors["dog"] == sorted(sequence_id("dog", record.residues) for record in DOG)

    def test_sequences_keep_their_order_and_their_letters(self, deployed, library):
        rows = deployed.open(library).sequences("human")

        assert [row.residues for row in rows] == [
            record.residues for record in (*HUMAN, UNREADABLE)
        ]
        assert [row.position for row in rows] == list(range(1, 11))

    def test_families_have_the_names_they_were_given(self, deployed, library):
        assert deployed.open(library).families == FAMILY_NAMES

    def test_of_what_is_there_changes_nothing(self, deployed, library, unchanged):
        report = load(
            deployed, {"human": [*HUMAN, UNREADABLE], "dog": DOG}, library=library, encoder="count"
        )

        assert report.organisms == (
            OrganismReport("human", records=10, added=0, copies=0, known=10, without_vector=0),
            OrganismReport("dog", records=5, added=0, copies=0, known=5, without_vector=0),
        )

    def test_reports_what_it_did(self, first_load):
        assert first_load.report.organisms == (
            OrganismReport("human", records=10, added=10, copies=0, known=0, without_vector=1),
            OrganismReport("dog", records=5, added=5, copies=0, known=0, without_vector=0),
        )
        assert first_load.report.seconds > 0

    def test_tells_how_far_it_is(self, first_load):
        assert first_load.progress == [
            ("Fitting the encoder", 0, 15),
            *(("Loading", done, 15) for done in (4, 8, 10, 14, 15)),
            ("Indexing", 15, 15),
            ("Counting", 15, 15),
            ("Counting", 15, 15),
        ]


class TestAppend:
    def test_adds_what_is_new_and_says_how_much(self, deployed, name):
        load(deployed, {"human": HUMAN}, library=name, encoder="count")
        encoder = deployed.open(name).fingerprint

        report = load(
            deployed, {"human": [*MORE, *HUMAN, MORE[0]], "dog": [*DOG, HUMAN[0]]}, library=name
        )

        assert report.organisms == (
            OrganismReport("human", records=16, added=6, copies=1, known=9, without_vector=0),
            OrganismReport("dog", records=6, added=6, copies=0, known=0, without_vector=0),
        )
        require_agreement(contents(deployed, name))
        library = deployed.open(name)
        assert library.fingerprint == encoder
        assert [row.residues for row in library.sequences("human")] == [
            record.residues for record in (*HUMAN, *MORE)
        ]
        assert library.families == {0: "class 0", 1: "class 1", 2: "class 2"}
        # One sequence in two organisms is two; the others are found once.
        found = find(deployed, name)
        assert [hit.organism for hit in found[0] if hit.score > 0.999] in (
            ["human", "dog"],
            ["dog", "human"],
        )
        assert [len(hits) for hits in found] == [21] * len(QUERIES)
        assert all(hits[0].score == pytest.approx(1, abs=1e-5) for hits in found)

    def test_names_families_anew_without_new_sequences(self, deployed, library):
        try:
            load(deployed, {"dog": DOG}, library=library, families={2: "Renamed"})

            assert deployed.open(library).families == FAMILY_NAMES | {2: "Renamed"}
        finally:
            load(deployed, {"dog": DOG}, library=library, families=FAMILY_NAMES)


class TestCopies:
    def test_exact_copies_are_counted_and_kept_once(self, deployed, library, unchanged):
        report = load(deployed, {"dog": [*DOG, DOG[0], DOG[0], DOG[1]]}, library=library)

        assert report.organisms == (
            OrganismReport("dog", records=8, added=0, copies=3, known=5, without_vector=0),
        )


class TestUnreadableSequences:
    """Those in which the encoder recognises nothing have no vector."""

    def test_are_kept(self, deployed, library):
        rows = deployed.open(library).sequences("human")

        assert [row.name for row in rows if not row.has_vector] == ["unreadable"]

    def test_are_reported(self, first_load):
        assert [organism.without_vector for organism in first_load.report.organisms] == [1, 0]

    def test_find_nothing_and_are_never_found(self, deployed, library):
        hits = deployed.open(library).search([UNREADABLE.residues, HUMAN[0].residues], limit=100)

        assert hits[0] == []
        assert "unreadable" not in names_of(hits[1])
        assert len(hits[1]) == 14


class TestRefusals:
    """Invalid input is explained in one sentence, and leaves everything as it was."""

    def test_two_families_for_a_sequence_of_a_file(self, deployed, library, unchanged):
        records = [*MORE, Record("", MORE[1].residues, 7, 8, 0)]

        with pytest.raises(InputError) as raised:
            load(deployed, {"mouse": MORE, "human": records}, library=library)

        assert str(raised.value) == (
            "human: records 2 (line 3) and 7 (line 8) have the same sequence but different"
            " families, 1 and 0. Nothing was loaded. Correct one of the two."
        )

    def test_another_family_than_the_library_has(self, deployed, library, unchanged):
        records = [*MORE, Record("", HUMAN[1].residues, 7, 8, 0)]

        with pytest.raises(InputError) as raised:
            load(deployed, {"mouse": MORE, "human": records}, library=library)

        assert raised.value.message == (
            "Record 7 (line 8) has the family 0; the library 'loaded once' has the same sequence in"
            " family 1."
        )

    def test_one_bad_record(self, deployed, library, unchanged):
        text = f">one\n{dna('new')}\n>two\nACGT!ACGTACGT\n>three\nAC-\n"
        records = read_text_queries(text, "mouse.txt", Limits())

        with pytest.raises(InputError) as raised:
            load(deployed, {"rat": MORE, "mouse": records}, library=library)

        assert str(raised.value) == (
            "mouse: Record 2 (line 4) has an invalid character '!' at base 5; use IUPAC nucleotide"
            " codes. 1 more records are invalid."
            " Nothing was loaded; fix the file and load it again."
        )

    def test_no_records(self, deployed, library, unchanged):
        with pytest.raises(InputError, match=r"^mouse has no records\.$"):
            load(deployed, {"mouse": []}, library=library)

    def test_a_record_without_a_family(self, deployed, library, unchanged):
        with pytest.raises(InputError, match=r"Record 1 \(line 2\) has no family\."):
            load(deployed, {"mouse": [replace(MORE[0], family=None)]}, library=library)

    @pytest.mark.parametrize(
        "organism", ["", "1a", "a b", "_default", "é", "x" * 300, "a'; drop", "a\n", "human/dog"]
    )
    def test_names_that_milvus_would_refuse(self, deployed, library, organism):
        with pytest.raises(InputError, match="Invalid organism name") as raised:
            load(deployed, {"rat": MORE, organism: MORE}, library=library)

        assert len(raised.value.message) < 120
        assert "Use letters, digits and underscores" in raised.value.hint
        assert [organism.name for organism in deployed.open(library).organisms()] == [
            "human",
            "dog",
        ]

    @pytest.mark.parametrize("library_name", ["", " ", "a ", " a", "a\nb", "x" * 65])
    def test_names_that_no_library_can_have(self, deployed, library_name):
        with pytest.raises(InputError, match="Invalid library name"):
            load(deployed, {"human": HUMAN}, library=library_name, encoder="count")

        assert library_name not in deployed.names()

    def test_another_encoder(self, deployed, library, unchanged):
        with pytest.raises(LibraryError) as raised:
            load(deployed, {"human": MORE}, library=library, encoder="translated")

        assert str(raised.value) == (
            "The library 'loaded once' has the encoder count, not translated."
            " Use another library name."
        )

    def test_another_index(self, deployed, library, unchanged):
        with pytest.raises(LibraryError) as raised:
            load(deployed, {"human": MORE}, library=library, index=VectorIndex.of_kind("HNSW"))

        assert str(raised.value) == (
            "The library 'loaded once' has the index FLAT, not HNSW. Use another library name."
        )

    @pytest.mark.parametrize("family", ["", "x" * 201, "Ki\0nase", "Ki\u202enase"], ids=ascii)
    def test_families_that_nobody_could_enter(self, deployed, library, unchanged, family):
        with pytest.raises(InputError, match=r"^Invalid family name: ") as raised:
            load(deployed, {"human": MORE}, library=library, families={0: family})

        assert raised.value.hint == "Use 1 to 200 visible characters."

    def test_an_index_of_other_vectors(self, deployed, name):
        with pytest.raises(InputError, match="makes dense vectors, which SPARSE_INVERTED_INDEX"):
            load(
                deployed,
                {"human": HUMAN},
                library=name,
                encoder="count",
                index=VectorIndex(SPARSE_INDEX),
            )

        assert contents(deployed, name) == NOTHING

    def test_an_encoder_that_is_not_there(self, deployed, name):
        with pytest.raises(InputError, match=r"^There is no encoder 'bert'\. Choose one of: "):
            load(deployed, {"human": HUMAN}, library=name, encoder="bert")

        assert contents(deployed, name) == NOTHING

    def test_nothing_to_learn_from(self, deployed, name):
        with pytest.raises(InputError, match="No sequence is long enough to learn from"):
            load(deployed, {"human": [UNREADABLE]}, library=name, encoder="count")

        assert contents(deployed, name) == NOTHING

    def test_a_collection_of_somebody_else(self, deployed, name):
        vectors = deployed.stores.vectors
        vectors.create(collection_name(name), 8, VectorIndex(), "somebody else's")

        with pytest.raises(LibraryError, match="already has a collection"):
            load(deployed, {"human": HUMAN}, library=name, encoder="count")

        assert vectors.description(collection_name(name)) == "somebody else's"
        assert name not in deployed.names()

    def test_while_another_writer_is_at_work(self, deployed, name):
        def load_inside(doing: str, *_: object) -> None:
            if doing == "Indexing":
                load(deployed, {"dog": DOG}, library=name, encoder="count", timeout=0)

        with pytest.raises(StoreError, match="Another process is writing to the library"):
            load(deployed, {"human": HUMAN}, library=name, encoder="count", progress=load_inside)

        assert contents(deployed, name) == NOTHING


@dataclass(frozen=True)
class Failure:
    """A call to a store that fails, before or after its work is done."""

    store: str
    method: str
    error: BaseException
    call: int = 1
    when: str = "before"

    def __str__(self) -> str:
        error = type(self.error).__name__
        return f"{error} {self.when} {self.store}.{self.method} {self.call}"


FAILURES = [
    Failure("labels", "begin_load", StoreError("no disk")),
    Failure("labels", "begin_load", KeyboardInterrupt(), when="after"),
    Failure("vectors", "add_partition", KeyboardInterrupt(), call=2),
    Failure("vectors", "add_partition", StoreError("no connection"), call=2, when="after"),
    Failure("labels", "add_sequences", StoreError("no disk"), call=2),
    Failure("labels", "add_sequences", KeyboardInterrupt(), call=3, when="after"),
    Failure("vectors", "upsert", KeyboardInterrupt()),
    Failure("vectors", "upsert", StoreError("no connection"), call=2, when="after"),
    Failure("vectors", "flush_and_index", StoreError("no connection")),
    Failure("vectors", "flush_and_index", KeyboardInterrupt(), when="after"),
    Failure("labels", "finish_load", StoreError("no disk")),
]
FIRST_FAILURES = [
    Failure("labels", "add_library", StoreError("no disk")),
    Failure("labels", "add_library", KeyboardInterrupt(), when="after"),
    Failure("vectors", "create", StoreError("no connection")),
    Failure("vectors", "create", StoreError("no index of that kind"), when="after"),
]


def fail(libraries: Libraries, failure: Failure) -> AbstractContextManager[None]:
    return failing(libraries, **vars(failure))


class TestFailures:
    """Wherever a load fails, the old state is there afterwards, exactly."""

    @pytest.fixture(autouse=True)
    def _small_batches(self, monkeypatch) -> None:
        monkeypatch.setattr(writer, "_BATCH_SIZE", 4)

    @pytest.mark.parametrize("failure", FAILURES, ids=str)
    def test_an_append_is_undone(self, deployed, library, unchanged, failure):
        with fail(deployed, failure):
            load(
                deployed,
                {"human": [*HUMAN, *MORE], "mouse": MORE},
                library=library,
                families={0: "Renamed", 9: "New"},
            )

    def test_a_first_load_is_undone_until_it_succeeds(self, deployed, name):
        references = {"human": HUMAN, "dog": DOG}
        for failure in (*FIRST_FAILURES, *FAILURES[4::6]):
            with fail(deployed, failure):
                load(deployed, references, library=name, encoder="count")
            assert contents(deployed, name) == NOTHING, failure

        load(deployed, references, library=name, encoder="count")

        found = contents(deployed, name)
        require_agreement(found)
        assert {organism.name: organism.count for organism in found.organisms} == {
            "human": 9,
            "dog": 5,
        }

    def test_what_failed_can_be_loaded(self, deployed, name):
        load(deployed, {"human": HUMAN}, library=name, encoder="count")
        for failure in FAILURES[5:8]:
            with fail(deployed, failure):
                load(deployed, {"human": MORE, "dog": DOG}, library=name)

        load(deployed, {"human": MORE, "dog": DOG}, library=name)

        require_agreement(contents(deployed, name))
        for hits in find(deployed, name):
            assert len(hits) == 20
            assert hits[0].score == pytest.approx(1, abs=1e-5)

    def test_an_interrupt_after_the_last_step_changes_nothing_any_more(self, deployed, name):
        failure = Failure("labels", "finish_load", KeyboardInterrupt(), when="after")
        with fail(deployed, failure):
            load(deployed, {"human": HUMAN}, library=name, encoder="count")

        found = contents(deployed, name)
        require_agreement(found)
        assert [row.residues for row in found.sequences["human"]] == [
            record.residues for record in HUMAN
        ]

    def test_vectors_that_milvus_lost_do_not_become_ready(
        self, deployed, library, unchanged, monkeypatch
    ):
        upsert = deployed.stores.vectors.upsert

        def lose_one(collection, partition, ids, load_id, vectors):
            upsert(collection, partition, ids[1:], load_id, vectors[1:])

        monkeypatch.setattr(deployed.stores.vectors, "upsert", lose_one)

        with pytest.raises(StoreError, match="has 4 vectors of mouse, but 6 were written"):
            load(deployed, {"mouse": MORE}, library=library)

    def test_what_could_not_be_undone_is_hidden_until_it_is(self, deployed, name):
        load(deployed, {"human": HUMAN}, library=name, encoder="count")
        before, found = contents(deployed, name), find(deployed, name)

        def down(*_: object) -> None:
            message = "down"
            raise StoreError(message)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deployed.stores.vectors, "delete", down)
            patch.setattr(deployed.stores.labels, "finish_load", down)
            with pytest.raises(StoreError, match="down"):
                load(deployed, {"human": MORE, "dog": DOG}, library=name)

        assert len(contents(deployed, name).pending) == 1
        assert find(deployed, name) == found
        assert deployed.reconcile(name).loads_undone == 1
        assert contents(deployed, name) == before
        assert find(deployed, name) == found


class TestSearchesMeanwhile:
    def test_see_a_load_as_a_whole_or_not_at_all(self, deployed, name, monkeypatch):
        monkeypatch.setattr(writer, "_BATCH_SIZE", 2)
        load(deployed, {"human": HUMAN}, library=name, encoder="count")
        old = {f"human_{record.position}" for record in HUMAN}
        more = [replace(record, name=f"more_{record.position}") for record in MORE]
        new = old | {record.name for record in more} | {f"dog_{record.position}" for record in DOG}

        with ThreadPoolExecutor(1) as pool:
            seen = [names_of(find(deployed, name)[0])]
            loading_it = pool.submit(load, deployed, {"human": more, "dog": DOG}, library=name)
            while not loading_it.done():
                seen.append(names_of(find(deployed, name)[0]))
            loading_it.result()

        assert seen[0] == old
        assert all(result in (old, new) for result in seen)
        assert names_of(find(deployed, name)[0]) == new
