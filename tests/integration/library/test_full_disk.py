"""Embedded stores on a disk that is full, or that something else fills meanwhile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import StoreError
from core.library.archive import export_library, import_library
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.library.room import load_room
from core.library.summary import summarize_all
from core.progress import Progress
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.disk import RESERVE_NAME
from core.stores.sql import LabelStore, SequenceRow
from core.stores.sql.database import Database
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.evolution import members
from tests.support.killing import look
from tests.support.small_disk import Usage, fill, make_room, small_disk
from tests.support.synthetic import dna, genes

# Milvus Lite leaves the log of a failed flush open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

RESERVE_MB = 8
FULL = r"is full|No space left"


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 96) as folder:
        yield folder


@pytest.fixture
def settings(disk) -> Settings:
    return Settings(home=disk, disk_reserve_mb=RESERVE_MB)


@pytest.fixture
def libraries(settings) -> Iterator[Libraries]:
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        references = {"human": genes("human", 200), "dog": genes("dog", 100)}
        load(libraries, references, library="lab", encoder="count")
        yield libraries


def filling(disk: Path, step: str, leave: int = 0) -> Progress:
    """A disk that something else fills as soon as a step of the operation has begun."""

    def progress(name: str, done: int, total: int) -> None:
        if name == step:
            fill(disk, leave)

    return progress


def require_freeable(libraries: Libraries, disk: Path, tmp_path: Path) -> None:
    """Check that the library is as it was, and that a full disk can be freed."""
    assert [library.problem for library in summarize_all(libraries)] == [""]
    repair(libraries, "lab")
    found = contents(libraries, "lab")
    require_agreement(found)
    assert {name: len(rows) for name, rows in found.sequences.items()} == {"human": 200, "dog": 100}
    assert export_library(libraries, "lab", tmp_path / "lab.zip") == 300
    assert libraries.remove_organism("lab", "dog") == 100
    assert look(libraries, "lab")
    assert libraries.delete("lab") == 200


class TestAfterAFailure:
    @pytest.mark.parametrize("leave", [0, 50_000, 300_000])
    @pytest.mark.parametrize(
        "references", [{"human": genes("more", 600)}, {"cat": genes("c", 900)}]
    )
    def test_of_a_load(self, libraries, disk, tmp_path, references, leave):
        progress = filling(disk, "Loading", leave)
        with pytest.raises(StoreError, match=FULL):
            load(libraries, references, library="lab", progress=progress)

        require_freeable(libraries, disk, tmp_path)

    @pytest.mark.parametrize("step", ["Encoding", "Indexing"])
    def test_of_a_refit(self, libraries, disk, tmp_path, step):
        with pytest.raises(StoreError, match=FULL):
            refit(libraries, "lab", progress=filling(disk, step))

        require_freeable(libraries, disk, tmp_path)

    def test_in_another_process(self, libraries, settings, disk, tmp_path):
        with pytest.raises(StoreError, match=FULL):
            refit(libraries, "lab", progress=filling(disk, "Indexing"))
        libraries.stores.close()

        with Stores(settings) as stores:
            require_freeable(Libraries(stores), disk, tmp_path)


class TestOnAFullDisk:
    def test_the_stores_open_and_can_be_freed(self, libraries, settings, disk, tmp_path):
        libraries.stores.close()
        fill(disk)

        with Stores(settings) as stores:
            require_freeable(Libraries(stores), disk, tmp_path)

    def test_the_reserve_is_given_up_only_meanwhile(self, libraries, disk):
        reserve = disk / RESERVE_NAME
        assert reserve.stat().st_size == RESERVE_MB << 20
        fill(disk)

        libraries.remove_organism("lab", "dog")

        assert reserve.stat().st_size > (RESERVE_MB << 20) / 2
        make_room(disk)
        libraries.stores.disk.keep_reserve()
        assert reserve.stat().st_size == RESERVE_MB << 20


class TestGuard:
    def test_a_load_that_cannot_fit_is_not_begun(self, libraries, disk):
        fill(disk, 3_000_000)
        before = contents(libraries, "lab")

        with pytest.raises(StoreError, match="it was not begun") as raised:
            load(libraries, {"cat": genes("cat", 900)}, library="lab")

        assert str(raised.value).startswith("Loading 900 sequences into the library 'lab' needs")
        assert "3.0 MB free" in raised.value.message
        assert "Make room on the disk" in raised.value.hint
        assert contents(libraries, "lab") == before

    def test_nor_a_new_library(self, libraries, disk):
        fill(disk, 3_000_000)

        with pytest.raises(StoreError, match="it was not begun"):
            load(libraries, {"cat": genes("cat", 900)}, library="new", encoder="count")

        assert libraries.names() == ["lab"]

    def test_nor_a_refit(self, libraries, disk):
        fill(disk, 500_000)
        before = contents(libraries, "lab")

        with pytest.raises(StoreError, match="Refitting the library 'lab' needs about"):
            refit(libraries, "lab")

        assert contents(libraries, "lab") == before

    def test_nor_an_import(self, libraries, settings, disk, tmp_path):
        archive = tmp_path / "lab.zip"
        export_library(libraries, "lab", archive)
        fill(disk, 500_000)

        with pytest.raises(StoreError, match="Importing 300 sequences into the library 'new'"):
            import_library(libraries, archive, "new", limits=Limits.of_disk(settings))

        assert libraries.names() == ["lab"]

    def test_a_load_of_what_is_there_already_needs_nothing(self, libraries, disk):
        fill(disk, 500_000)

        load(libraries, {"dog": genes("dog", 100)}, library="lab")


def records(count: int, length: int) -> list[Record]:
    return [
        Record("", dna(f"{length} {number}", length), number, number + 1, number % 3)
        for number in range(1, count + 1)
    ]


class TestEstimate:
    """Enough for a load, and not so much that it refuses one for which there is room."""

    @pytest.fixture
    def libraries(self, tmp_path) -> Iterator[Libraries]:
        with (
            small_disk(tmp_path / "disk", 512) as disk,
            Stores(Settings(home=disk, disk_reserve_mb=0)) as stores,
        ):
            self.disk = disk
            yield Libraries(stores)

    def require_close(self, estimate: int, operation: Callable[[], object]) -> None:
        with Usage(self.disk) as usage:
            operation()
        assert usage.peak < estimate < 4 * usage.peak + 8_000_000

    @pytest.mark.parametrize(("count", "length"), [(50, 300), (3_000, 300), (1_500, 6_000)])
    def test_of_a_new_library(self, libraries, count, length):
        new = records(count, length)
        room = load_room("count", (record.residues for record in new), with_state=True)

        self.require_close(
            room.labels + room.vectors + room.log,
            lambda: load(libraries, {"human": new}, library="lab", encoder="count"),
        )

    def test_of_sparse_vectors(self, libraries):
        load(libraries, {"human": members("human")}, library="lab", encoder="translated")
        new = records(2_000, 1_500)
        room = load_room("translated", (record.residues for record in new))

        self.require_close(
            room.labels + room.vectors + room.log,
            lambda: load(libraries, {"dog": new}, library="lab"),
        )

    def test_of_a_refit(self, libraries):
        new = records(3_000, 600)
        load(libraries, {"human": new}, library="lab", encoder="count")
        residues = (record.residues for record in new)
        room = load_room("count", residues, with_state=True, with_labels=False)

        self.require_close(room.labels + room.vectors + room.log, lambda: refit(libraries, "lab"))

    def test_of_room_that_removed_sequences_left(self, libraries):
        load(libraries, {"human": records(2_000, 6_000)}, library="lab", encoder="count")
        assert libraries.stores.database.free_bytes() < 1_000_000

        libraries.delete("lab")

        assert libraries.stores.database.free_bytes() > 12_000_000


class TestRemoval:
    @pytest.fixture
    def labels(self, disk) -> Iterator[LabelStore]:
        database = Database(f"sqlite:///{disk / 'labels.sqlite'}", timeout=10)
        yield LabelStore(database)
        database.close()

    def test_its_log_does_not_grow_with_the_library(self, labels, disk):
        """The sequences of two organisms lie among each other in the table."""
        library = labels.add_library(
            "lab", collection="lab", encoder="count", fingerprint="", state={}, index={}
        )
        organisms = {"cat": "cat", "cow": "cow"}
        load_id = labels.begin_load(library.id, "", organisms)
        for first, organism in enumerate(organisms):
            rows = [
                SequenceRow(2 * number + first, 1, 0, "", dna(number, 1_000), True)
                for number in range(8_000)
            ]
            for start in range(0, 8_000, 500):
                labels.add_sequences(library.id, organism, load_id, rows[start : start + 500])
        labels.finish_load(library.id, load_id, {})
        cow = labels.organisms(library.id)[1]
        labels.mark_removing(cow.id)

        with Usage(disk) as usage:
            labels.remove_organism(cow.id)

        assert usage.peak < 3_000_000
        assert [row.name for row in labels.organisms(library.id)] == ["cat"]
