"""Mending: after the loss of a part of either store, both say the same again.

What a crash leaves under way is undone or finished first. Then the rows decide, since they have the
sequences: a row that is to have a vector and has none is encoded anew, and a vector that no row
knows is deleted. So a collection that was dropped is made again as a whole, and one that comes from
an older backup is brought up to date.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.library.create import create_collection
from core.library.manager import Libraries, RecoveryReport
from core.library.refit import require_count, rewrite
from core.progress import Progress
from core.stores.locks import writing
from core.stores.milvus.index import VectorIndex
from core.stores.sql import LibraryRow, OrganismRow, SequenceRow


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was wrong with a library, and is not any more.

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
        Whether there were no vectors at all.
    """

    library: str
    interrupted: RecoveryReport
    sequences: int
    vectors_written: int
    vectors_deleted: int
    collection_made: bool


def repair(
    libraries: Libraries,
    name: str,
    *,
    progress: Progress = lambda _doing, _done, _total: None,
    timeout: float = 60.0,
) -> RepairReport:
    """Bring the vectors of a library into agreement with its rows.

    Raises
    ------
    LibraryError
        If there is no such library, or its collection in Milvus was made by another encoder.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        mended until then is right.
    """
    with writing(libraries.stores.database.engine, name, timeout):
        interrupted = libraries.finish_interrupted(libraries.row(name))
        row = libraries.stores.labels.library(name)
        if row is None:  # It was never complete.
            return RepairReport(name, interrupted, 0, 0, 0, collection_made=False)
        return _Mending(libraries, row, progress).run(interrupted)


class _Mending:
    """One library, compared organism by organism."""

    def __init__(self, libraries: Libraries, row: LibraryRow, progress: Progress) -> None:
        self._libraries = libraries
        self._labels = libraries.stores.labels
        self._vectors = libraries.stores.vectors
        self._row = row
        self._progress = progress
        self._organisms = self._labels.organisms(row.id)
        self._total = sum(organism.count for organism in self._organisms)
        self._done = self._written = self._deleted = 0

    def run(self, interrupted: RecoveryReport) -> RepairReport:
        made = self._make_collection()
        self._drop_partitions()
        expected = {each.partition: self._mend(each) for each in self._organisms}
        if self._written or self._deleted:
            self._progress("Indexing", self._total, self._total)
            self._vectors.settle(self._row.collection)
            for partition, count in expected.items():
                require_count(self._vectors, self._row.collection, partition, count)
        return RepairReport(
            self._row.name,
            interrupted,
            self._total,
            self._written,
            self._deleted,
            collection_made=made,
        )

    def _make_collection(self) -> bool:
        if self._vectors.about(self._row.collection) is not None:
            self._libraries.require_own_collection(self._row)
            return False
        encoder = self._libraries.encoder(self._row)
        index = VectorIndex(**self._row.index)
        create_collection(
            self._libraries.stores, self._row.collection, self._row.name, encoder, index
        )
        return True

    def _drop_partitions(self) -> None:
        """Of organisms that there are no more."""
        known = {organism.partition for organism in self._organisms}
        for partition in self._vectors.partitions(self._row.collection) - known:
            self._deleted += self._vectors.count(self._row.collection, partition)
            self._vectors.drop_partition(self._row.collection, partition)

    def _mend(self, organism: OrganismRow) -> int:
        """Compare and mend an organism; returns how many vectors it is to have."""
        collection, partition = self._row.collection, organism.partition
        self._vectors.add_partition(collection, partition)
        found = self._vectors.ids(collection, partition)
        rows = {row.id: row for row in self._labels.sequences(organism.id) if row.has_vector}
        strange = sorted(found - rows.keys())
        self._vectors.delete(collection, strange)
        self._deleted += len(strange)
        self._rewrite(partition, (row for number, row in rows.items() if number not in found))
        self._done += organism.count
        self._progress("Comparing", self._done, self._total)
        return len(rows)

    def _rewrite(self, partition: str, rows: Iterable[SequenceRow]) -> None:
        lost = list(rows)
        if lost:
            rewrite(
                self._vectors,
                self._libraries.encoder(self._row),
                lost,
                collection=self._row.collection,
                partition=partition,
                progress=lambda done: self._progress("Encoding", done, len(lost)),
            )
            self._written += len(lost)
