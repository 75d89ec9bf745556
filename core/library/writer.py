"""Writing sequences into a library: pending rows, then their vectors, then both are ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Vectors, recognised
from core.errors import InputError, StoreError
from core.library.manager import Libraries
from core.progress import Progress
from core.sequences.records import Record
from core.stores.milvus.index import VectorIndex
from core.stores.sql import LibraryRow, SequenceRow

_BATCH = 512


@dataclass(frozen=True, slots=True)
class OrganismReport:
    """What a load did for one organism.

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
        Sequences of the organism in whose place these have come.
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
    """Where the sequences of an organism go.

    Attributes
    ----------
    name
        What the organism is called in the tables until the load is ready.
    replaced
        Sequences of the organism whose place it takes.
    """

    organism: str
    name: str
    partition: str
    replaced: int = 0

    @property
    def replaces(self) -> bool:
        """Whether it takes the place of another."""
        return self.name != self.organism


@dataclass(frozen=True, slots=True)
class Reference:
    """The distinct sequences of one organism's records, and which of them are new."""

    place: PartitionTarget
    records: int
    distinct: dict[int, Record]
    new: dict[int, Record]


class Writer:
    """Writes all that is new as one load, and makes it ready."""

    def __init__(
        self,
        libraries: Libraries,
        row: LibraryRow,
        work: Sequence[Reference],
        progress: Progress,
    ) -> None:
        self._labels = libraries.stores.labels
        self._vectors = libraries.stores.vectors
        self._row = row
        self._work = work
        self._progress = progress
        self._encoder = libraries.encoder(row)
        self._total = sum(len(each.new) for each in work)
        self._done = 0
        self._probe: Vectors | None = None

    def write(self, source: str, by: str, names: Mapping[int, str]) -> list[OrganismReport]:
        """Write what is new of all organisms, and name families by their class numbers.

        Raises
        ------
        StoreError
            If a store fails, or lost a vector. What was written stays pending.
        """
        if not self._total:
            self._labels.name_families(self._row.id, names)
            return [self._report(each, 0) for each in self._work]
        places = [each.place for each in self._work if each.new]
        partitions = {place.name: place.partition for place in places}
        load_id = self._labels.begin_load(self._row.id, source, partitions, by)
        reports = [self._write_organism(load_id, each) for each in self._work]
        self._settle(places)
        replaced = [place.organism for place in places if place.replaces]
        self._labels.finish_load(self._row.id, load_id, names, replaced)
        return reports

    def _write_organism(self, load_id: int, each: Reference) -> OrganismReport:
        if not each.new:
            return self._report(each, 0)
        self._vectors.add_partition(self._row.collection, each.place.partition)
        # In the order of the tables: each page of theirs is then written once, however large they
        # are. In any other the rate would fall as the library grows.
        new = sorted(each.new.items())
        without_vector = sum(
            self._write_batch(load_id, each.place, new[start : start + _BATCH])
            for start in range(0, len(new), _BATCH)
        )
        return self._report(each, without_vector)

    def _write_batch(
        self, load_id: int, place: PartitionTarget, batch: list[tuple[int, Record]]
    ) -> int:
        """Rows first, so that no vector is ever without one; returns how many have no vector."""
        vectors = self._encoder.encode([record.residues for _, record in batch])
        readable = recognised(vectors)
        rows = [
            SequenceRow(
                id=number,
                position=record.position,
                family=family_of(record),
                name=record.name or f"{place.organism}_{record.position}",
                residues=record.residues,
                has_vector=has_vector,
            )
            for (number, record), has_vector in zip(batch, readable.tolist(), strict=True)
        ]
        self._labels.add_sequences(self._row.id, place.name, load_id, rows)
        ids = [row.id for row in rows if row.has_vector]
        self._vectors.upsert(self._row.collection, place.partition, ids, load_id, vectors[readable])
        if ids:
            self._probe = vectors[np.flatnonzero(readable)[:1]]
        self._done += len(batch)
        self._progress("Loading", self._done, self._total)
        return len(batch) - len(ids)

    def _settle(self, places: Sequence[PartitionTarget]) -> None:
        """Index what was written, and count it: what Milvus lost must not become ready."""
        self._progress("Indexing", self._total, self._total)
        self._vectors.settle(self._row.collection)
        for place in places:
            self._progress("Counting", self._total, self._total)
            expected = self._labels.count_with_vectors(self._row.id, place.name)
            found = self._vectors.count(self._row.collection, place.partition)
            if found != expected:
                message = (
                    f"The vector store has {found:,} vectors of {place.organism} where"
                    f" {expected:,} were written."
                )
                raise StoreError(message, "Nothing was loaded; look at the store, then try again.")
        if self._probe is not None:  # So that no user's query is the one that waits.
            index = VectorIndex(**self._row.index)
            partitions = [place.partition for place in places]
            self._vectors.search(self._row.collection, partitions, self._probe, 1, index)

    def _report(self, each: Reference, without_vector: int) -> OrganismReport:
        return OrganismReport(
            organism=each.place.organism,
            records=each.records,
            added=len(each.new),
            copies=each.records - len(each.distinct),
            known=len(each.distinct) - len(each.new),
            without_vector=without_vector,
            replaced=each.place.replaced,
        )


def family_of(record: Record) -> int:
    """The class number of a reference's record.

    Raises
    ------
    InputError
        If it has none.
    """
    if record.family is None:
        message = f"Record {record.position:,} (line {record.line:,}) has no family."
        raise InputError(message, "Nothing was loaded; every record of a reference needs one.")
    return record.family
