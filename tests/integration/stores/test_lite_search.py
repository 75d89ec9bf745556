"""The compiled search of Milvus Lite finds what its own search finds, in every state of a store."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from milvus_lite._version import get_version
from milvus_lite.engine.collection import Collection
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.stores.milvus import lite
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from core.stores.milvus.vectors import Neighbours, VectorStore

KEYS = 60
"""Few, so that many products are equal."""
PARTITIONS = ("human", "dog")
INDEX = VectorIndex(SPARSE_INDEX)


def vectors(count: int, generator: np.random.Generator) -> csr_array:
    """Make sparse vectors of few different weights."""
    weights = generator.integers(1, 5, size=(count, KEYS)) / 4
    present = generator.random((count, KEYS)) < 0.15
    present[:, generator.integers(KEYS)] = True  # None is empty.
    return csr_array((weights * present).astype(np.float32))


@pytest.fixture(params=range(2))
def generator(request) -> np.random.Generator:
    return np.random.default_rng(request.param)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VectorStore]:
    store = VectorStore(str(tmp_path / "vectors.db"), "", 60)
    store.create("genes", None, INDEX, "made up")
    for partition in PARTITIONS:
        store.add_partition("genes", partition)
    yield store
    store.close()


def upsert(store: VectorStore, ids: NDArray[np.int64], load: int, generator) -> None:
    partition = PARTITIONS[int(generator.integers(2))]
    store.upsert("genes", partition, ids.tolist(), load, vectors(ids.size, generator))


def search_both(monkeypatch, search) -> tuple[Neighbours, Neighbours]:
    compiled = search()
    with monkeypatch.context() as patch:
        patch.setattr(Collection, "_search_sparse", lite._search_in_python)
        return compiled, search()


def test_milvus_lite_searches_compiled_postings(store):
    assert store.embedded
    assert Collection._search_sparse is lite._search_sparse


def test_hits_are_equal_while_a_store_is_written_to(store, generator, monkeypatch):
    queries = vectors(20, generator)

    def check() -> None:
        for partitions, limit, without in (
            (PARTITIONS, 5, ()),
            (PARTITIONS[:1], 200, ()),
            (PARTITIONS, 7, (2,)),
            (PARTITIONS, 7, (1, 2, 3)),
        ):
            compiled, python = search_both(
                monkeypatch,
                lambda partitions=partitions, limit=limit, without=without: store.search(
                    "genes", partitions, queries, limit, INDEX, without_loads=without
                ),
            )
            np.testing.assert_array_equal(compiled.ids, python.ids)
            np.testing.assert_array_equal(compiled.scores, python.scores)

    check()  # An empty collection.
    for load in (1, 2, 3):
        upsert(store, generator.permutation(80)[:50], load, generator)
        check()  # Rows in memory; from the second time on they replace some on disk.
        store.delete("genes", generator.permutation(80)[:5].tolist())
        check()  # Deleted in memory and on disk.
        store.flush_and_index("genes")
        check()
        store.delete("genes", generator.permutation(80)[:5].tolist())
        check()  # The deletions are not on disk.
    store.drop_partition("genes", PARTITIONS[0])
    store.add_partition("genes", PARTITIONS[0])
    check()


def test_hits_are_equal_after_reopening(tmp_path, generator, monkeypatch):
    path = str(tmp_path / "vectors.db")
    store = VectorStore(path, "", 60)
    store.create("genes", None, INDEX, "made up")
    store.add_partition("genes", "human")
    store.upsert("genes", "human", list(range(40)), 1, vectors(40, generator))
    store.flush_and_index("genes")
    store.delete("genes", [3, 5])
    store.upsert("genes", "human", [7, 50], 2, vectors(2, generator))
    store.close()
    store = VectorStore(path, "", 60)
    queries = vectors(20, generator)
    compiled, python = search_both(
        monkeypatch, lambda: store.search("genes", ["human"], queries, 50, INDEX)
    )
    store.close()
    np.testing.assert_array_equal(compiled.ids, python.ids)
    np.testing.assert_array_equal(compiled.scores, python.scores)
    found = set(compiled.ids[compiled.ids >= 0].tolist())
    assert {3, 5}.isdisjoint(found)
    assert {7, 50} <= found


def test_other_versions_keep_their_own_search(monkeypatch):
    monkeypatch.setattr(Collection, "_search_sparse", lite._search_in_python)
    monkeypatch.setattr(lite, "get_version", lambda: "3.2.3")
    lite.adapt()
    assert Collection._search_sparse is lite._search_in_python


def test_the_installed_version_is_the_tested_one():
    assert get_version() == lite._TESTED_VERSION
