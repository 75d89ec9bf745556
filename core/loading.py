"""Loading: from records to a library that searches can see, all of it or none.

Rows are written as *pending*, then their vectors; when everything is in Milvus and counted, one
transaction makes the load *ready*. Whatever fails before that is undone; after a crash, the next
writer undoes it.

An organism can be added to, or replaced: then it serves until the new one is complete, and the same
transaction puts the new one in its place (:mod:`core.stores.schema` says how).
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.arrays import Vectors, recognised
from core.encoders import (
    DEFAULT_ENCODER,
    Encoder,
    TranslatedEncoder,
    encoder_class,
    fingerprint,
)
from core.errors import GeneKinError, InputError, LibraryError, StoreError
from core.libraries import DEFAULT_LIBRARY, Libraries
from core.library import index_settings
from core.names import (
    check_library_name,
    check_organism_name,
    free_collection_name,
    free_partition_name,
)
from core.sequences.records import Record, require_good, sequence_id
from core.stores.labels import LibraryRow, SequenceRow
from core.stores.locks import writing
from core.stores.schema import incoming
from core.stores.vectors import SPARSE_INDEX, VectorIndex

_log = logging.getLogger(__name__)
_BATCH = 512

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done (sequences, or steps), and of how much."""


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
class LoadReport:
    """What a load did, organism by organism, and the seconds that it took."""

    library: str
    organisms: tuple[OrganismReport, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Place:
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
class _Reference:
    """The distinct sequences of one organism's records, and which of them are new."""

    place: _Place
    records: int
    distinct: dict[int, Record]
    new: dict[int, Record]


def load(
    libraries: Libraries,
    references: Mapping[str, Sequence[Record]],
    *,
    library: str = DEFAULT_LIBRARY,
    encoder: str | None = None,
    index: VectorIndex | None = None,
    families: Mapping[int, str] | None = None,
    source: str = "",
    by: str = "",
    replace: bool = False,
    progress: Progress = lambda _doing, _done, _total: None,
    timeout: float = 600.0,
) -> LoadReport:
    """Load organisms into a library; the first load fits the library's encoder on all of them.

    Parameters
    ----------
    references
        Records by organism, each with its family.
    library
        Its name; it is made if there is none.
    encoder
        Name of the encoder; a library that has one keeps it.
    index
        How Milvus indexes the vectors; FLAT (exact) if None. A library keeps its first.
    families
        Names of class numbers; what has no name is called ``class N``.
    source
        Where the records came from, to be kept with the load.
    by
        Who loads them, to be kept too.
    replace
        Whether an organism that is there is replaced by these records, or they are added to it.
    timeout
        Seconds to wait for another writer to finish.

    Raises
    ------
    InputError
        If a record, a name or a family cannot be used. Nothing is written then.
    LibraryError
        If the library is bound to another encoder or index.
    StoreError
        If a store fails. What was written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    check_library_name(library)
    for organism, records in references.items():
        check_organism_name(organism)
        require_good(records, organism)
    with writing(libraries.stores.database.engine, library, timeout):
        row = _existing(libraries, library, encoder, index)
        places = _places(libraries, row, references, replace=replace)
        work = [_reference(libraries, row, place, references[place.organism]) for place in places]
        try:
            if row is None:
                progress("Fitting the encoder", 0, sum(len(each.new) for each in work))
                row = _create(
                    libraries,
                    library,
                    work,
                    encoder=encoder or DEFAULT_ENCODER,
                    index=index,
                    progress=progress,
                )
            names = _family_names(libraries, row, work, families or {})
            reports = _Writer(libraries, row, work, progress).write(source, by, names)
            if replace:
                _remove_replaced(libraries, row)
        except BaseException:
            _undo(libraries, library)
            raise
    return LoadReport(library, tuple(reports), time.monotonic() - started)


def _places(
    libraries: Libraries, row: LibraryRow | None, names: Iterable[str], *, replace: bool
) -> list[_Place]:
    """Where each organism goes: into its partition, or into one that is free."""
    there = {each.name: each for each in libraries.stores.labels.organisms(row.id)} if row else {}
    taken = {each.partition for each in there.values()}
    places = []
    for name in names:
        old = there.get(name)
        if old and not replace:
            places.append(_Place(name, name, old.partition))
            continue
        partition = free_partition_name(name, taken)
        taken.add(partition)
        called, replaced = (incoming(name), old.count) if old else (name, 0)
        places.append(_Place(name, called, partition, replaced))
    return places


def _reference(
    libraries: Libraries, row: LibraryRow | None, place: _Place, records: Sequence[Record]
) -> _Reference:
    distinct = _distinct(place, records)
    new = distinct if place.replaces else _new(libraries, row, distinct)
    return _Reference(place, len(records), distinct, new)


def _distinct(place: _Place, records: Sequence[Record]) -> dict[int, Record]:
    """The records by the id of their sequence, exact copies once."""
    distinct: dict[int, Record] = {}
    for record in records:
        first = distinct.setdefault(sequence_id(place.partition, record.residues), record)
        if _family(first) != _family(record):
            message = (
                f"{place.organism}: records {first.position:,} (line {first.line:,}) and"
                f" {record.position:,} (line {record.line:,}) are the same sequence in two"
                f" families, {first.family} and {record.family}."
            )
            raise InputError(message, "Nothing was loaded; decide which one is right.")
    return distinct


def _existing(
    libraries: Libraries, name: str, encoder: str | None, index: VectorIndex | None
) -> LibraryRow | None:
    """The library, what a crash left of other loads undone; None if it is new."""
    labels = libraries.stores.labels
    if (row := labels.library(name)) is None:
        return None
    libraries.finish_interrupted(row)
    if (row := labels.library(name)) is None:
        return None
    if encoder is not None and encoder != row.encoder:
        message = f"The library {name!r} has the encoder {row.encoder}, not {encoder}."
        raise LibraryError(message, "Load into a library of another name.")
    if index is not None and index_settings(index) != row.index:
        message = f"The library {name!r} has the index {row.index['kind']}, not {index.kind}."
        raise LibraryError(message, "Load into a library of another name.")
    libraries.require_own_collection(row)
    return row


def _new(
    libraries: Libraries, row: LibraryRow | None, distinct: Mapping[int, Record]
) -> dict[int, Record]:
    """Those of the distinct sequences that the library does not have yet."""
    if row is None:
        return dict(distinct)
    known = libraries.stores.labels.known_families(row.id, list(distinct))
    for number, family in known.items():
        record = distinct[number]
        if record.family != family:
            message = (
                f"Record {record.position:,} (line {record.line:,}) has the family {record.family};"
                f" the library {row.name!r} has the same sequence in family {family}."
            )
            raise InputError(message, "Nothing was loaded; decide which one is right.")
    return {number: record for number, record in distinct.items() if number not in known}


def _create(
    libraries: Libraries,
    name: str,
    work: Sequence[_Reference],
    *,
    encoder: str,
    index: VectorIndex | None,
    progress: Progress,
) -> LibraryRow:
    """A new library with its encoder fitted, and its empty collection."""
    stores = libraries.stores
    collection = free_collection_name(name, stores.labels.collections())
    if stores.vectors.about(collection) is not None:
        message = (
            f"The vector store already has a collection {collection}, made by another encoder or"
            " for another database."
        )
        raise LibraryError(message, "Remove it there, or use another library name.")
    fitted = encoder_class(encoder).fit(
        [record.residues for each in work for record in each.new.values()]
    )
    index = _index(fitted, index)
    digest = fingerprint(fitted)
    row = stores.labels.add_library(
        name,
        collection=collection,
        encoder=encoder,
        fingerprint=digest,
        state=fitted.state(),
        index=index_settings(index),
    )
    about = f"GeneKin library {name!r}, encoder {encoder}, fingerprint {digest}"
    stores.vectors.create(collection, fitted.dimension, index, about)
    if isinstance(fitted, TranslatedEncoder):
        labelled = [
            (record.residues, _family(record)) for each in work for record in each.new.values()
        ]
        learning = partial(progress, "Learning from them, step")
        libraries.fit_caller(row, fitted, labelled, learning)
    return row


def _undo(libraries: Libraries, name: str) -> None:
    """Take back what is pending, and a library that got no organism; what is ready stays."""
    try:
        if row := libraries.stores.labels.library(name):
            libraries.finish_interrupted(row)
    except GeneKinError:
        _log.exception("a load of the library %s stays pending; the next writer undoes it", name)


def _remove_replaced(libraries: Libraries, row: LibraryRow) -> None:
    """Remove the organisms that others have replaced: no search sees them any more."""
    try:
        libraries.finish_interrupted(row)
    except GeneKinError:
        _log.exception("the next writer to the library %s removes what was replaced", row.name)


def _index(encoder: Encoder, wanted: VectorIndex | None) -> VectorIndex:
    """The index for an encoder's vectors; sparse ones can have only one kind."""
    if encoder.dimension is not None:
        return wanted or VectorIndex()
    if wanted is not None:
        message = f"The vectors of the encoder {encoder.name} are sparse; {wanted.kind} is not."
        raise InputError(message, "Leave the index out, or choose the encoder count.")
    return VectorIndex(SPARSE_INDEX)


def _family_names(
    libraries: Libraries, row: LibraryRow, work: Sequence[_Reference], given: Mapping[int, str]
) -> dict[int, str]:
    """A name for every family: as given, as the library has it, or its class number."""
    numbers = {_family(record) for each in work for record in each.new.values()}
    plain = {number: f"class {number}" for number in numbers}
    return plain | libraries.stores.labels.families(row.id) | dict(given)


class _Writer:
    """Writes all that is new as one load, and makes it ready."""

    def __init__(
        self,
        libraries: Libraries,
        row: LibraryRow,
        work: Sequence[_Reference],
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

    def _write_organism(self, load_id: int, each: _Reference) -> OrganismReport:
        if not each.new:
            return self._report(each, 0)
        self._vectors.add_partition(self._row.collection, each.place.partition)
        new = list(each.new.items())
        without_vector = sum(
            self._write_batch(load_id, each.place, new[start : start + _BATCH])
            for start in range(0, len(new), _BATCH)
        )
        return self._report(each, without_vector)

    def _write_batch(self, load_id: int, place: _Place, batch: list[tuple[int, Record]]) -> int:
        """Rows first, so that no vector is ever without one; returns how many have no vector."""
        vectors = self._encoder.encode([record.residues for _, record in batch])
        readable = recognised(vectors)
        rows = [
            SequenceRow(
                id=number,
                position=record.position,
                family=_family(record),
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

    def _settle(self, places: Sequence[_Place]) -> None:
        """Index what was written, and count it: what Milvus lost must not become ready."""
        self._progress("Indexing", self._total, self._total)
        self._vectors.settle(self._row.collection)
        for place in places:
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

    def _report(self, each: _Reference, without_vector: int) -> OrganismReport:
        return OrganismReport(
            organism=each.place.organism,
            records=each.records,
            added=len(each.new),
            copies=each.records - len(each.distinct),
            known=len(each.distinct) - len(each.new),
            without_vector=without_vector,
            replaced=each.place.replaced,
        )


def _family(record: Record) -> int:
    if record.family is None:
        message = f"Record {record.position:,} (line {record.line:,}) has no family."
        raise InputError(message, "Nothing was loaded; every record of a reference needs one.")
    return record.family
