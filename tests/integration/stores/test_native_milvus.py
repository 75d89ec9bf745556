"""The default encoder on the sparse index of Milvus's compiled engine."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from core.classify import classify
from core.library.load import load
from core.library.manager import Libraries
from core.sequences.records import Record
from core.settings import Settings
from core.stores.milvus.index import SPARSE_INDEX, VectorIndex
from core.stores.stores import Stores
from core.tracing.tracer import trace
from tests.support.evolution import FAMILIES, member, members
from tests.support.native_milvus import (
    NativeMilvus,
    NativeStore,
    native_milvus_missing,
    open_native,
)
from tests.support.services import require
from tests.support.synthetic import dna

HUMAN = {"human": members("human", 3, 20)}
SEQUENCES = [
    *(member(family, "near", 0.1) for family in range(3)),
    *(member(family, "far", 0.45) for family in range(3)),
    dna("noise", 400),
    "N" * 50,
]
QUERIES = [
    Record(f"query {number}", residues, number, number)
    for number, residues in enumerate(SEQUENCES, start=1)
]
WEIGHTS = np.eye(4, dtype=np.float32)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    require(native_milvus_missing())
    with NativeMilvus(tmp_path_factory.mktemp("native")) as engine:
        yield engine


@pytest.fixture(scope="module")
def native(engine, tmp_path_factory):
    """Libraries of the engine."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), milvus_uri=engine.uri)
    with open_native(settings) as stores:
        libraries = Libraries(stores)
        load(libraries, HUMAN, families=FAMILIES)
        yield libraries


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    with Stores(Settings(home=tmp_path_factory.mktemp("embedded"))) as stores:
        libraries = Libraries(stores)
        load(libraries, HUMAN, families=FAMILIES)
        yield libraries


class TestNativeMilvus:
    def test_finds_the_same_hits_as_milvus_lite(self, native, embedded):
        found = native.open().search(SEQUENCES, limit=20)
        for hits, known in zip(found, embedded.open().search(SEQUENCES, limit=20), strict=True):
            assert [hit.id for hit in hits] == [hit.id for hit in known]
            assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in known])

    def test_classify_and_trace_answer_the_same(self, native, embedded):
        calls = classify(native.open(), QUERIES)
        assert [call.family for call in calls[:3]] == list(FAMILIES.values())[:3]
        assert calls == classify(embedded.open(), QUERIES)
        results = zip(trace(native.open(), QUERIES), trace(embedded.open(), QUERIES), strict=True)
        for result, known in results:
            closest = {organism: hit.id for organism, hit in result.closest.items()}
            assert closest == {organism: hit.id for organism, hit in known.closest.items()}
            assert (result.identity, result.problem) == (known.identity, known.problem)

    def test_leaves_out_what_was_deleted_or_is_being_loaded(self, engine):
        store = NativeStore(engine.uri, "", 10)
        index = VectorIndex.of_kind(SPARSE_INDEX)
        store.create("genekin_parts", None, index, "in parts")
        store.upsert("genekin_parts", "human", [1, 2], 1, csr_array(WEIGHTS[:2]))
        store.upsert("genekin_parts", "human", [3, 4], 2, csr_array(WEIGHTS[2:]))
        store.flush_and_index("genekin_parts")
        store.delete("genekin_parts", [1])
        query = csr_array(np.ones((1, 4), dtype=np.float32))

        def found(**options):
            neighbours = store.search("genekin_parts", ["human"], query, 10, index, **options)
            return sorted(neighbours.ids[neighbours.ids >= 0].tolist())

        assert found() == [2, 3, 4]
        assert found(without_loads=[2]) == [2]
        assert store.ids("genekin_parts", "human") == {2, 3, 4}
        assert store.description("genekin_parts") == "in parts"
        store.drop("genekin_parts")
        assert store.description("genekin_parts") is None
        store.close()
