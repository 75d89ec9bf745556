"""The vector store on Milvus Lite and a Milvus server."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray
from pymilvus.client.cache import GlobalCache
from pymilvus.client.entity_helper import sparse_rows_to_proto
from scipy.sparse import csr_array

from core.errors import StoreError
from core.stores.milvus import lite, lite_folder
from core.stores.milvus import vectors as module
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from core.stores.milvus.rows import to_query_rows
from core.stores.milvus.vectors import VectorStore
from tests.support.services import free_port

DIMENSION = 8
FLAT = VectorIndex()
TIMEOUT = 60.0
LITE = "lite"
SERVER = pytest.param("server", marks=pytest.mark.milvus_server)

Vectors = NDArray[np.float32]


def unit_vectors(count: int, seed: int, dimension: int = DIMENSION) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised


HUMAN = unit_vectors(60, seed=1)
DOG = unit_vectors(20, seed=2)
QUERIES = unit_vectors(10, seed=3)
HUMAN_IDS = list(range(60))
DOG_IDS = list(range(1_000, 1_020))
SECOND_LOAD = 40
"""From here on, the human vectors belong to load 2; all others to load 1."""


def best(queries: Vectors, vectors: Vectors, limit: int) -> tuple[NDArray[np.int64], Vectors]:
    """Rows of the largest inner products, and these; by plain arithmetic."""
    products = queries @ vectors.T
    rows = np.argsort(-products, axis=1)[:, :limit]
    return rows, np.take_along_axis(products, rows, axis=1)


def address_of(request, folder: Path) -> str:
    """Where the backend of this parameter is."""
    if request.param == LITE:
        return str(folder / "vectors.db")
    return str(request.getfixturevalue("milvus_server").uri)


def new_name() -> str:
    return f"vectors_{uuid4().hex}"


@pytest.fixture(scope="module", params=[LITE, SERVER])
def store(request, tmp_path_factory) -> Iterator[VectorStore]:
    store = VectorStore(address_of(request, tmp_path_factory.mktemp("lite")), "", TIMEOUT)
    yield store
    store.close()


@pytest.fixture(scope="module")
def filled(store) -> Iterator[str]:
    """A collection to read: 60 human vectors of two loads, 20 of dog, and an empty partition."""
    name = new_name()
    store.create(name, DIMENSION, FLAT, "made up")
    for partition in ("human", "dog", "empty"):
        store.add_partition(name, partition)
    store.upsert(name, "human", HUMAN_IDS[:SECOND_LOAD], 1, HUMAN[:SECOND_LOAD])
    store.upsert(name, "human", HUMAN_IDS[SECOND_LOAD:], 2, HUMAN[SECOND_LOAD:])
    store.upsert(name, "dog", DOG_IDS, 1, DOG)
    store.flush_and_index(name)
    yield name
    store.drop(name)


@pytest.fixture(scope="module")
def shared(store) -> Iterator[str]:
    """A collection to write to, where every test has a partition of its own."""
    name = new_name()
    store.create(name, DIMENSION, FLAT, "")
    yield name
    store.drop(name)


@pytest.fixture
def partition(store, shared) -> str:
    name = f"p_{uuid4().hex}"
    store.add_partition(shared, name)
    return name


@pytest.fixture
def ids() -> list[int]:
    """Ten ids that nothing else has, as large as ids can be."""
    first = uuid4().int % 2**62 + 2**62 - 10
    return list(range(first, first + 10))


class TestCreate:
    def test_what_it_is_can_be_asked(self, store, filled):
        assert store.description(filled) == "made up"

    def test_what_is_not_there_is_about_nothing(self, store):
        assert store.description("nothing") is None

    def test_what_is_made_while_one_looks_is_told(self, store, monkeypatch):
        name, has_collection = new_name(), store._client.has_collection

        def make_and_ask(collection: str) -> bool:
            store.create(collection, DIMENSION, FLAT, "just made")
            return bool(has_collection(collection))

        monkeypatch.setattr(store._client, "has_collection", make_and_ask)

        assert store.description(name) == "just made"
        store.drop(name)

    def test_never_replaces_a_collection(self, store, filled):
        with pytest.raises(StoreError, match="failed while creating a collection"):
            store.create(filled, DIMENSION + 1, FLAT, "another one")

        assert store.description(filled) == "made up"
        assert store.count(filled) == 80

    def test_keeps_any_description(self, store):
        name, about = new_name(), "línea 🧬 ünï, quoted \"'`\\, " + "long" * 40
        store.create(name, DIMENSION, FLAT, about)
        try:
            assert store.description(name) == about
        finally:
            store.drop(name)


class TestDrop:
    def test_takes_everything(self, store):
        name = new_name()
        store.create(name, DIMENSION, FLAT, "")
        store.upsert(name, "_default", [1], 1, QUERIES[:1])

        store.drop(name)

        assert store.description(name) is None

    def test_what_is_not_there_is_passed_over(self, store):
        store.drop("nothing")


class TestSearch:
    def test_is_exact_with_a_flat_index(self, store, filled):
        rows, products = best(QUERIES, HUMAN, limit=7)

        found = store.search(filled, ["human"], QUERIES, 7, FLAT)

        assert found.ids.tolist() == rows.tolist()
        assert found.scores == pytest.approx(products, abs=1e-5)
        assert (found.ids.dtype, found.scores.dtype) == (np.int64, np.float32)

    def test_partitions_are_searched_separately(self, store, filled):
        rows, products = best(QUERIES, DOG, limit=5)

        found = store.search(filled, ["dog"], QUERIES, 5, FLAT)

        assert found.ids.tolist() == (rows + DOG_IDS[0]).tolist()
        assert found.scores == pytest.approx(products, abs=1e-5)

    def test_partitions_are_searched_together(self, store, filled):
        rows, products = best(QUERIES, np.vstack([HUMAN, DOG]), limit=80)
        expected = np.array([*HUMAN_IDS, *DOG_IDS])[rows]

        found = store.search(filled, ["human", "dog"], QUERIES, 80, FLAT)

        assert found.ids.tolist() == expected.tolist()
        assert found.scores == pytest.approx(products, abs=1e-5)

    def test_leaves_out_the_loads_it_is_told_to(self, store, filled):
        rows, _ = best(QUERIES, HUMAN[:SECOND_LOAD], limit=7)

        found = store.search(filled, ["human"], QUERIES, 7, FLAT, without_loads=[2, 99])

        assert found.ids.tolist() == rows.tolist()

    def test_finds_nothing_where_every_load_is_left_out(self, store, filled):
        found = store.search(filled, ["human"], QUERIES[:1], 3, FLAT, without_loads=[1, 2])

        assert found.ids.tolist() == [[-1, -1, -1]]

    @pytest.mark.parametrize("limit", [25, 16_384])
    def test_pads_where_there_are_fewer_vectors_than_asked_for(self, store, filled, limit):
        found = store.search(filled, ["dog"], QUERIES[:2], limit, FLAT)

        assert found.ids.shape == found.scores.shape == (2, limit)
        assert sorted(found.ids[1, :20].tolist()) == DOG_IDS
        assert set(found.ids[:, 20:].ravel().tolist()) == {-1}
        assert not found.scores[:, 20:].any()

    def test_gives_no_more_than_milvus_can(self, store, filled):
        found = store.search(filled, ["dog"], QUERIES[:1], 20_000, FLAT)

        assert found.ids.shape == (1, 16_384)

    def test_an_empty_partition_has_no_neighbours(self, store, filled):
        found = store.search(filled, ["empty"], QUERIES[:1], 2, FLAT)

        assert found.ids.tolist() == [[-1, -1]]

    def test_no_queries_have_no_neighbours(self, store, filled):
        assert store.search(filled, ["human"], QUERIES[:0], 4, FLAT).ids.shape == (0, 4)

    def test_takes_more_queries_than_a_request_holds(self, store, filled, monkeypatch):
        monkeypatch.setattr(module, "_SEARCH_BATCH", 16)

        found = store.search(filled, ["human"], HUMAN, 1, FLAT)

        assert found.ids[:, 0].tolist() == HUMAN_IDS

    def test_serves_many_threads(self, store, filled):
        rows, _ = best(QUERIES, HUMAN, limit=3)

        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(lambda _: store.search(filled, ["human"], QUERIES, 3, FLAT), range(12))
            )

        assert all(result.ids.tolist() == rows.tolist() for result in found)

    def test_vectors_of_another_length_are_refused(self, store, filled):
        with pytest.raises(StoreError, match="failed while searching"):
            store.search(filled, ["human"], QUERIES[:, :4], 1, FLAT)

    def test_a_collection_that_is_not_there_is_an_error(self, store):
        with pytest.raises(StoreError, match="failed while searching"):
            store.search("nothing", ["human"], QUERIES, 1, FLAT)


class TestCount:
    @pytest.mark.parametrize(
        ("partition", "count"), [("human", 60), ("dog", 20), ("empty", 0), (None, 80)]
    )
    def test_by_partition_and_in_all(self, store, filled, partition, count):
        assert store.count(filled, partition) == count

    def test_a_collection_that_is_not_there_is_an_error(self, store):
        with pytest.raises(StoreError, match="failed while counting vectors"):
            store.count("nothing")


class TestIds:
    @pytest.mark.parametrize(("partition", "ids"), [("human", HUMAN_IDS), ("empty", [])])
    def test_are_those_of_a_partition(self, store, filled, partition, ids):
        assert store.ids(filled, partition) == set(ids)

    def test_are_listed_before_they_have_settled(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)
        assert store.ids(shared, partition) == set(ids)

    def test_more_than_one_answer_holds(self, store, shared, partition, monkeypatch):
        monkeypatch.setattr(module, "_LIST_BATCH", 3)
        spread = [number * (2**63 // 10) for number in range(10)]
        store.upsert(shared, partition, spread, 1, QUERIES)
        assert store.ids(shared, partition) == set(spread)
        store.delete(shared, spread)


class TestUpsert:
    def test_what_was_written_is_found_once_it_has_settled(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)
        store.flush_and_index(shared)

        found = store.search(shared, [partition], QUERIES, 1, FLAT)

        assert found.ids[:, 0].tolist() == ids

    def test_twice_is_once(self, store, shared, partition, ids):
        for _ in range(2):
            store.upsert(shared, partition, ids, 1, QUERIES)

        assert store.count(shared, partition) == 10
        found = store.search(shared, [partition], QUERIES, 20, FLAT)
        assert (found.ids >= 0).sum(axis=1).tolist() == [10] * 10

    def test_replaces_vector_and_load(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids[:1], 1, QUERIES[:1])
        store.upsert(shared, partition, ids[:1], 2, QUERIES[1:2])

        assert store.count(shared, partition) == 1
        found = store.search(shared, [partition], QUERIES[1:2], 1, FLAT, without_loads=[1])
        assert found.ids.tolist() == [ids[:1]]
        assert found.scores[0, 0] == pytest.approx(1, abs=1e-5)

    def test_takes_more_than_a_request_holds(self, store, shared, partition, ids, monkeypatch):
        monkeypatch.setattr(module, "_UPSERT_BYTES", 3 * QUERIES[0].nbytes)

        store.upsert(shared, partition, ids, 1, QUERIES)

        assert store.count(shared, partition) == 10
        found = store.search(shared, [partition], QUERIES, 1, FLAT)
        assert found.ids[:, 0].tolist() == ids

    def test_of_nothing_writes_nothing(self, store, shared, partition):
        store.upsert(shared, partition, [], 1, QUERIES[:0])

        assert store.count(shared, partition) == 0

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_refuses_what_is_not_finite(self, store, shared, partition, ids, value):
        vectors = QUERIES.copy()
        vectors[9, 7] = value

        with pytest.raises(ValueError, match="finite"):
            store.upsert(shared, partition, ids, 1, vectors)

        assert store.count(shared, partition) == 0

    def test_vectors_of_another_length_are_refused(self, store, shared, partition, ids):
        with pytest.raises(StoreError, match="failed while writing vectors"):
            store.upsert(shared, partition, ids, 1, QUERIES[:, :4])

        assert store.count(shared, partition) == 0

    def test_a_partition_that_is_not_there_is_an_error(self, store, shared, ids):
        with pytest.raises(StoreError, match="failed while writing vectors"):
            store.upsert(shared, "nowhere", ids, 1, QUERIES)


class TestDelete:
    def test_only_touches_these_ids(self, store, shared, partition, ids):
        other = f"{partition}_other"
        store.add_partition(shared, other)
        store.upsert(shared, partition, ids[:5], 1, QUERIES[:5])
        store.upsert(shared, other, ids[5:], 1, QUERIES[5:])

        store.delete(shared, [ids[0], ids[5]])

        assert store.count(shared, partition) == store.count(shared, other) == 4
        found = store.search(shared, [partition, other], QUERIES, 10, FLAT)
        assert set(found.ids.ravel().tolist()) == {*ids, -1} - {ids[0], ids[5]}

    def test_searches_miss_them_at_once(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)
        assert store.count(shared, partition) == 10

        store.delete(shared, ids)

        found = store.search(shared, [partition], QUERIES, 1, FLAT)
        assert set(found.ids.ravel().tolist()) == {-1}

    def test_what_is_not_there_is_passed_over(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids[:5], 1, QUERIES[:5])

        store.delete(shared, ids[4:])
        store.delete(shared, [])

        assert store.count(shared, partition) == 4

    def test_takes_more_ids_than_a_request_holds(self, store, shared, partition, ids, monkeypatch):
        monkeypatch.setattr(module, "_DELETE_BATCH", 3)
        store.upsert(shared, partition, ids, 1, QUERIES)

        store.delete(shared, ids[:8])

        assert store.count(shared, partition) == 2

    def test_what_was_deleted_can_come_back(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)
        store.delete(shared, ids)

        store.upsert(shared, partition, ids, 2, QUERIES)

        assert store.count(shared, partition) == 10
        found = store.search(shared, [partition], QUERIES, 1, FLAT, without_loads=[1])
        assert found.ids[:, 0].tolist() == ids


class TestPartitions:
    def test_adding_one_that_is_there_changes_nothing(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)

        store.add_partition(shared, partition)

        assert store.count(shared, partition) == 10

    def test_those_that_were_made_are_listed(self, store, filled):
        assert store.partitions(filled) == {"human", "dog", "empty"}

    def test_names_differ_by_case(self, store, shared, ids):
        human, shouted = f"human_{ids[0]}", f"HUMAN_{ids[0]}"
        for name in (human, shouted):
            store.add_partition(shared, name)
        store.upsert(shared, human, ids[:1], 1, QUERIES[:1])
        store.upsert(shared, shouted, ids[1:], 1, QUERIES[1:])

        assert (store.count(shared, human), store.count(shared, shouted)) == (1, 9)

    def test_dropping_one_takes_its_vectors_only(self, store, shared, partition, ids):
        other = f"{partition}_other"
        store.add_partition(shared, other)
        store.upsert(shared, partition, ids[:5], 1, QUERIES[:5])
        store.upsert(shared, other, ids[5:], 1, QUERIES[5:])

        store.drop_partition(shared, partition)

        assert store.count(shared, other) == 5
        found = store.search(shared, [other], QUERIES[5:], 1, FLAT)
        assert found.ids[:, 0].tolist() == ids[5:]

    def test_dropping_one_that_is_not_there_changes_nothing(self, store, shared):
        store.drop_partition(shared, "nowhere")

    def test_one_made_after_another_was_dropped_is_searched(self, store, shared, partition, ids):
        store.upsert(shared, partition, ids, 1, QUERIES)
        store.drop_partition(shared, partition)

        store.add_partition(shared, partition)
        store.upsert(shared, partition, ids[:2], 2, QUERIES[:2])
        store.flush_and_index(shared)

        found = store.search(shared, [partition], QUERIES[:2], 3, FLAT)
        assert found.ids[:, 0].tolist() == ids[:2]
        assert store.count(shared, partition) == 2


class TestIndexes:
    @pytest.mark.parametrize(
        ("index", "narrow", "wide", "least"),
        [
            (VectorIndex("IVF_FLAT", {"nlist": 64}), {"nprobe": 1}, {"nprobe": 64}, 1.0),
            (VectorIndex("IVF_SQ8", {"nlist": 64}), {"nprobe": 1}, {"nprobe": 64}, 0.9),
            (VectorIndex("HNSW", {"M": 4, "efConstruction": 16}), {"ef": 10}, {"ef": 512}, 0.95),
        ],
        ids=["IVF_FLAT", "IVF_SQ8", "HNSW"],
    )
    def test_search_as_wide_as_they_are_told_to(self, store, index, narrow, wide, least):
        vectors, queries = unit_vectors(2_000, seed=4), unit_vectors(50, seed=5)
        truth, _ = best(queries, vectors, limit=10)
        name = new_name()
        store.create(name, DIMENSION, index, "")
        store.upsert(name, "_default", range(2_000), 1, vectors)
        store.flush_and_index(name)
        while store._client.describe_index(name, "vector")["indexed_rows"] < 2_000:
            time.sleep(0.05)
        # Loaded anew, it searches the index and nothing else.
        store._client.release_collection(name)
        store._client.load_collection(name)

        def recall(parameters: dict[str, int]) -> float:
            searched = replace(index, search=parameters)
            found = store.search(name, ["_default"], queries, 10, searched)
            pairs = zip(found.ids.tolist(), truth.tolist(), strict=True)
            return float(np.mean([len({*ids} & {*rows}) / 10 for ids, rows in pairs]))

        assert recall(narrow) < recall(wide)
        assert recall(wide) >= least
        store.drop(name)

    @pytest.mark.parametrize("store", [LITE], indirect=True)
    @pytest.mark.parametrize("kind", ["IVF_FLAT", "IVF_SQ8", "HNSW"])
    def test_take_fewer_vectors_than_they_are_made_for(self, store, kind):
        name, index = new_name(), VectorIndex.of_kind(kind)
        store.create(name, DIMENSION, index, "")
        store.upsert(name, "_default", DOG_IDS, 1, DOG)
        store.flush_and_index(name)

        found = store.search(name, ["_default"], DOG, 1, index)

        assert found.ids[:, 0].tolist() == DOG_IDS
        store.drop(name)

    @pytest.mark.parametrize("store", [SERVER], indirect=True)
    @pytest.mark.parametrize(
        "index", [VectorIndex("HNSW", {"M": 100_000, "efConstruction": 8}), VectorIndex("ANNOY")]
    )
    def test_what_a_server_refuses_is_said_in_one_sentence(self, store, index):
        name = new_name()

        with pytest.raises(StoreError) as raised:
            store.create(name, DIMENSION, index, "")

        assert f"failed while creating a collection with the index {index.kind}: " in str(
            raised.value
        )
        assert "\n" not in str(raised.value)
        store.drop(name)


class TestSparseVectors:
    INDEX = VectorIndex(SPARSE_INDEX)

    @pytest.mark.parametrize("store", [LITE], indirect=True)
    def test_search_is_exact(self, store):
        generator = np.random.default_rng(6)
        dense = (generator.random((40, 30)) * (generator.random((40, 30)) < 0.3)).astype("f4")
        dense[:, 0] += 0.1  # No row is empty, and all have something in common.
        name = new_name()
        store.create(name, None, self.INDEX, "sparse")
        store.upsert(name, "_default", range(40), 1, csr_array(dense))
        store.flush_and_index(name)

        rows, products = best(dense[:5], dense, limit=6)
        found = store.search(name, ["_default"], csr_array(dense[:5]), 6, self.INDEX)

        assert found.ids.tolist() == rows.tolist()
        assert found.scores == pytest.approx(products, abs=1e-5)
        store.drop(name)

    def test_a_search_sends_the_bytes_that_pymilvus_makes_of_dicts(self):
        rows = csr_array(([0.5, 0.25, 1.0], [7, 2, 70_000], [0, 2, 2, 3]), shape=(3, 99_999))
        expected = sparse_rows_to_proto([{7: 0.5, 2: 0.25}, {}, {70_000: 1.0}]).contents
        assert to_query_rows(rows) == list(expected)

    @pytest.mark.parametrize("store", [SERVER], indirect=True)
    def test_a_server_that_is_too_old_is_refused(self, store):
        name = new_name()

        with pytest.raises(StoreError, match="has no sparse vectors"):
            store.create(name, None, self.INDEX, "sparse")

        assert store.description(name) is None


class TestSchemas:
    def test_one_of_a_store_that_was_there_before_is_forgotten(self, tmp_path):
        """As where Milvus Lite opens on the port of another store."""
        store = VectorStore(str(tmp_path / "vectors.db"), "", TIMEOUT)
        try:
            store.create("before", DIMENSION, FLAT, "")
            store.upsert("before", "_default", [1], 1, HUMAN[:1])
            (known,) = GlobalCache.schema._cache
            GlobalCache.schema.set(*known[:2], "after", GlobalCache.schema.get(*known))

            store.create("after", None, VectorIndex(SPARSE_INDEX), "")
            store.upsert("after", "_default", [1], 1, csr_array(np.abs(HUMAN[:1])))
            assert store.count("after") == 1
        finally:
            store.close()


class TestOpening:
    @pytest.fixture(params=[LITE, SERVER])
    def address(self, request, tmp_path) -> str:
        return address_of(request, tmp_path)

    def test_everything_survives_reopening(self, address):
        name = new_name()
        store = VectorStore(address, "", TIMEOUT)
        store.create(name, DIMENSION, FLAT, "made by the count encoder")
        store.add_partition(name, "dog")
        store.upsert(name, "dog", DOG_IDS, 1, DOG)
        store.flush_and_index(name)
        store.close()

        again = VectorStore(address, "", TIMEOUT)

        assert again.description(name) == "made by the count encoder"
        assert again.count(name, "dog") == 20
        assert again.search(name, ["dog"], DOG, 1, FLAT).ids[:, 0].tolist() == DOG_IDS
        again.drop(name)
        again.close()

    def test_a_closed_store_says_so(self, address):
        store = VectorStore(address, "", TIMEOUT)
        store.close()

        with pytest.raises(
            StoreError, match="failed while reading the description of a collection"
        ):
            store.description("nothing")

    def test_tells_its_version(self, store):
        assert "." in store.version()

    @pytest.mark.parametrize("store", [SERVER], indirect=True)
    def test_closing_one_store_leaves_the_others_of_a_server(self, store, filled):
        VectorStore(store.address, "", TIMEOUT).close()

        assert store.count(filled) == 80

    def test_no_server_there(self):
        address = f"http://127.0.0.1:{free_port()}"

        with pytest.raises(StoreError) as raised:
            VectorStore(address, "", timeout=2)

        assert str(raised.value).startswith(f"The vector store {address} failed while opening it: ")
        assert "GENEKIN_MILVUS_URI" in raised.value.hint

    def test_a_path_that_is_a_file(self, tmp_path):
        path = tmp_path / "vectors.db"
        path.write_text("not a store")

        with pytest.raises(StoreError, match=r"vectors\.db cannot be opened: Not a directory\."):
            VectorStore(str(path), "", TIMEOUT)

        assert path.read_text() == "not a store"

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()

        with pytest.raises(StoreError, match=r"vectors\.db cannot be opened: Not a directory\."):
            VectorStore(str(tmp_path / "file" / "vectors.db"), "", TIMEOUT)


class TestEmbeddedCrash:
    @pytest.mark.parametrize("kept", [0, 100, 700])
    @pytest.mark.parametrize("kind", ["IVF_FLAT", "IVF_SQ8", "HNSW"])
    def test_an_index_that_was_cut_short_is_made_anew(self, tmp_path, kind, kept):
        address, index = str(tmp_path / "vectors.db"), VectorIndex.of_kind(kind)
        store = VectorStore(address, "", TIMEOUT)
        store.create("genes", DIMENSION, index, "")
        store.add_partition("genes", "dog")
        store.upsert("genes", "dog", DOG_IDS, 1, DOG)
        store.flush_and_index("genes")
        store.close()
        (file,) = tmp_path.rglob("*.idx")
        file.write_bytes(file.read_bytes()[:kept])

        again = VectorStore(address, "", TIMEOUT)

        assert again.count("genes", "dog") == 20
        assert again.search("genes", ["dog"], DOG, 1, index).ids[:, 0].tolist() == DOG_IDS
        assert file.stat().st_size > kept
        again.close()

    def test_an_exact_index_has_no_file_that_a_disk_can_change(self, tmp_path):
        address = str(tmp_path / "vectors.db")
        store = VectorStore(address, "", TIMEOUT)
        store.create("genes", DIMENSION, FLAT, "")
        store.upsert("genes", "_default", DOG_IDS, 1, DOG)
        store.flush_and_index("genes")
        store.close()
        (data,) = tmp_path.rglob("data_*.parquet")
        file = data.parent.parent / "indexes" / f"{data.stem}.vector.flat.idx"
        assert not file.exists()
        file.parent.mkdir(exist_ok=True)
        with file.open("wb") as old:  # Of an earlier version, and changed.
            np.save(old, -DOG)

        again = VectorStore(address, "", TIMEOUT)
        assert again.search("genes", ["_default"], DOG, 1, FLAT).ids[:, 0].tolist() == DOG_IDS
        again.close()

    def test_a_damaged_collection_is_noted_and_leaves_the_others_alone(self, tmp_path):
        address = str(tmp_path / "vectors.db")
        store = VectorStore(address, "", TIMEOUT)
        for name in ("genes", "others"):
            store.create(name, DIMENSION, FLAT, name)
            store.upsert(name, "_default", DOG_IDS, 1, DOG)
            store.flush_and_index(name)
        store.close()
        (data,) = (tmp_path / "vectors.db" / "collections" / "genes").rglob("data_*.parquet")
        data.write_bytes(b"")

        again = VectorStore(address, "", TIMEOUT)
        assert [again.is_damaged(name) for name in ("genes", "others")] == [True, False]
        assert again.description("genes") is None
        assert again.count("others") == 20

        again.create("genes", DIMENSION, FLAT, "new")
        assert (again.is_damaged("genes"), again.description("genes")) == (False, "new")
        assert again.count("genes") == 0
        again.close()

    def test_a_store_that_cannot_be_opened_is_let_go_of(self, tmp_path, monkeypatch):
        address = str(tmp_path / "vectors.db")

        def fail(path: Path) -> NoReturn:
            raise OSError(5, "Input/output error", str(path))

        with monkeypatch.context() as patch:
            patch.setattr(lite_folder, "collection_names", fail)
            with pytest.raises(StoreError, match="failed while opening it: "):
                VectorStore(address, "", TIMEOUT)
        VectorStore(address, "", TIMEOUT).close()


class TestEmbeddedLock:
    """One process at a time can open an embedded store."""

    @pytest.fixture
    def path(self, tmp_path) -> str:
        return str(tmp_path / "vectors.db")

    @pytest.fixture
    def open_elsewhere(self, path) -> Callable[[], subprocess.CompletedProcess[str]]:
        """Open the store in a process of its own, and close it."""
        code = (
            "import sys\n"
            "from core.errors import StoreError\n"
            "from core.stores.milvus.vectors import VectorStore\n"
            "try:\n"
            "    VectorStore(sys.argv[1], '', 10).close()\n"
            "except StoreError as error:\n"
            "    print(error)\n"
            "else:\n"
            "    print('opened')\n"
        )
        command = [sys.executable, "-c", code, path]
        return lambda: subprocess.run(command, capture_output=True, text=True, check=True)

    def test_a_second_process_is_refused_until_the_first_has_closed(self, path, open_elsewhere):
        store = VectorStore(path, "", TIMEOUT)
        store.create("genes", DIMENSION, FLAT, "")
        refused = open_elsewhere()
        store.close()
        opened = open_elsewhere()

        assert refused.stdout == (
            f"Another GeneKin process has the embedded store {path} open. Close it first, or set"
            " GENEKIN_MILVUS_URI to a Milvus server to share one.\n"
        )
        assert refused.stderr == ""
        assert opened.stdout == "opened\n"

    def test_the_slower_of_two_that_open_it_at_once_is_told_who_has_it(
        self, path, tmp_path, monkeypatch
    ):
        """The other takes the lock after this one has found it free."""
        with ExitStack() as stack:

            def open_elsewhere() -> None:
                Path(path).mkdir()
                lock = stack.enter_context((Path(path) / "LOCK").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)

            monkeypatch.setattr(lite, "adapt", open_elsewhere)
            with pytest.raises(StoreError, match="Another GeneKin process has the embedded store"):
                VectorStore(path, "", TIMEOUT)

    def test_a_store_is_not_opened_twice_in_a_process_either(self, path):
        store = VectorStore(path, "", TIMEOUT)
        store.create("genes", DIMENSION, FLAT, "still here")

        with pytest.raises(StoreError, match="has the embedded store"):
            VectorStore(path, "", TIMEOUT)

        assert store.description("genes") == "still here"
        store.close()
