"""Repair: make both stores of a library agree after one of them lost something.

Interrupted work is undone or finished first. Then the rows decide, since they have the sequences:
a row that lacks its vector is encoded again, and a vector without a row is deleted. So a collection
that was dropped is made again in full, and one from an older backup is brought up to date. A row
whose residues do not have its id, which is made of them, is named: nothing can restore it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.access import Action
from core.library.create import create_collection
from core.library.manager import Libraries
from core.library.recovery import RecoveryReport, recover
from core.library.room import load_room
from core.library.stored_state import read_index
from core.library.writer import check_vector_count, write_vectors
from core.progress import Progress, no_progress
from core.sequences.records import sequence_id
from core.stores.locks import write_lock
from core.stores.sql import LibraryRow, OrganismRow, SequenceRow

_MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class RepairReport:
    """Differences between the stores that were found and repaired.

    Attributes
    ----------
    interrupted
        What was under way when a process died.
    sequences
        Sequences that the library has.
    vectors_written
        Of those, the ones whose vectors were lost.
    vectors_deleted
        Vectors that belonged to no sequence.
    collection_made
        True if there were no vectors at all.
    damaged
        Organism and name of the sequences whose residues were changed in the database.
    library_removed
        True if nothing of the library was left: its first load, or its deletion, was interrupted.
    """

    library: str
    interrupted: RecoveryReport
    sequences: int
    vectors_written: int
    vectors_deleted: int
    collection_made: bool
    damaged: tuple[str, ...] = ()
    library_removed: bool = False


DAMAGED_HINT = "Load their organisms again with --replace, or restore the database from a backup."


def damaged_text(report: RepairReport) -> str:
    """Return which sequences are damaged in the database."""
    named = ", ".join(report.damaged[:_MAX_NAMED])
    others = " and others" if len(report.damaged) > _MAX_NAMED else ""
    return (
        f"Sequences of the library {report.library!r} were changed in the database"
        f" ({len(report.damaged):,}): {named}{others}."
    )


def repair(
    libraries: Libraries,
    name: str,
    *,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> RepairReport:
    """Make the vectors of a library agree with its rows.

    Raises
    ------
    ForbiddenError
        If the user may not.
    LibraryError
        If there is no such library, or its collection in Milvus was made by another encoder.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        repaired until then stays repaired.
    """
    libraries.require(Action.REPAIR, name)
    with write_lock(libraries.stores.database.engine, name, timeout):
        interrupted = recover(libraries.stores, libraries.library_row(name))
        row = libraries.stores.labels.library(name)
        if row is None:
            return RepairReport(
                name, interrupted, 0, 0, 0, collection_made=False, library_removed=True
            )
        with libraries.stores.disk.lent_reserve():
            report = _Repair(libraries, row, progress).run(interrupted)
    restored = f"{report.vectors_written:,} vectors restored, {report.vectors_deleted:,} deleted"
    libraries.record(Action.REPAIR, name, restored)
    return report


class _Repair:
    """The repair of one library, organism by organism."""

    def __init__(self, libraries: Libraries, row: LibraryRow, progress: Progress) -> None:
        self._libraries = libraries
        self._labels = libraries.stores.labels
        self._vectors = libraries.stores.vectors
        self._row = row
        self._progress = progress
        self._organisms = self._labels.organisms(row.id)
        self._total = sum(organism.count for organism in self._organisms)
        self._done = self._written = self._deleted = 0
        self._damaged: list[str] = []

    def run(self, interrupted: RecoveryReport) -> RepairReport:
        """Compare and repair all organisms."""
        collection = self._row.collection
        made = self._make_collection()
        self._drop_unknown_partitions()
        expected = [(organism, self._repair(organism)) for organism in self._organisms]
        if self._written or self._deleted:
            self._progress("Indexing", self._total, self._total)
            self._vectors.flush_and_index(collection)
            for organism, count in expected:
                check_vector_count(
                    self._vectors, collection, organism.partition, count, organism.name
                )
        return RepairReport(
            self._row.name,
            interrupted,
            self._total,
            self._written,
            self._deleted,
            collection_made=made,
            damaged=tuple(self._damaged),
        )

    def _make_collection(self) -> bool:
        """Create the collection if it is missing or damaged; return True if it was."""
        collection = self._row.collection
        if self._vectors.description(collection) is not None:
            self._libraries.check_collection(self._row)
            if self._vectors.has_index(collection):
                return False
            self._vectors.drop(collection)  # Milvus Lite lost its manifest.
        encoder = self._libraries.encoder(self._row)
        index = read_index(self._row)
        create_collection(self._libraries.stores, collection, self._row.name, encoder, index)
        return True

    def _drop_unknown_partitions(self) -> None:
        """Drop the partitions of organisms that the library does not have."""
        known = {organism.partition for organism in self._organisms}
        for partition in self._vectors.partitions(self._row.collection) - known:
            self._deleted += self._vectors.count(self._row.collection, partition)
            self._vectors.drop_partition(self._row.collection, partition)

    def _repair(self, organism: OrganismRow) -> int:
        """Compare an organism's vectors with its rows; return how many it should have."""
        collection, partition = self._row.collection, organism.partition
        self._vectors.add_partition(collection, partition)
        ids = self._vectors.ids(collection, partition)
        sequences = self._labels.sequences(organism.id)
        rows = {row.id: row for row in sequences if row.has_vector}
        self._damaged += (
            f"{organism.name}: {row.name}"
            for row in sequences
            if row.id != sequence_id(partition, row.residues)
        )
        unknown = sorted(ids - rows.keys())
        self._vectors.delete(collection, unknown)
        self._deleted += len(unknown)
        order = self._labels.ids_in_write_order(organism.id)
        lost = [rows[number] for number in order if number in rows and number not in ids]
        if lost:
            self._require_room(lost)
            write_vectors(
                self._vectors,
                self._libraries.encoder(self._row),
                lost,
                collection=collection,
                partition=partition,
                progress=self._progress,
            )
            self._written += len(lost)
        self._done += organism.count
        self._progress("Comparing", self._done, self._total)
        return len(rows)

    def _require_room(self, lost: Sequence[SequenceRow]) -> None:
        """Check that the disk has room for lost vectors, with the reserve left for removals."""
        room = load_room(self._row.encoder, (row.residues for row in lost), with_labels=False)
        action = f"restoring {len(lost):,} vectors of the library {self._row.name!r}"
        self._libraries.stores.require_room(room, action)
