"""The label store on SQLite and MariaDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import StoreError
from core.stores.sql import Label, LabelStore, LibraryRow, SequenceRow
from core.stores.sql import tables as module
from core.stores.sql.database import Database
from core.stores.sql.schema import PENDING, READY, REMOVING
from tests.support.services import free_port

ODD_NAMES = [
    "'; DROP TABLE sequences; --",
    'x" OR 1=1 --',
    "back\\slash\\",
    "100% of _all_ `names` :bound %s %(name)s",
    "Ionenkanal α–ω ß",
    "基因",
    "🧬 family 👩🏽‍🔬",
    " spaces around ",
    "n" * 200,
]

ENCODER = {"features": np.array(["aaaa aaac", "aaac aacg"]), "weights": np.array([[0.5, 1e-30]])}
INDEX = {"kind": "FLAT", "build": {}, "search": {"nprobe": 20}}


@pytest.fixture
def labels(database) -> LabelStore:
    return LabelStore(database)


@pytest.fixture
def library(labels) -> LibraryRow:
    return add_library(labels, "default")


@pytest.fixture
def elsewhere(database, database_url) -> Iterator[LabelStore]:
    """The same tables, as another process opens them."""
    other = Database(database_url, timeout=10)
    yield LabelStore(other)
    other.close()


def add_library(labels: LabelStore, name: str) -> LibraryRow:
    return labels.add_library(
        name, collection="c", encoder="count", fingerprint="f" * 32, state=ENCODER, index=INDEX
    )


def row(number: int, family: int = 0, **values) -> SequenceRow:
    fields = {"position": number, "name": f"gene_{number}", "residues": "ACGT" * number}
    return SequenceRow(**{"id": number, "family": family, "has_vector": True, **fields, **values})


def begin(labels: LabelStore, library: LibraryRow, organism: str, *rows: SequenceRow) -> int:
    """A pending load with its rows."""
    load_id = labels.begin_load(library.id, "a file", {organism: organism})
    labels.add_sequences(library.id, organism, load_id, rows)
    return load_id


def load(labels: LabelStore, library: LibraryRow, organism: str, *rows: SequenceRow) -> int:
    """A load that is ready."""
    load_id = begin(labels, library, organism, *rows)
    labels.finish_load(
        library.id, load_id, {sequence.family: f"class {sequence.family}" for sequence in rows}
    )
    return load_id


def counts(labels: LabelStore, library: LibraryRow, *states: str) -> dict[str, dict[int, int]]:
    return {organism.name: organism.families for organism in labels.organisms(library.id, *states)}


class TestLibraries:
    def test_there_are_none_at_first(self, labels):
        assert labels.library_names() == []
        assert labels.library("default") is None

    def test_come_back_as_they_were_added(self, labels, elsewhere):
        added = add_library(labels, "default")

        found = elsewhere.library("default")

        assert found is not None
        assert (found.id, found.name, found.collection) == (added.id, "default", "c")
        assert (found.encoder, found.fingerprint, found.index) == ("count", "f" * 32, INDEX)
        age = datetime.now(UTC).replace(tzinfo=None) - found.created_at
        assert timedelta(seconds=-1) <= age < timedelta(minutes=1)

    def test_are_listed_by_name(self, labels):
        for name in ("mouse", "human", "zoo"):
            add_library(labels, name)

        assert labels.library_names() == ["human", "mouse", "zoo"]

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_keep_any_name(self, labels, name):
        added = add_library(labels, name)

        found = labels.library(name)
        assert found is not None
        assert (found.id, found.name) == (added.id, name)
        assert labels.library_names() == [name]

    def test_names_differ_by_case_and_accent(self, labels):
        ids = [add_library(labels, name).id for name in ("gene", "Gene", "géne")]

        found = [labels.library(name) for name in ("gene", "Gene", "géne")]
        assert [match.id for match in found if match] == ids
        assert labels.library("GENE") is None

    def test_a_name_is_taken_once(self, labels, library):
        with pytest.raises(StoreError, match="failed while adding the library"):
            add_library(labels, library.name)

        assert labels.library_names() == ["default"]

    def test_are_removed_with_all_that_is_theirs(self, labels, library):
        other = add_library(labels, "other")
        for owner in (library, other):
            labels.name_families(owner.id, {0: "Kinase"})

        labels.remove_library(library.id)

        assert labels.library_names() == ["other"]
        assert labels.encoder_state(library.id) == {}
        assert labels.families(library.id) == {}
        assert labels.families(other.id) == {0: "Kinase"}
        assert set(labels.encoder_state(other.id)) == set(ENCODER)

    def test_are_not_removed_with_organisms_in_them(self, labels, library):
        load(labels, library, "human", row(1))

        with pytest.raises(StoreError, match="failed while removing the library"):
            labels.remove_library(library.id)

        assert labels.library("default") is not None
        assert set(labels.encoder_state(library.id)) == set(ENCODER)
        assert labels.families(library.id) == {0: "class 0"}


class TestEncoderState:
    @pytest.mark.parametrize(
        "array",
        [
            np.array(["aaaa aaac", "α"]),
            np.array([], dtype=np.float32),
            np.arange(24, dtype=np.int16).reshape(2, 3, 4),
            np.array([np.nan, np.inf, -0.0, 5e-324]),
            np.array(3, dtype=np.uint64),
            np.asfortranarray(np.eye(3, 2)),
        ],
        ids=["text", "empty", "three axes", "odd numbers", "no axis", "columns first"],
    )
    def test_arrays_come_back_as_they_were(self, labels, array):
        added = labels.add_library(
            "default", collection="c", encoder="e", fingerprint="f", state={"a": array}, index={}
        )

        found = labels.encoder_state(added.id)["a"]

        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()

    def test_is_kept_in_parts_where_it_is_large(self, labels, monkeypatch):
        monkeypatch.setattr(module, "_PIECE_BYTES", 1_000)
        state: dict[str, NDArray[Any]] = {
            "b": np.arange(5_000),
            "a": np.arange(3_000, dtype=np.float32),
            "c": np.ones(1),
        }
        added = labels.add_library(
            "default", collection="c", encoder="e", fingerprint="f", state=state, index={}
        )

        found = labels.encoder_state(added.id)

        assert {name: array.tolist() for name, array in found.items()} == {
            name: array.tolist() for name, array in state.items()
        }

    def test_is_taken_in_the_size_of_a_real_part(self, labels):
        large = np.random.default_rng(0).bytes(2 * module._PIECE_BYTES)
        state = {"large": np.frombuffer(large, dtype=np.uint8)}
        added = labels.add_library(
            "default", collection="c", encoder="e", fingerprint="f", state=state, index={}
        )

        assert labels.encoder_state(added.id)["large"].tobytes() == large

    def test_of_no_library_is_empty(self, labels):
        assert labels.encoder_state(99) == {}


class TestFamilies:
    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_keep_any_name(self, labels, library, name):
        labels.name_families(library.id, {3: name})

        assert labels.families(library.id) == {3: name}

    def test_are_in_the_order_of_their_numbers(self, labels, library):
        labels.name_families(library.id, {2**31 - 1: "last", 0: "first", 7: "middle"})

        assert list(labels.families(library.id)) == [0, 7, 2**31 - 1]

    def test_more_of_them_than_one_statement_takes_are_kept(self, labels, library):
        names = {number: f"family {number}" for number in range(2_500)}
        for _ in range(2):
            labels.name_families(library.id, names)
        assert labels.families(library.id) == names

    def test_naming_some_leaves_the_others(self, labels, library):
        labels.name_families(library.id, {0: "zero", 1: "one"})
        labels.name_families(library.id, {1: "ONE", 2: "two"})
        labels.name_families(library.id, {})

        assert labels.families(library.id) == {0: "zero", 1: "ONE", 2: "two"}

    def test_libraries_name_their_own(self, labels, library):
        other = add_library(labels, "other")
        labels.name_families(library.id, {0: "mine"})
        labels.name_families(other.id, {0: "theirs"})

        assert labels.families(library.id) == {0: "mine"}


class TestLoads:
    def test_are_pending_and_hidden_until_they_are_finished(self, labels, library):
        load_id = begin(labels, library, "human", row(1), row(2))

        assert labels.pending_loads(library.id) == [load_id]
        assert list(labels.partitions(library.id)) == []
        assert counts(labels, library) == {}
        assert counts(labels, library, PENDING) == {"human": {}}
        assert labels.labels_for(library.id, [1, 2]) == {}
        assert labels.families(library.id) == {}

    def test_are_seen_as_a_whole_once_they_are_finished(self, labels, library, elsewhere):
        load_id = begin(labels, library, "human", row(1, family=4), row(2, family=4), row(3))

        labels.finish_load(library.id, load_id, {0: "Kinase", 4: "Synthase"})

        for store in (labels, elsewhere):
            assert store.pending_loads(library.id) == []
            assert list(store.partitions(library.id)) == ["human"]
            assert counts(store, library) == {"human": {0: 1, 4: 2}}
            assert set(store.labels_for(library.id, [1, 2, 3])) == {1, 2, 3}
            assert store.families(library.id) == {0: "Kinase", 4: "Synthase"}

    def test_that_append_leave_what_is_ready_as_it_is(self, labels, library):
        load(labels, library, "human", row(1))
        human = labels.organisms(library.id)[0].id
        load_id = begin(labels, library, "human", row(2))

        assert counts(labels, library) == {"human": {0: 1}}
        assert set(labels.labels_for(library.id, [1, 2])) == {1}
        assert labels.sequences(human) == [row(1)]

        labels.finish_load(library.id, load_id, {})
        assert labels.sequences(human) == [row(1), row(2)]

    def test_are_found_by_name_once_they_are_ready(self, labels, library):
        for number, name in enumerate(ODD_NAMES):
            load(labels, library, f"organism_{number % 2}", row(number, number, name=name))
        begin(labels, library, "human", row(99, name="pending"))
        other = add_library(labels, "other")

        wanted = {*ODD_NAMES[1:], "pending", "nobody"}
        assert labels.named(library.id, wanted) == {
            name: {(f"organism_{number % 2}", number)}
            for number, name in enumerate(ODD_NAMES)
            if number
        }
        assert labels.named(other.id, wanted) == {}

    def test_undoing_one_takes_its_rows_and_its_new_organisms_only(self, labels, library):
        load(labels, library, "human", row(1))
        load_id = labels.begin_load(library.id, "", {"human": "human", "dog": "dog"})
        labels.add_sequences(library.id, "human", load_id, [row(2)])
        labels.add_sequences(library.id, "dog", load_id, [row(3)])

        labels.undo_load(library.id, load_id)

        assert labels.pending_loads(library.id) == []
        assert counts(labels, library, PENDING, READY, REMOVING) == {"human": {0: 1}}
        assert labels.known_families(library.id, [1, 2, 3]) == {1: 0}

    def test_finishing_one_that_was_undone_is_refused(self, labels, library):
        load_id = begin(labels, library, "human", row(1))
        labels.undo_load(library.id, load_id)

        with pytest.raises(StoreError, match="Another process undid this load"):
            labels.finish_load(library.id, load_id, {0: "Kinase"})

        assert list(labels.partitions(library.id)) == []
        assert labels.families(library.id) == {}

    def test_adding_to_one_that_was_undone_is_refused(self, labels, library):
        load(labels, library, "human", row(1))
        load_id = begin(labels, library, "human", row(2))
        labels.undo_load(library.id, load_id)

        with pytest.raises(StoreError, match="failed while adding sequences"):
            labels.add_sequences(library.id, "human", load_id, [row(3)])

        assert labels.known_families(library.id, [1, 2, 3]) == {1: 0}

    def test_say_which_of_their_sequences_have_vectors(self, labels, library):
        load_id = begin(labels, library, "human", row(1), row(2, has_vector=False), row(3))

        assert sorted(labels.load_ids_with_vectors(load_id)) == [1, 3]
        assert labels.count_with_vectors(library.id, "human") == 2

    def test_libraries_have_their_own(self, labels, library):
        other = add_library(labels, "other")
        mine, theirs = begin(labels, library, "human", row(1)), begin(labels, other, "human")

        assert labels.pending_loads(library.id) == [mine]
        assert labels.pending_loads(other.id) == [theirs]
        assert labels.known_families(other.id, [1]) == {}

    def test_keep_any_source(self, labels, library):
        source = ", ".join(ODD_NAMES)
        load_id = labels.begin_load(library.id, source, {})
        labels.finish_load(library.id, load_id, {})

        with labels._database.connect("looking") as connection:
            found = connection.exec_driver_sql("SELECT source FROM loads").scalar_one()
        assert found == source

    def test_keep_the_beginning_of_a_long_source_and_of_names_that_are_no_text(
        self, labels, library
    ):
        labels.begin_load(library.id, ", ".join(["\udcff.txt"] * 20_000), {}, by="\udcff")

        with labels._database.connect("looking") as connection:
            ((source, by),) = connection.exec_driver_sql("SELECT source, `by` FROM loads")
        assert source.startswith("?.txt, ?.txt")
        assert by == "?"


class TestVisible:
    def test_returns_the_partitions_of_ready_organisms_and_the_state_of_every_load(
        self, labels, library
    ):
        other = add_library(labels, "other")
        load(labels, other, "mouse", row(1))
        first = load(labels, library, "Human", row(1))
        second = load(labels, library, "human", row(2))
        third = begin(labels, library, "dog", row(3))

        visible = labels.visible(library.id)
        assert list(visible.partitions.items()) == [("Human", "Human"), ("human", "human")]
        assert visible.partitions == labels.partitions(library.id)
        assert visible.load_states == {first: READY, second: READY, third: PENDING}
        assert list(visible.loaded_at) == [first, second, third]
        assert all(isinstance(date, datetime) for date in visible.loaded_at.values())
        assert visible.pending == [third]

        labels.mark_removing(labels.organisms(library.id)[0].id)
        assert labels.visible(library.id).partitions == {"human": "human"}

    def test_of_an_empty_library(self, labels, library):
        visible = labels.visible(library.id)
        assert (visible.partitions, visible.load_states, visible.pending) == ({}, {}, [])


class TestOrganisms:
    def test_are_in_the_order_they_came(self, labels, library):
        for number, name in enumerate(("human", "chimpanzee", "dog"), start=1):
            load(labels, library, name, row(number))

        assert list(labels.partitions(library.id)) == ["human", "chimpanzee", "dog"]
        assert list(counts(labels, library)) == ["human", "chimpanzee", "dog"]

    def test_names_differ_by_case(self, labels, library):
        load(labels, library, "Human", row(1), row(2))
        load(labels, library, "human", row(3))

        assert counts(labels, library) == {"Human": {0: 2}, "human": {0: 1}}
        assert labels.count_with_vectors(library.id, "Human") == 2
        assert labels.labels_for(library.id, [3])[3].organism == "human"

    def test_are_hidden_from_the_moment_they_are_being_removed(self, labels, library):
        load(labels, library, "human", row(1))
        load(labels, library, "dog", row(2))
        human = labels.organisms(library.id)[0]

        labels.mark_removing(human.id)

        assert list(labels.partitions(library.id)) == ["dog"]
        assert list(counts(labels, library)) == ["dog"]
        assert list(counts(labels, library, REMOVING)) == ["human"]
        assert set(labels.labels_for(library.id, [1, 2])) == {2}

    def test_are_removed_with_their_rows(self, labels, library):
        load(labels, library, "human", row(1))
        load(labels, library, "dog", row(2))
        human = labels.organisms(library.id)[0]

        labels.remove_organism(human.id)

        assert counts(labels, library, PENDING, READY, REMOVING) == {"dog": {0: 1}}
        assert labels.known_families(library.id, [1, 2]) == {2: 0}

    def test_can_come_back(self, labels, library):
        load(labels, library, "human", row(1))
        labels.remove_organism(labels.organisms(library.id)[0].id)

        load(labels, library, "human", row(1, family=5))

        assert counts(labels, library) == {"human": {5: 1}}

    def test_count_their_sequences(self, labels, library):
        load(labels, library, "human", row(1), row(2, family=3), row(3, has_vector=False))

        assert labels.organisms(library.id)[0].count == 3


class TestSequences:
    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_keep_any_name(self, labels, library, name):
        load(labels, library, "human", row(1, name=name))

        assert labels.labels_for(library.id, [1])[1].name == name
        assert labels.sequences(labels.organisms(library.id)[0].id)[0].name == name

    def test_are_kept_whole_up_to_a_million_bases(self, labels, library):
        residues = "ACGTN" * 200_000

        load(labels, library, "human", row(1, residues=residues))

        assert labels.sequences(labels.organisms(library.id)[0].id)[0].residues == residues
        assert labels.labels_for(library.id, [1])[1].length == 1_000_000

    def test_have_ids_of_63_bits(self, labels, library):
        largest = 2**63 - 1
        load(labels, library, "human", row(1, id=largest), row(2, id=0))

        assert labels.known_families(library.id, [largest, 0, 5]) == {largest: 0, 0: 0}
        assert set(labels.labels_for(library.id, [largest, 0])) == {largest, 0}

    def test_are_in_the_order_they_came(self, labels, library):
        load(labels, library, "human", row(9, position=2), row(8, position=1))
        load(labels, library, "human", row(7, position=1))
        human = labels.organisms(library.id)[0].id

        assert [sequence.id for sequence in labels.sequences(human)] == [8, 9, 7]
        assert [sequence.id for sequence in labels.sequences(human, 2)] == [8, 9]

    def test_come_back_as_they_were_added(self, labels, library):
        rows = [row(1, family=2), row(2, has_vector=False, residues="")]
        load(labels, library, "human", *rows)

        assert labels.sequences(labels.organisms(library.id)[0].id) == rows

    def test_are_recalled_with_what_a_hit_tells(self, labels, library):
        load(labels, library, "human", row(3, family=6))

        assert labels.labels_for(library.id, [3, 4]) == {3: Label("human", 6, "gene_3", 12)}
        assert labels.labels_for(library.id, []) == {}

    def test_are_there_once(self, labels, library):
        load_id = begin(labels, library, "human", row(1))

        with pytest.raises(StoreError, match="failed while adding sequences"):
            labels.add_sequences(library.id, "human", load_id, [row(2), row(1)])

        assert labels.known_families(library.id, [1, 2]) == {1: 0}

    def test_are_taken_by_the_thousand(self, labels, library):
        rows = [row(number, residues="ACGT") for number in range(1, 2_502)]
        load(labels, library, "human", *rows)
        ids = [sequence.id for sequence in rows]

        assert labels.known_families(library.id, ids) == dict.fromkeys(ids, 0)
        assert set(labels.labels_for(library.id, ids)) == set(ids)
        assert counts(labels, library) == {"human": {0: 2_501}}

    def test_are_known_before_they_are_ready(self, labels, library):
        begin(labels, library, "human", row(1, family=3))

        assert labels.known_families(library.id, [1]) == {1: 3}

    def test_are_read_by_many_threads(self, labels, library):
        load(labels, library, "human", *[row(number) for number in range(1, 50)])

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: labels.labels_for(library.id, range(1, 50)), range(40)))

        assert all(len(result) == 49 for result in found)


class TestDatabase:
    def test_a_server_that_is_down_is_named_without_its_password(self):
        port = free_port()

        with pytest.raises(StoreError) as raised:
            Database(f"mysql+pymysql://lab:s3cret@127.0.0.1:{port}/genes", timeout=2)

        assert f"mysql+pymysql://lab:***@127.0.0.1:{port}/genes" in str(raised.value)
        assert "failed while opening it: Can't connect to MySQL server" in str(raised.value)
        assert "s3cret" not in str(raised.value)
        assert "\n" not in str(raised.value)

    @pytest.mark.mariadb
    def test_a_wrong_password_is_not_repeated(self, mariadb):
        mariadb.url("genes")

        with pytest.raises(StoreError, match="Access denied for user 'lab'") as raised:
            Database(f"mysql+pymysql://lab:s3cret@127.0.0.1:{mariadb.port}/genes", timeout=10)

        assert "s3cret" not in str(raised.value)

    @pytest.mark.mariadb
    def test_a_server_that_comes_back_is_used_again(self, own_mariadb):
        database = Database(own_mariadb.url("comes_back"), timeout=10)
        labels = LabelStore(database)
        add_library(labels, "default")
        own_mariadb.kill()

        with pytest.raises(StoreError, match="failed while listing the libraries"):
            labels.library_names()

        own_mariadb.start()
        assert labels.library_names() == ["default"]
        database.close()

    def test_a_file_that_is_no_database_stays_as_it_is(self, tmp_path):
        path = tmp_path / "labels.sqlite"
        path.write_text("my precious notes, much longer than a header of a database would be" * 9)
        before = path.read_text()

        with pytest.raises(StoreError, match="is damaged: file is not a database") as raised:
            Database(f"sqlite:///{path}", timeout=10)
        assert "from a backup" in raised.value.hint

        assert path.read_text() == before

    def test_tables_of_an_earlier_version_get_the_columns_that_came_later(
        self, labels, library, database, database_url
    ):
        load(labels, library, "human", row(1))
        with database.begin("going back") as connection:
            for table, column in [("organisms", "`partition`"), ("loads", "`by`")]:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
            connection.exec_driver_sql("DROP TABLE alembic_version")

        later = Database(database_url, timeout=10)

        (human,) = LabelStore(later).organisms(library.id)
        assert (human.name, human.count, human.partition) == ("human", 1, "human")
        load(LabelStore(later), library, "dog", row(2))
        assert labels.partitions(library.id) == {"human": "human", "dog": "dog"}
        later.close()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path):
        (tmp_path / "file").touch()

        with pytest.raises(StoreError, match="failed while opening it"):
            Database(f"sqlite:///{tmp_path / 'file' / 'labels.sqlite'}", timeout=10)

    def test_a_transaction_is_all_or_nothing(self, database):
        labels = LabelStore(database)
        library = add_library(labels, "default")

        def write_half() -> None:
            with database.begin("writing") as connection:
                connection.exec_driver_sql("DELETE FROM encoder_arrays")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_half()

        assert set(labels.encoder_state(library.id)) == set(ENCODER)
