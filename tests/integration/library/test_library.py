"""A library shows what is ready, gives up what is removed, and knows its own collection."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from core.errors import InputError, LibraryError, StoreError
from core.library.load import load
from core.library.naming import collection_name
from core.library.recovery import RecoveryReport
from core.stores.milvus.index import VectorIndex
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.faults import failing
from tests.support.synthetic import FAMILY_NAMES, dna, genes

HUMAN, CHIMPANZEE, DOG = genes("human"), genes("chimpanzee", 6), genes("dog", 4)
QUERY = HUMAN[0].residues


@pytest.fixture(scope="module")
def library(deployed):
    """A library for tests that only read it."""
    references = {"human": HUMAN, "chimpanzee": CHIMPANZEE, "dog": DOG}
    load(deployed, references, library="for reading", encoder="count", families=FAMILY_NAMES)
    return deployed.open("for reading")


@pytest.fixture
def loaded(deployed, name):
    """A library of human and dog for a test to change."""
    load(deployed, {"human": HUMAN, "dog": DOG}, library=name, encoder="count")
    return name


def organisms_of(hits) -> set[str]:
    return {hit.organism for hit in hits}


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect the SQL statements that are executed."""
    statements: list[str] = []

    def collect(_connection, _cursor, statement, *_) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", collect)


class TestSearch:
    def test_gives_the_best_first(self, library):
        scores = [hit.score for hit in library.search([QUERY], limit=19)[0]]

        assert scores[0] == pytest.approx(1, abs=1e-5)
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == 19

    def test_tells_of_each_hit_where_it_is_from(self, library):
        hit = library.search([DOG[1].residues], limit=1)[0][0]

        assert (hit.organism, hit.name, hit.family, hit.length) == ("dog", "dog_2", 1, 240)

    def test_can_be_kept_to_some_organisms(self, library):
        hits = library.search([QUERY], organisms=["dog", "chimpanzee"], limit=50)[0]

        assert len(hits) == 10
        assert organisms_of(hits) == {"dog", "chimpanzee"}

    def test_gives_no_more_than_asked_for(self, library):
        assert [len(hits) for hits in library.search([QUERY, dna(0)], limit=3)] == [3, 3]

    def test_of_nothing_finds_nothing(self, library):
        assert library.search([]) == []

    def test_an_organism_that_is_not_there_is_named(self, library):
        with pytest.raises(InputError) as raised:
            library.search([QUERY], organisms=["dog", "Human"])

        assert str(raised.value) == (
            "There is no organism 'Human' in the library 'for reading'."
            " It has: human, chimpanzee, dog."
        )


class TestContents:
    def test_organisms_are_in_the_order_they_came(self, library):
        assert [(organism.name, organism.families) for organism in library.organisms()] == [
            ("human", {0: 3, 1: 3, 2: 3}),
            ("chimpanzee", {0: 2, 1: 2, 2: 2}),
            ("dog", {0: 2, 1: 1, 2: 1}),
        ]

    def test_sequences_are_in_the_order_they_came(self, library):
        assert [row.name for row in library.sequences("dog", 3)] == ["dog_1", "dog_2", "dog_3"]
        assert len(library.sequences("dog")) == 4

    def test_lengths_are_counted(self, library):
        human, *_ = library.organisms()
        assert library.lengths(human) == {240: 9}

    def test_says_where_it_came_from(self, library):
        human, *_ = library.organisms()
        (load,) = library.loads()[human.id]
        assert (load.count, load.source, load.by) == (9, "", "")

    def test_sequences_of_an_organism_that_is_not_there(self, library):
        with pytest.raises(InputError, match="There is no organism 'cat' in the library"):
            library.sequences("cat")


class TestSnapshot:
    """A library reads its contents once; a search is of the library as it is now."""

    def test_reads_everything_at_most_once(self, deployed, loaded):
        library = deployed.open(loaded)

        def look() -> tuple[object, ...]:
            return (
                library.organism_names(),
                library.partitions(),
                library.organisms(),
                library.loads(),
                library.families,
                library.added_since_fit(),
                library.contents(),
            )

        first = look()
        with counted_statements() as statements:
            assert look() == first
            library.search([QUERY])
        assert len(statements) == 2  # The labels of the hits, and another look at what is visible.

    def test_is_brought_up_to_date_by_a_search(self, deployed, loaded):
        library = deployed.open(loaded)
        before = library.contents()
        load(deployed, {"chimpanzee": CHIMPANZEE}, library=loaded, families={0: "Kinase"})

        assert library.contents() == before
        assert organisms_of(library.search([QUERY], organisms=["chimpanzee"])[0]) == {"chimpanzee"}
        assert library.organism_names() == ["human", "dog", "chimpanzee"]
        assert [organism.count for organism in library.organisms()] == [9, 4, 6]
        assert library.family_name(0) == "Kinase"
        assert library.contents() == deployed.open(loaded).contents() != before

    def test_is_brought_up_to_date_on_request(self, deployed, loaded):
        library = deployed.open(loaded)
        assert library.organism_names() == ["human", "dog"]
        deployed.remove_organism(loaded, "dog")

        library.refresh()
        assert library.organism_names() == ["human"]

    def test_has_the_sequences_of_an_organism_that_came_or_was_replaced_later(
        self, deployed, loaded
    ):
        library = deployed.open(loaded)
        assert len(library.sequences("dog")) == 4
        load(deployed, {"chimpanzee": CHIMPANZEE, "dog": DOG[:2]}, library=loaded, replace=True)

        assert len(library.sequences("dog")) == 2
        assert len(library.sequences("chimpanzee")) == 6

    def test_without_queries_organisms_are_those_of_now(self, deployed, loaded):
        library = deployed.open(loaded)
        assert library.organism_names() == ["human", "dog"]
        deployed.remove_organism(loaded, "dog")

        with pytest.raises(InputError, match="There is no organism 'dog'"):
            library.search([], organisms=["dog"])


class TestLibraries:
    def test_opening_one_that_is_not_there(self, deployed):
        with pytest.raises(LibraryError) as raised:
            deployed.open("nowhere")

        assert str(raised.value) == (
            "There is no library 'nowhere'. Load an organism into it first."
        )

    def test_have_contents_of_their_own(self, deployed, library, loaded):
        mine = deployed.open(loaded)

        assert [organism.name for organism in mine.organisms()] == ["human", "dog"]
        assert organisms_of(mine.search([QUERY], limit=99)[0]) == {"human", "dog"}
        assert organisms_of(library.search([QUERY], limit=99)[0]) == {"human", "chimpanzee", "dog"}
        assert {library.name, loaded} <= set(deployed.names())

    def test_collections_have_names_of_their_own(self):
        names = ["my lab", "my_lab", "My lab", "my  lab", "μ", "ü", "🧬"]

        assert len({collection_name(name).lower() for name in names}) == len(names)
        assert all(collection_name(name).replace("_", "").isalnum() for name in names)


class TestRemoving:
    def test_takes_an_organism_from_both_stores(self, deployed, loaded):
        assert deployed.remove_organism(loaded, "human") == 9

        found = contents(deployed, loaded)
        require_agreement(found)
        assert list(found.sequences) == ["dog"]
        assert organisms_of(deployed.open(loaded).search([QUERY], limit=99)[0]) == {"dog"}

        # It can come back, and is found again.
        load(deployed, {"human": HUMAN}, library=loaded)
        require_agreement(contents(deployed, loaded))
        assert deployed.open(loaded).search([QUERY])[0][0].name == "human_1"

        # The last organism takes the library along.
        deployed.remove_organism(loaded, "human")
        deployed.remove_organism(loaded, "dog")

        assert contents(deployed, loaded) == NOTHING
        assert loaded not in deployed.names()

    def test_what_is_not_there(self, deployed, library):
        with pytest.raises(InputError, match=r"It has: human, chimpanzee, dog\.$"):
            deployed.remove_organism("for reading", "cat")
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            deployed.remove_organism("nowhere", "human")

    @pytest.mark.parametrize(
        ("store", "method", "error"),
        [
            ("vectors", "drop_partition", StoreError("no connection")),
            ("labels", "remove_organism", KeyboardInterrupt()),
        ],
    )
    def test_that_is_interrupted_hides_and_is_finished_later(
        self, deployed, loaded, store, method, error
    ):
        with failing(deployed, store, method, error):
            deployed.remove_organism(loaded, "human")

        library = deployed.open(loaded)
        assert [organism.name for organism in library.organisms()] == ["dog"]
        assert organisms_of(library.search([QUERY], limit=99)[0]) == {"dog"}
        with pytest.raises(InputError, match="There is no organism 'human'"):
            library.search([QUERY], organisms=["human"])

        assert deployed.reconcile(loaded) == RecoveryReport(loads_undone=0, removals_finished=1)
        found = contents(deployed, loaded)
        require_agreement(found)
        assert list(found.sequences) == list(found.vectors) == ["dog"]

    def test_that_is_interrupted_is_finished_by_the_next_load(self, deployed, loaded):
        with failing(deployed, "labels", "remove_organism", StoreError("no connection")):
            deployed.remove_organism(loaded, "dog")

        load(deployed, {"dog": DOG[:2]}, library=loaded)

        found = contents(deployed, loaded)
        require_agreement(found)
        assert {organism.name: organism.count for organism in found.organisms} == {
            "human": 9,
            "dog": 2,
        }

    def test_the_last_one_that_is_interrupted_leaves_no_old_encoder(self, deployed, loaded):
        old = deployed.open(loaded).fingerprint
        deployed.remove_organism(loaded, "dog")
        with failing(deployed, "labels", "remove_library", StoreError("no connection")):
            deployed.remove_organism(loaded, "human")

        load(deployed, {"chimpanzee": CHIMPANZEE}, library=loaded, encoder="count")

        require_agreement(contents(deployed, loaded))
        assert deployed.open(loaded).fingerprint != old

    def test_is_seen_by_searches_as_a_whole_or_not_at_all(self, deployed, loaded):
        library = deployed.open(loaded)
        both = {hit.name for hit in library.search([QUERY], limit=99)[0]}
        human = {name for name in both if name.startswith("human")}

        with ThreadPoolExecutor(1) as pool:
            removing = pool.submit(deployed.remove_organism, loaded, "dog")
            seen = [both]
            while not removing.done():
                seen.append({hit.name for hit in library.search([QUERY], limit=99)[0]})
            assert removing.result() == 4

        assert all(result in (both, human) for result in seen)
        assert {hit.name for hit in library.search([QUERY], limit=99)[0]} == human


class TestReconcile:
    def test_finds_nothing_to_do_where_nothing_was_interrupted(self, deployed, library):
        before = contents(deployed, "for reading")

        assert deployed.reconcile("for reading") == RecoveryReport(0, 0)
        assert contents(deployed, "for reading") == before

    def test_of_a_library_that_is_not_there(self, deployed):
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            deployed.reconcile("nowhere")

    def test_takes_away_a_library_that_got_no_collection(self, deployed, name):
        """As a process leaves it that is killed between the two stores."""
        deployed.stores.labels.add_library(
            name,
            collection=collection_name(name),
            encoder="count",
            fingerprint="f",
            state={},
            index={},
        )

        deployed.reconcile(name)

        assert contents(deployed, name) == NOTHING


class TestMismatch:
    """The collection of a library can be another one than that which its labels belong to."""

    @pytest.fixture
    def other_collection(self, deployed, loaded):
        library, vectors = deployed.open(loaded), deployed.stores.vectors
        vectors.drop(collection_name(loaded))
        vectors.create(
            collection_name(loaded),
            library.encoder.dimension,
            VectorIndex(),
            f"GeneKin library {loaded!r}, encoder count, fingerprint {'0' * 32}",
        )
        return loaded

    @pytest.fixture
    def uses(self, deployed) -> list[Callable[[str], object]]:
        """All that would search or write."""
        return [
            deployed.open,
            lambda name: load(deployed, {"human": CHIMPANZEE}, library=name),
            lambda name: load(deployed, {"human": HUMAN}, library=name),
            lambda name: deployed.remove_organism(name, "human"),
        ]

    def test_one_of_another_encoder_is_neither_searched_nor_written_to(
        self, deployed, other_collection, uses
    ):
        before = contents(deployed, other_collection)

        for use in uses:
            with pytest.raises(LibraryError) as raised:
                use(other_collection)
            assert str(raised.value) == (
                f"The vectors of the library {other_collection!r} were made by another encoder"
                " than the library's (count). Check GENEKIN_MILVUS_URI and"
                " GENEKIN_DATABASE_URL, or use another library name."
            )

        assert contents(deployed, other_collection) == before

        # One that is missing is not made anew either.
        deployed.stores.vectors.drop(collection_name(other_collection))
        for use in uses:
            with pytest.raises(LibraryError, match="are missing from the vector store") as raised:
                use(other_collection)
            assert "they belong together" in raised.value.hint
        assert deployed.stores.vectors.description(collection_name(other_collection)) is None


@pytest.fixture
def new_name(deployed) -> Iterator[str]:
    """Another name that no library has; what gets it is removed in the end."""
    new_name = f"test {uuid4().hex}"
    yield new_name
    if new_name in deployed.names():
        deployed.delete(new_name)


class TestRename:
    def test_keeps_what_is_in_it(self, deployed, loaded, new_name):
        before = deployed.open(loaded).search([QUERY])
        deployed.rename(loaded, new_name)

        assert loaded not in deployed.names()
        assert deployed.open(new_name).search([QUERY]) == before

    def test_frees_the_name(self, deployed, loaded, new_name):
        deployed.rename(loaded, new_name)
        load(deployed, {"chimpanzee": CHIMPANZEE}, library=loaded, encoder="count")

        assert deployed.open(loaded).organism_names() == ["chimpanzee"]
        assert deployed.open(new_name).organism_names() == ["human", "dog"]
        deployed.delete(loaded)

    def test_is_followed_by_what_was_to_be_loaded_into_it(self, deployed, loaded, new_name):
        meant = deployed.open(loaded).identity
        deployed.rename(loaded, new_name)

        assert deployed.current_name(meant) == new_name
        with pytest.raises(LibraryError, match="was renamed or deleted in the meantime"):
            load(deployed, {"cat": DOG}, library=loaded, encoder="count", identity=meant)
        assert loaded not in deployed.names()
        load(deployed, {"cat": DOG}, library=deployed.current_name(meant), identity=meant)
        assert deployed.open(new_name).organism_names() == ["human", "dog", "cat"]

        deployed.delete(new_name)
        with pytest.raises(LibraryError, match="has been deleted in the meantime"):
            deployed.current_name(meant)

    def test_never_takes_the_name_of_another(self, deployed, loaded, new_name):
        load(deployed, {"chimpanzee": CHIMPANZEE}, library=new_name, encoder="count")
        with pytest.raises(InputError, match="already exists"):
            deployed.rename(loaded, new_name)

        assert deployed.open(loaded).organism_names() == ["human", "dog"]
        assert deployed.open(new_name).organism_names() == ["chimpanzee"]


class TestDelete:
    def test_leaves_nothing_and_says_how_much_it_was(self, deployed, loaded):
        collection = deployed.stores.labels.library(loaded).collection

        assert deployed.delete(loaded) == len(HUMAN) + len(DOG)
        assert loaded not in deployed.names()
        assert deployed.stores.vectors.description(collection) is None

    def test_of_what_is_not_there_says_so(self, deployed):
        with pytest.raises(LibraryError, match="There is no library 'nowhere'"):
            deployed.delete("nowhere")

    @pytest.mark.parametrize("call", [1, 2])
    def test_that_is_interrupted_hides_all_organisms_and_is_finished_later(
        self, deployed, loaded, call
    ):
        """A part of a library must not stay behind: its answers would be others."""
        error = StoreError("The power failed.")
        with failing(deployed, "labels", "remove_organism", error, call=call):
            deployed.delete(loaded)
        assert deployed.has_organisms(loaded) is False

        deployed.reconcile(loaded)

        assert contents(deployed, loaded) == NOTHING
