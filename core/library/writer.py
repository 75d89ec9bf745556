"""Writing of sequences and vectors: pending rows first, then their vectors, then both are ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Vectors, nonzero_rows
from core.encoders import Encoder
from core.errors import InputError, StoreError
from core.library.manager import Libraries
from core.library.stored_state import read_index
from core.progress import Progress
from core.sequences.records import Record
from core.stores.milvus.vectors import VectorStore
from core.stores.sql import LibraryRow, SequenceRow

_BATCH_SIZE = 512
_NO_LOAD = 0
"""Load number of vectors that every search may see; no load has it."""


@dataclass(frozen=True, slots=True)
class OrganismReport:
    """Result of a load for one organism.

    Attributes
    ----------
    records
        Records in the source.
    added
        Sequences that are new in the library.
    copies
        Records that are exact copies of another one in the source.
    known
        Distinct sequences that the organism had already.
    without_vector
        Of those added, the ones in which the encoder recognises nothing: kept, but never found.
    replaced
        Sequences of the organism that these replaced.
    """

    organism: str
    records: int
    added: int
    copies: int
    known: int
    without_vector: int
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class PartitionTarget:
    """The row and the Milvus partition that get the sequences of an organism.

    Attributes
    ----------
    row_name
        Name of the organism's row until the load is ready.
    replaced
        Number of sequences of the organism that will be replaced.
    """

    organism: str
    row_name: str
    partition: str
    replaced: int = 0

    @property
    def is_replacement(self) -> bool:
        """True if it replaces an organism of that name."""
        return self.row_name != self.organism


@dataclass(frozen=True, slots=True)
class OrganismLoad:
    """The records to load into one organism.

    Attributes
    ----------
    records
        Number of records in the source.
    distinct
        Records by the id of their sequence, exact copies once.
    new
        Those of them that the library does not have yet.
    """

    target: PartitionTarget
    records: int
    distinct: dict[int, Record]
    new: dict[int, Record]


class Writer:
    """Writes all new sequences of some organisms as one load, and makes it ready."""

    def __init__(
        self,
        libraries: Libraries,
        row: LibraryRow,
        organism_loads: Sequence[OrganismLoad],
        progress: Progress,
    ) -> None:
        self._labels = libraries.stores.labels
        self._vectors = libraries.stores.vectors
        self._row = row
        self._organism_loads = organism_loads
        self._progress = progress
        self._encoder = libraries.encoder(row)
        self._index = read_index(row)
        self._total = sum(len(load.new) for load in organism_loads)
        self._done = 0
        self._written_vector: Vectors | None = None

    def write(self, source: str, by: str, family_names: Mapping[int, str]) -> list[OrganismReport]:
        """Write the new sequences of all organisms, and name families by their class numbers.

        Raises
        ------
        StoreError
            If a store fails, or lost a vector. The load stays pending then.
        """
        if not self._total:
            self._labels.name_families(self._row.id, family_names)
            return [_report(load, 0) for load in self._organism_loads]
        targets = [load.target for load in self._organism_loads if load.new]
        partitions = {target.row_name: target.partition for target in targets}
        load_id = self._labels.begin_load(self._row.id, source, partitions, by)
        reports = [self._write_organism(load_id, load) for load in self._organism_loads]
        self._finish_vectors(targets)
        replaced = [target.organism for target in targets if target.is_replacement]
        self._labels.finish_load(self._row.id, load_id, family_names, replaced)
        return reports

    def _write_organism(self, load_id: int, load: OrganismLoad) -> OrganismReport:
        if not load.new:
            return _report(load, 0)
        self._vectors.add_partition(self._row.collection, load.target.partition)
        # In the order of the primary key, so that each page of the table is written once. In any
        # other order loading would slow down as the library grows.
        new = sorted(load.new.items())
        without_vector = sum(
            self._write_batch(load_id, load.target, new[start : start + _BATCH_SIZE])
            for start in range(0, len(new), _BATCH_SIZE)
        )
        return _report(load, without_vector)

    def _write_batch(
        self, load_id: int, target: PartitionTarget, batch: list[tuple[int, Record]]
    ) -> int:
        """Write rows, then their vectors; return how many rows have none.

        A crash in between leaves rows without vectors, never vectors without rows.
        """
        vectors = self._encoder.encode([record.residues for _, record in batch])
        readable = nonzero_rows(vectors)
        rows = [
            SequenceRow(
                id=number,
                position=record.position,
                family=family_of(record),
                name=record.name or f"{target.organism}_{record.position}",
                residues=record.residues,
                has_vector=has_vector,
            )
            for (number, record), has_vector in zip(batch, readable.tolist(), strict=True)
        ]
        self._labels.add_sequences(self._row.id, target.row_name, load_id, rows)
        ids = [row.id for row in rows if row.has_vector]
        self._vectors.upsert(
            self._row.collection, target.partition, ids, load_id, vectors[readable]
        )
        if ids:
            self._written_vector = vectors[np.flatnonzero(readable)[:1]]
        self._done += len(batch)
        self._progress("Loading", self._done, self._total)
        return len(batch) - len(ids)

    def _finish_vectors(self, targets: Sequence[PartitionTarget]) -> None:
        """Index the vectors, and count them: a load that lost some must not become ready."""
        collection = self._row.collection
        self._progress("Indexing", self._total, self._total)
        self._vectors.flush_and_index(collection)
        for target in targets:
            self._progress("Counting", self._total, self._total)
            expected = self._labels.count_with_vectors(self._row.id, target.row_name)
            check_vector_count(
                self._vectors, collection, target.partition, expected, target.organism
            )
        if self._written_vector is not None:  # Warm up before the first query.
            index = self._index
            partitions = [target.partition for target in targets]
            self._vectors.search(collection, partitions, self._written_vector, 1, index)


def _report(load: OrganismLoad, without_vector: int) -> OrganismReport:
    return OrganismReport(
        organism=load.target.organism,
        records=load.records,
        added=len(load.new),
        copies=load.records - len(load.distinct),
        known=len(load.distinct) - len(load.new),
        without_vector=without_vector,
        replaced=load.target.replaced,
    )


def write_vectors(
    vectors: VectorStore,
    encoder: Encoder,
    rows: Sequence[SequenceRow],
    *,
    collection: str,
    partition: str,
    progress: Progress,
    done: int = 0,
    total: int | None = None,
) -> set[int]:
    """Encode sequences that are ready, and write their vectors into a partition.

    Parameters
    ----------
    partition
        Created if it does not exist.
    done, total
        Sequences encoded before these, and of all; for the progress.

    Returns
    -------
    set of int
        Ids of the sequences that have a vector now: in the others the encoder recognises nothing.
    """
    vectors.add_partition(collection, partition)
    total = len(rows) if total is None else total
    written: set[int] = set()
    for start in range(0, len(rows), _BATCH_SIZE):
        batch = rows[start : start + _BATCH_SIZE]
        encoded = encoder.encode([row.residues for row in batch])
        readable = nonzero_rows(encoded)
        ids = [
            row.id for row, has_vector in zip(batch, readable.tolist(), strict=True) if has_vector
        ]
        vectors.upsert(collection, partition, ids, _NO_LOAD, encoded[readable])
        written.update(ids)
        progress("Encoding", done + start + len(batch), total)
    return written


def check_vector_count(
    vectors: VectorStore, collection: str, partition: str, expected: int, organism: str
) -> None:
    """Check that a partition has as many vectors as were written to it.

    Raises
    ------
    StoreError
        If it has more or fewer.
    """
    found = vectors.count(collection, partition)
    if found != expected:
        message = (
            f"The vector store has {found:,} vectors of {organism}, but {expected:,} were written."
        )
        raise StoreError(message, "Check the vector store, then try again.")


def family_of(record: Record) -> int:
    """Return the class number of a reference record.

    Raises
    ------
    InputError
        If it has none.
    """
    if record.family is None:
        message = f"Record {record.position:,} (line {record.line:,}) has no family."
        raise InputError(message, "Nothing was loaded. Every reference record needs a family.")
    return record.family
