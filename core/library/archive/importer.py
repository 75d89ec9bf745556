"""Import: an archive becomes a library that answers as the exported one did, or nothing at all."""

import time
from pathlib import Path
from typing import BinaryIO

from core.access import Action, LibraryAccess
from core.encoders import TranslatedEncoder
from core.errors import InputError
from core.library.archive.format import MANIFEST, SEQUENCES
from core.library.archive.reader import Archive
from core.library.create import create_library, save_model
from core.library.load import LoadReport
from core.library.manager import Libraries
from core.library.naming import check_library_name
from core.library.recovery import recover, try_to_recover
from core.library.room import load_room
from core.library.writer import OrganismLoad, PartitionTarget, Writer
from core.progress import Progress, no_progress
from core.sequences.checks import find_fault
from core.sequences.limits import Limits
from core.sequences.records import Record, clean_name, sequence_id
from core.stores.locks import write_lock
from core.stores.milvus.index import VectorIndex
from core.stores.sql import LibraryRow

_MAX_SOURCE = 10_000
"""Longest source of a load, in characters: each import adds to that of the exported loads."""


def import_library(
    libraries: Libraries,
    file: BinaryIO | Path,
    name: str | None = None,
    *,
    limits: Limits,
    display_name: str = "",
    by: str = "",
    access: LibraryAccess = LibraryAccess.LAB,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> LoadReport:
    """Create a library from an archive, with the encoder and the model that it had.

    Its vectors are encoded again. They come out the same, since the archive has the fitted encoder.

    Parameters
    ----------
    file
        The archive.
    name
        Name of the new library; the exported one's, if None.
    limits
        Limits on the file.
    display_name
        Name of the file for messages and for the load's source; its path, if empty.
    by
        Who imports it, to be kept with it, if the libraries do not act for a named user.
    access
        Who may use the library, which belongs to the user who imports it.

    Raises
    ------
    ForbiddenError
        If the user may not.
    InputError
        If the archive is invalid, or a library of that name exists.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    libraries.require(Action.IMPORT)
    by = libraries.access.user.name or by
    with Archive(file, display_name or str(file), limits) as archive:
        name = name or archive.manifest.library
        check_library_name(name)
        with write_lock(libraries.stores.database.engine, name, timeout):
            _check_name_is_free(libraries, name)
            progress("Reading", 0, 0)
            organism_loads = _organism_loads(archive, limits)
            try:
                row = _create(libraries, name, archive, organism_loads, owner=by, access=access)
                writer = Writer(libraries, row, organism_loads, progress)
                reports = writer.write(_source(archive), by, archive.manifest.families)
            except BaseException:
                try_to_recover(libraries.stores, name)
                raise
    count = sum(report.added for report in reports)
    libraries.record(Action.IMPORT, name, f"{count:,} sequences; {archive.name}")
    return LoadReport(name, tuple(reports), time.monotonic() - started)


def _check_name_is_free(libraries: Libraries, name: str) -> None:
    labels = libraries.stores.labels
    if row := labels.library(name):
        recover(libraries.stores, row)
    if labels.library(name) is not None:
        message = f"A library named {name!r} already exists."
        raise InputError(message, "Import it under another name.")


def _organism_loads(archive: Archive, limits: Limits) -> list[OrganismLoad]:
    """Read the sequences of every organism, all of them new."""
    organisms = {organism.name: organism for organism in archive.manifest.organisms}
    records_of: dict[str, dict[int, Record]] = {name: {} for name in organisms}
    for line_number, line in enumerate(archive.sequences(), start=1):
        fault = find_fault(line.residues, limits.max_record_bases)
        if fault:
            message = f"{archive.name}: sequence {line_number:,} {fault.description}."
            raise InputError(message, "Nothing was imported.")
        if line.organism not in records_of:
            raise archive.damaged(SEQUENCES, f"line {line_number:,}: unknown organism")
        records = records_of[line.organism]
        number = sequence_id(line.organism, line.residues)
        if number in records:
            raise archive.damaged(SEQUENCES, f"line {line_number:,}: the same sequence again")
        name, position = clean_name(line.name), len(records) + 1
        records[number] = Record(name, line.residues, position, line_number, line.family)
    for name, records in records_of.items():
        if not records or len(records) != organisms[name].sequences:
            reason = f"{name}: {len(records):,} of {organisms[name].sequences:,} sequences"
            raise archive.damaged(SEQUENCES, reason)
    return [
        OrganismLoad(PartitionTarget(name, name, name), len(records), records, records)
        for name, records in records_of.items()
    ]


def _create(
    libraries: Libraries,
    name: str,
    archive: Archive,
    organism_loads: list[OrganismLoad],
    *,
    owner: str,
    access: LibraryAccess,
) -> LibraryRow:
    """Create the library with the archive's encoder, model and threshold."""
    manifest, labels = archive.manifest, libraries.stores.labels
    encoder, model, profiles = archive.encoder(), archive.model(), archive.profiles()
    if model is not None and not isinstance(encoder, TranslatedEncoder):
        raise archive.damaged(MANIFEST, f"the encoder {encoder.name} cannot have a model")
    if profiles is not None and model is None:
        raise archive.damaged(MANIFEST, "a library without a model cannot have profiles")
    _require_room(libraries, name, archive, organism_loads)
    index = VectorIndex(**manifest.index.model_dump()) if encoder.dimension else None
    row = create_library(libraries.stores, name, encoder, index, owner=owner, access=access)
    if model is not None:
        save_model(libraries.stores, row, model)
    if profiles is not None:
        rows, learned = profiles
        labels.replace_profiles(row.id, rows, manifest.profiles or "", learned.state())
    labels.set_threshold(row.id, manifest.threshold)
    return row


def _require_room(
    libraries: Libraries, name: str, archive: Archive, organism_loads: list[OrganismLoad]
) -> None:
    """Check that the disk has room for the library, of which nothing is written yet."""
    residues = [record.residues for load in organism_loads for record in load.new.values()]
    manifest = archive.manifest
    room = load_room(manifest.encoder, residues, n_families=len(manifest.families), with_state=True)
    action = f"importing {len(residues):,} sequences into the library {name!r}"
    libraries.stores.require_room(room, action)


def _source(archive: Archive) -> str:
    """Name the archive and the sources that its sequences had before."""
    manifest = archive.manifest
    sources = {load.source for organism in manifest.organisms for load in organism.loads}
    text = f"{archive.name}, exported {manifest.exported_at:%Y-%m-%d} from {manifest.library}"
    if named := ", ".join(sorted(filter(None, sources))):
        text += f" (there: {named})"
    return text[:_MAX_SOURCE]
