"""Loading: from records to a library that searches can see, all of it or none.

Rows are written as *pending*, then their vectors; when everything is in Milvus and counted, one
transaction makes the load *ready*. Whatever fails before that is undone; after a crash, the next
writer undoes it.

An organism can be added to, or replaced: then it serves until the new one is complete, and the same
transaction puts the new one in its place (:mod:`core.stores.sql.schema` says how).
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.encoders import DEFAULT_ENCODER, Encoder, TranslatedEncoder, encoder_class
from core.errors import GeneKinError, InputError, LibraryError
from core.library.create import create_library
from core.library.library import index_settings
from core.library.manager import DEFAULT_LIBRARY, Libraries
from core.library.naming import check_library_name, check_organism_name, free_partition_name
from core.library.writer import OrganismReport, PartitionTarget, Reference, Writer, family_of
from core.progress import Progress
from core.sequences.records import Record, require_good, sequence_id
from core.stores.locks import writing
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Identity, LibraryRow
from core.stores.sql.schema import incoming

__all__ = ["LoadReport", "OrganismReport", "Progress", "load"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, organism by organism, and the seconds that it took."""

    library: str
    organisms: tuple[OrganismReport, ...]
    seconds: float


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
    into: Identity | None = None,
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
    into
        The library that is meant: another one that has the name meanwhile is none, and no new one
        is made. If None, whichever has the name.
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
        if into is not None and (row is None or row.identity != into):
            message = f"The library {library!r} has been renamed or removed meanwhile."
            raise LibraryError(message, "Nothing was loaded; load it into the library you mean.")
        places = _places(libraries, row, references, replace=replace)
        work = [_reference(libraries, row, place, references[place.organism]) for place in places]
        try:
            if row is None:
                residues = [record.residues for record in _new_of(work)]
                fitted = encoder_class(encoder or DEFAULT_ENCODER).fit(
                    residues, lambda done: progress("Fitting the encoder", done, len(residues))
                )
                row = create_library(libraries.stores, library, fitted, index)
                _fit_caller(libraries, row, fitted, work, progress)
            names = _family_names(libraries, row, work, families or {})
            reports = Writer(libraries, row, work, progress).write(source, by, names)
            if replace:
                _remove_replaced(libraries, row)
        except BaseException:
            undo(libraries, library)
            raise
    return LoadReport(library, tuple(reports), time.monotonic() - started)


def _places(
    libraries: Libraries, row: LibraryRow | None, names: Iterable[str], *, replace: bool
) -> list[PartitionTarget]:
    """Where each organism goes: into its partition, or into one that is free."""
    there = {each.name: each for each in libraries.stores.labels.organisms(row.id)} if row else {}
    taken = {each.partition for each in there.values()}
    places = []
    for name in names:
        old = there.get(name)
        if old and not replace:
            places.append(PartitionTarget(name, name, old.partition))
            continue
        partition = free_partition_name(name, taken)
        taken.add(partition)
        called, replaced = (incoming(name), old.count) if old else (name, 0)
        places.append(PartitionTarget(name, called, partition, replaced))
    return places


def _reference(
    libraries: Libraries, row: LibraryRow | None, place: PartitionTarget, records: Sequence[Record]
) -> Reference:
    distinct = _distinct(place, records)
    new = distinct if place.replaces else _new(libraries, row, distinct)
    return Reference(place, len(records), distinct, new)


def _distinct(place: PartitionTarget, records: Sequence[Record]) -> dict[int, Record]:
    """The records by the id of their sequence, exact copies once."""
    distinct: dict[int, Record] = {}
    for record in records:
        first = distinct.setdefault(sequence_id(place.partition, record.residues), record)
        if family_of(first) != family_of(record):
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


def _fit_caller(
    libraries: Libraries,
    row: LibraryRow,
    encoder: Encoder,
    work: Sequence[Reference],
    progress: Progress,
) -> None:
    if isinstance(encoder, TranslatedEncoder):
        labelled = [(record.residues, family_of(record)) for record in _new_of(work)]
        learning = partial(progress, "Learning to tell the families apart, step")
        libraries.train_model(row, encoder, labelled, learning)


def _new_of(work: Sequence[Reference]) -> list[Record]:
    return [record for each in work for record in each.new.values()]


def undo(libraries: Libraries, name: str) -> None:
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


def _family_names(
    libraries: Libraries, row: LibraryRow, work: Sequence[Reference], given: Mapping[int, str]
) -> dict[int, str]:
    """A name for every family: as given, as the library has it, or its class number."""
    numbers = {family_of(record) for each in work for record in each.new.values()}
    plain = {number: f"class {number}" for number in numbers}
    return plain | libraries.stores.labels.families(row.id) | dict(given)
