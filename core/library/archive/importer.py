"""Importing an archive: a library that answers as the exported one does, or nothing at all."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.arrays import Arrays
from core.encoders import Encoder, TranslatedEncoder, encoder_class
from core.errors import InputError
from core.library.archive.format import MANIFEST, SEQUENCES, Manifest
from core.library.archive.reader import Archive
from core.library.create import create_library
from core.library.load import LoadReport, undo
from core.library.manager import Libraries
from core.library.naming import check_library_name, check_organism_name
from core.library.writer import PartitionTarget, Reference, Writer
from core.progress import Progress
from core.sequences.checks import find_fault
from core.sequences.limits import Limits
from core.sequences.records import Record, record_name, sequence_id
from core.stores.locks import writing
from core.stores.milvus.index import VectorIndex
from core.stores.sql import LibraryRow


def import_library(
    libraries: Libraries,
    file: BinaryIO | Path,
    name: str | None = None,
    *,
    limits: Limits,
    called: str = "",
    by: str = "",
    progress: Progress = lambda _doing, _done, _total: None,
    timeout: float = 60.0,
) -> LoadReport:
    """Make a library of an archive, with the encoder and the caller that it had.

    Its vectors are encoded anew. They come out the same, since what the encoder learned is in the
    archive.

    Parameters
    ----------
    file
        Of the archive.
    name
        Of the new library; as it was called, if None.
    limits
        How much is read.
    called
        What the person calls the file; its path, if empty.
    by
        Who imports it, to be kept with it.

    Raises
    ------
    InputError
        If the archive cannot be used, or there is a library of that name.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds. What was
        written is undone, at once or by the next writer.
    """
    started = time.monotonic()
    with Archive(file, called or str(file), limits) as archive:
        name = name or archive.manifest.library
        check_library_name(name)
        with writing(libraries.stores.database.engine, name, timeout):
            _require_free(libraries, name)
            progress("Reading", 0, 0)
            work = _references(archive, limits)
            learned = _learned(archive)
            try:
                row = _make(libraries, name, archive.manifest, learned)
                writer = Writer(libraries, row, work, progress)
                reports = writer.write(_source(archive), by, archive.manifest.families)
            except BaseException:
                undo(libraries, name)
                raise
    return LoadReport(name, tuple(reports), time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Learned:
    """What encoder and caller know; a caller may be wanting."""

    encoder: Encoder
    caller: Arrays | None


def _require_free(libraries: Libraries, name: str) -> None:
    labels = libraries.stores.labels
    if row := labels.library(name):
        libraries.finish_interrupted(row)
    if labels.library(name) is not None:
        message = f"There is a library {name!r} already."
        raise InputError(message, "Import it under another name.")


def _references(archive: Archive, limits: Limits) -> list[Reference]:
    """The sequences of every organism, as new ones."""
    organisms = {each.name: each for each in archive.manifest.organisms}
    found: dict[str, dict[int, Record]] = {name: {} for name in organisms}
    for position, each in enumerate(archive.sequences(), start=1):
        fault = find_fault(each.residues, limits.max_record_bases)
        if fault:
            message = f"{archive.name}: sequence {position:,} {fault.what}."
            raise InputError(message, "Nothing was imported.")
        if each.organism not in found:
            raise archive.damaged(SEQUENCES)
        records = found[each.organism]
        number = sequence_id(each.organism, each.residues)
        if number in records:
            raise archive.damaged(SEQUENCES)
        name, place = record_name(each.name), len(records) + 1
        records[number] = Record(name, each.residues, place, position, each.family)
    for name, records in found.items():
        check_organism_name(name)
        if not records or len(records) != organisms[name].sequences:
            raise archive.damaged(SEQUENCES)
    return [
        Reference(PartitionTarget(name, name, name), len(records), records, records)
        for name, records in found.items()
    ]


def _learned(archive: Archive) -> _Learned:
    state, caller = archive.encoder(), archive.caller()
    encoder = encoder_class(archive.manifest.encoder).from_state(state)
    if caller is not None and not isinstance(encoder, TranslatedEncoder):
        raise archive.damaged(MANIFEST)
    return _Learned(encoder, caller)


def _make(libraries: Libraries, name: str, manifest: Manifest, learned: _Learned) -> LibraryRow:
    labels = libraries.stores.labels
    index = VectorIndex(**manifest.index.model_dump()) if learned.encoder.dimension else None
    row = create_library(libraries.stores, name, learned.encoder, index)
    if learned.caller is not None and manifest.caller is not None:
        labels.save_caller(row.id, manifest.caller, learned.caller)
    labels.set_threshold(row.id, manifest.threshold)
    return row


def _source(archive: Archive) -> str:
    """The archive, and where its sequences came from before."""
    manifest = archive.manifest
    before = {load.source for organism in manifest.organisms for load in organism.loads}
    text = f"{archive.name}, exported {manifest.exported_at:%Y-%m-%d} from {manifest.library}"
    if sources := ", ".join(sorted(filter(None, before))):
        text += f" (there: {sources})"
    return text
