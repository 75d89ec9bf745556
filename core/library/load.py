"""Loading: records become part of a library that searches can see, all of them or none.

Rows are written as *pending*, then their vectors; when everything is in Milvus and counted, one
transaction makes the load *ready*. Whatever fails before that is undone; after a crash, the next
writer undoes it.

An organism can be added to or replaced. A replaced organism serves until the new one is complete,
and the same transaction exchanges the two (see :mod:`core.stores.sql.schema`).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core import defaults
from core.access import Action, LibraryAccess
from core.encoders import DEFAULT_ENCODER, Encoder, get_encoder_class
from core.errors import InputError, LibraryError
from core.library.create import create_library, save_model, train_library_model
from core.library.manager import Libraries
from core.library.naming import check_library_name, free_partition_name
from core.library.recovery import recover, try_to_recover
from core.library.room import load_room
from core.library.stored_state import read_index
from core.library.writer import OrganismLoad, OrganismReport, PartitionTarget, Writer, family_of
from core.progress import Progress, no_progress
from core.sequences.checks import Known
from core.sequences.families import check_family_name, default_name
from core.sequences.records import Record, check_organism_name, require_valid, sequence_id
from core.stores.locks import write_lock
from core.stores.milvus.index import VectorIndex
from core.stores.sql import Identity, LibraryRow
from core.stores.sql.schema import incoming


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Result of a load, organism by organism, and its duration in seconds."""

    library: str
    organisms: tuple[OrganismReport, ...]
    seconds: float


def load(
    libraries: Libraries,
    references: Mapping[str, Sequence[Record]],
    *,
    library: str = defaults.LIBRARY,
    encoder: str | None = None,
    index: VectorIndex | None = None,
    families: Mapping[int, str] | None = None,
    source: str = "",
    by: str = "",
    replace: bool = False,
    identity: Identity | None = None,
    access: LibraryAccess = LibraryAccess.LAB,
    progress: Progress = no_progress,
    timeout: float = 600.0,
) -> LoadReport:
    """Load organisms into a library; the first load creates it and fits its encoder.

    Parameters
    ----------
    references
        Records by organism, each with its family.
    library
        Name of the library, which is created if it does not exist.
    encoder
        Name of the encoder; an existing library keeps its own.
    index
        How Milvus indexes the vectors; FLAT (exact) if None. An existing library keeps its own.
    families
        Names of class numbers; the others are named ``class N``.
    source
        Where the records came from, to be kept with the load.
    by
        Who loads them, to be kept too, if the libraries do not act for a named user.
    replace
        Replace existing organisms by these records, instead of adding to them.
    identity
        Fail if the name does not refer to this library; then none is created either.
    access
        Who may use the library, if it is new; it belongs to the user who loads.
    timeout
        Seconds to wait for another writer to finish.

    Raises
    ------
    ForbiddenError
        If the user may not load, or not into this library.
    InputError
        If a record, a name or a family is invalid. Nothing is written then.
    LibraryError
        If the library has another encoder, index or identity.
    StoreError
        If a store fails. What was written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    libraries.require(Action.LOAD, library)
    by = libraries.access.user.name or by
    check_library_name(library)
    for organism, records in references.items():
        check_organism_name(organism)
        require_valid(records, organism)
    with write_lock(libraries.stores.database.engine, library, timeout):
        row = _existing_row(libraries, library, encoder, index)
        if identity is not None and (row is None or row.identity != identity):
            message = f"The library {library!r} was renamed or deleted in the meantime."
            raise LibraryError(message, "Nothing was loaded. Choose the library again.")
        _check_family_names(libraries, row, families or {})
        organism_loads = [
            _organism_load(libraries, row, target, references[target.organism])
            for target in _partition_targets(libraries, row, references, replace=replace)
        ]
        _require_room(libraries, row, library, encoder or DEFAULT_ENCODER, organism_loads)
        try:
            if row is None:
                fitted = _fit(encoder or DEFAULT_ENCODER, organism_loads, progress)
                row = create_library(
                    libraries.stores, library, fitted, index, owner=by, access=access
                )
                _train(libraries, row, fitted, organism_loads, progress)
            names = _family_names(libraries, row, organism_loads, families or {})
            reports = Writer(libraries, row, organism_loads, progress).write(source, by, names)
            if replace:  # No search sees the replaced organisms any more.
                try_to_recover(libraries.stores, library)
        except BaseException:
            try_to_recover(libraries.stores, library)
            raise
    added = ", ".join(f"{report.organism}: {report.added:,} sequences" for report in reports)
    libraries.record(Action.LOAD, library, f"{added}; {source}" if source else added)
    return LoadReport(library, tuple(reports), time.monotonic() - started)


def known_records(libraries: Libraries, name: str, *, replace: bool = False) -> Known:
    """Return what a library has already, for the checks of an import.

    Parameters
    ----------
    name
        Name of the library; nothing is known if it does not exist.
    replace
        Organisms will be replaced: only the names of the families matter.
    """
    labels = libraries.stores.labels
    if (row := libraries.find_row(name)) is None:
        return Known()
    families = labels.families(row.id)
    if replace:
        return Known(families)
    return Known(
        families,
        find_families=partial(labels.known_families, row.id),
        partitions=labels.partitions(row.id),
    )


def _existing_row(
    libraries: Libraries, name: str, encoder: str | None, index: VectorIndex | None
) -> LibraryRow | None:
    """Return the library's row after recovery and checks; None if the library is new."""
    labels = libraries.stores.labels
    if (row := labels.library(name)) is None:
        return None
    recover(libraries.stores, row)
    if (row := labels.library(name)) is None:
        return None
    libraries.require(Action.LOAD, name)  # It may be new since the lock was asked for.
    if encoder is not None and encoder != row.encoder:
        message = f"The library {name!r} has the encoder {row.encoder}, not {encoder}."
        raise LibraryError(message, "Use another library name.")
    if index is not None and index != (existing := read_index(row)):
        message = f"The library {name!r} has the index {existing.kind}, not {index.kind}."
        raise LibraryError(message, "Use another library name.")
    libraries.check_collection(row)
    return row


def _partition_targets(
    libraries: Libraries, row: LibraryRow | None, names: Iterable[str], *, replace: bool
) -> list[PartitionTarget]:
    """Choose the partition of each organism: its own, or a free one."""
    organisms = libraries.stores.labels.organisms(row.id) if row else []
    existing = {organism.name: organism for organism in organisms}
    taken = {organism.partition for organism in organisms}
    targets = []
    for name in names:
        old = existing.get(name)
        if old and not replace:
            targets.append(PartitionTarget(name, name, old.partition))
            continue
        partition = free_partition_name(name, taken)
        taken.add(partition)
        row_name, replaced = (incoming(name), old.count) if old else (name, 0)
        targets.append(PartitionTarget(name, row_name, partition, replaced))
    return targets


def _organism_load(
    libraries: Libraries,
    row: LibraryRow | None,
    target: PartitionTarget,
    records: Sequence[Record],
) -> OrganismLoad:
    new = distinct = _distinct(target, records)
    if row is not None and not target.is_replacement:
        new = _not_in_library(libraries, row, distinct)
    return OrganismLoad(target, len(records), distinct, new)


def _distinct(target: PartitionTarget, records: Sequence[Record]) -> dict[int, Record]:
    """Return the records by the id of their sequence, exact copies once."""
    distinct: dict[int, Record] = {}
    for record in records:
        first = distinct.setdefault(sequence_id(target.partition, record.residues), record)
        if family_of(first) != family_of(record):
            message = (
                f"{target.organism}: records {first.position:,} (line {first.line:,}) and"
                f" {record.position:,} (line {record.line:,}) have the same sequence but different"
                f" families, {first.family} and {record.family}."
            )
            raise InputError(message, "Nothing was loaded. Correct one of the two.")
    return distinct


def _not_in_library(
    libraries: Libraries, row: LibraryRow, distinct: Mapping[int, Record]
) -> dict[int, Record]:
    known = libraries.stores.labels.known_families(row.id, list(distinct))
    for number, family in known.items():
        record = distinct[number]
        if record.family != family:
            message = (
                f"Record {record.position:,} (line {record.line:,}) has the family {record.family};"
                f" the library {row.name!r} has the same sequence in family {family}."
            )
            raise InputError(message, "Nothing was loaded. Correct the family of the record.")
    return {number: record for number, record in distinct.items() if number not in known}


def _require_room(
    libraries: Libraries,
    row: LibraryRow | None,
    library: str,
    encoder: str,
    organism_loads: Sequence[OrganismLoad],
) -> None:
    """Check that the disk has room for the new sequences; nothing is written then."""
    new = [record for load in organism_loads for record in load.new.values()]
    if not new:
        return
    room = load_room(
        row.encoder if row else encoder,
        (record.residues for record in new),
        n_families=len({family_of(record) for record in new}),
        with_state=row is None,
    )
    action = f"loading {len(new):,} sequences into the library {library!r}"
    libraries.stores.require_room(room, action)


def _fit(encoder: str, organism_loads: Sequence[OrganismLoad], progress: Progress) -> Encoder:
    """Fit the encoder of a new library to what is loaded first."""
    residues = [record.residues for load in organism_loads for record in load.new.values()]
    return get_encoder_class(encoder).fit(residues, progress)


def _train(
    libraries: Libraries,
    row: LibraryRow,
    encoder: Encoder,
    organism_loads: Sequence[OrganismLoad],
    progress: Progress,
) -> None:
    """Train the model of a new library on what is loaded first."""
    records = (record for load in organism_loads for record in load.new.values())
    labelled = ((record.residues, family_of(record)) for record in records)
    if model := train_library_model(encoder, labelled, progress):
        save_model(libraries.stores, row, model)


def _check_family_names(
    libraries: Libraries, row: LibraryRow | None, names: Mapping[int, str]
) -> None:
    """Check the new names of families; those that the library has may be of an earlier version."""
    known = libraries.stores.labels.families(row.id) if row else {}
    for number, name in names.items():
        if name != known.get(number):
            check_family_name(name)


def _family_names(
    libraries: Libraries,
    row: LibraryRow,
    organism_loads: Sequence[OrganismLoad],
    names: Mapping[int, str],
) -> dict[int, str]:
    """Name every family: by `names`, else as in the library, else by its class number."""
    numbers = {family_of(record) for load in organism_loads for record in load.new.values()}
    by_number = {number: default_name(number) for number in numbers}
    return by_number | libraries.stores.labels.families(row.id) | dict(names)
