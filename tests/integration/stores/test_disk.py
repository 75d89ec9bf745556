"""The disk of embedded stores, without the stores."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StoreError
from core.settings import Settings
from core.stores.disk import RESERVE_NAME, Disk, Room
from core.stores.milvus.index import VectorIndex
from core.stores.milvus.vectors import VectorStore
from tests.support.small_disk import fill, make_room, small_disk

# Milvus Lite leaves the log of a failed flush open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

MB = 1 << 20
SIZE = 2 * MB


@pytest.fixture
def folder(tmp_path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 16) as folder:
        yield folder


@pytest.fixture
def disk(folder) -> Disk:
    return Disk(folder, folder, SIZE)


def reserve(folder: Path) -> int:
    file = folder / RESERVE_NAME
    return file.stat().st_size if file.exists() else 0


class TestReserve:
    def test_takes_room(self, disk, folder):
        before = shutil.disk_usage(folder).free

        disk.keep_reserve()

        assert reserve(folder) == SIZE
        assert before - shutil.disk_usage(folder).free >= SIZE

    def test_is_not_made_on_a_disk_that_is_almost_full(self, disk, folder):
        fill(folder, SIZE + MB)

        disk.keep_reserve()

        assert reserve(folder) == 0

    def test_is_lent_where_room_is_scarce_and_taken_back(self, disk, folder):
        disk.keep_reserve()
        fill(folder)

        with disk.lent_reserve():
            assert reserve(folder) == 0
            with disk.lent_reserve():
                assert shutil.disk_usage(folder).free >= SIZE
            assert reserve(folder) == 0

        assert reserve(folder) == SIZE
        assert shutil.disk_usage(folder).free < MB

    def test_is_taken_back_as_far_as_there_is_room(self, disk, folder):
        disk.keep_reserve()
        fill(folder)

        with disk.lent_reserve():
            (folder / "written").write_bytes(bytes(MB))

        assert 0 < reserve(folder) <= MB

    def test_stays_where_there_is_room(self, disk, folder):
        disk.keep_reserve()

        with disk.lent_reserve():
            assert reserve(folder) == SIZE

    def test_is_not_for_servers(self, tmp_path):
        disk = Disk(None, None, SIZE)

        disk.keep_reserve()
        with disk.lent_reserve():
            disk.require(Room(1 << 60, 1 << 60, 1 << 60), "loading")

        assert list(tmp_path.iterdir()) == []

    def test_can_be_turned_off(self, folder):
        Disk(folder, folder, 0).keep_reserve()

        assert list(folder.iterdir()) == []


class TestRequire:
    def test_counts_both_stores_of_a_disk(self, disk, folder):
        disk.keep_reserve()
        free = shutil.disk_usage(folder).free
        disk.require(Room(free // 2, free // 3, 0), "loading")

        with pytest.raises(StoreError, match="Loading needs about"):
            disk.require(Room(free // 2, free // 3, free // 3), "loading")

    def test_leaves_room_for_a_missing_reserve(self, disk, folder):
        free = shutil.disk_usage(folder).free

        with pytest.raises(StoreError):
            disk.require(Room(free - MB, 0, 0), "loading")
        disk.require(Room(free - SIZE - MB, 0, 0), "loading")

    def test_tells_stores_on_different_disks_apart(self, folder, tmp_path):
        disk = Disk(tmp_path, folder, 0)

        disk.require(Room(20 * MB, MB, 0), "loading")
        with pytest.raises(StoreError, match="Loading needs about") as raised:
            disk.require(Room(MB, 20 * MB, 0), "loading")

        assert f"on the disk of {folder}, which has" in raised.value.message


class TestFolders:
    def test_are_those_of_embedded_stores(self, tmp_path):
        settings = Settings(home=tmp_path)
        assert (settings.labels_folder, settings.vectors_folder) == (tmp_path, tmp_path)

        elsewhere = Settings(
            home=tmp_path, database_url="sqlite:////data/labels.sqlite", milvus_uri="/vectors/v.db"
        )
        assert elsewhere.labels_folder == Path("/data")
        assert elsewhere.vectors_folder == Path("/vectors")

    def test_are_none_for_servers(self, tmp_path):
        settings = Settings(
            home=tmp_path,
            database_url="mysql+pymysql://lab@mysql/genes",
            milvus_uri="http://milvus:19530",
        )

        assert (settings.labels_folder, settings.vectors_folder) == (None, None)


class TestMilvusLite:
    @pytest.fixture
    def vectors(self, folder) -> Iterator[VectorStore]:
        store = VectorStore(str(folder / "vectors.db"), "", 10)
        store.create("genes", 64, VectorIndex(), "test")
        store.add_partition("genes", "human")
        yield store
        store.close()

    @staticmethod
    def upsert(vectors: VectorStore, first: int, count: int) -> list[int]:
        import numpy as np

        ids = list(range(first, first + count))
        values = np.random.default_rng(first).random((count, 64), dtype=np.float32)
        vectors.upsert("genes", "human", ids, 1, values)
        return ids

    def test_a_collection_with_unwritten_vectors_is_dropped_on_a_full_disk(self, vectors, folder):
        self.upsert(vectors, 0, 5_000)
        fill(folder, 50_000)

        vectors.drop("genes")

        assert vectors.description("genes") is None
        assert shutil.disk_usage(folder).free > MB

    def test_deleted_vectors_stay_deleted_when_later_ones_cannot_be_written(self, vectors, folder):
        deleted = self.upsert(vectors, 0, 100)
        vectors.flush_and_index("genes")
        vectors.delete("genes", deleted)
        self.upsert(vectors, 1_000, 5_000)
        fill(folder, 50_000)
        with pytest.raises(StoreError, match="indexing the vectors"):
            vectors.flush_and_index("genes")
        make_room(folder)

        self.upsert(vectors, 10_000, 10)
        vectors.flush_and_index("genes")

        assert vectors.ids("genes", "human").isdisjoint(deleted)
