"""Export: a library is written into one file, completely or not at all."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core import __version__
from core.access import Action
from core.arrays import to_npy
from core.errors import write_error
from core.library.archive.format import (
    ENCODER,
    FORMAT,
    LEARNED,
    MANIFEST,
    MODEL,
    PROFILES,
    PROFILES_FORMAT,
    SEQUENCES,
    Load,
    Manifest,
    Member,
    Organism,
    Profile,
    Sequence,
)
from core.library.manager import Libraries
from core.library.recovery import recover
from core.library.stored_state import stored_index, unpack_profile
from core.output import replacing
from core.progress import Progress, no_progress
from core.sequences.families import default_name
from core.sequences.records import clean_name
from core.stores.locks import write_lock
from core.stores.sql import LibraryRow, OrganismRow
from core.stores.sql.tables import utc_now

_PROGRESS_INTERVAL = 1_000
"""Sequences between two reports of progress."""


def export_library(
    libraries: Libraries,
    name: str,
    path: Path,
    *,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> int:
    """Write a library into one file; return the number of its sequences.

    Parameters
    ----------
    path
        The file; an existing one is replaced once the new one is complete.

    Raises
    ------
    ForbiddenError
        If the user may not.
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    LibraryError
        If there is no such library, or its state in the database is damaged.
    StoreError
        If another writer does not finish within `timeout` seconds.
    """
    libraries.require(Action.EXPORT, name)
    with write_lock(libraries.stores.database.engine, name, timeout):
        recover(libraries.stores, libraries.library_row(name))
        row = libraries.library_row(name)
        try:
            with (
                replacing(path) as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                count = _Export(libraries, row, archive, progress).write()
        except OSError as error:
            raise write_error(path, error) from None
    libraries.record(Action.EXPORT, name, f"{count:,} sequences")
    return count


class _Export:
    """The export of one library."""

    def __init__(
        self,
        libraries: Libraries,
        row: LibraryRow,
        archive: zipfile.ZipFile,
        progress: Progress,
    ) -> None:
        self._libraries = libraries
        self._labels = libraries.stores.labels
        self._row = row
        self._archive = archive
        self._progress = progress
        self._members: dict[str, Member] = {}

    def write(self) -> int:
        """Write all members; return the number of sequences."""
        organisms = self._labels.organisms(self._row.id)
        total = sum(organism.count for organism in organisms)
        states = {ENCODER: self._libraries.encoder(self._row).state()}
        if model := self._libraries.model(self._row):
            states[MODEL] = model.state()
        if profiles := self._libraries.profiles(self._row):
            states[LEARNED] = profiles.state()
            self._write_profiles()
        for folder, state in states.items():
            for array_name, array in state.items():
                with self._member(f"{folder}/{array_name}.npy") as write:
                    write(to_npy(array))
        with self._member(SEQUENCES) as write:
            for done, line in enumerate(self._lines(organisms), start=1):
                write(line)
                if done % _PROGRESS_INTERVAL == 0 or done == total:
                    self._progress("Exporting", done, total)
        # Without profiles the manifest is that of format 1.
        unknown = None if self._row.profiles else {"profiles"}
        manifest = self._manifest(organisms).model_dump_json(indent=1, exclude=unknown)
        self._archive.writestr(MANIFEST, manifest)
        return total

    def _write_profiles(self) -> None:
        with self._member(PROFILES) as write:
            for row in self._labels.profiles(self._row.id):
                line = Profile(
                    name=row.name,
                    accession=row.accession,
                    description=row.description,
                    family=row.family,
                    source=row.source,
                    date=row.added_at,
                    by=row.by,
                    text=unpack_profile(row).text,
                )
                write(line.model_dump_json().encode() + b"\n")

    def _lines(self, organisms: list[OrganismRow]) -> Iterator[bytes]:
        for organism in organisms:
            for row in self._labels.sequences(organism.id):
                line = Sequence(
                    organism=organism.name,
                    family=row.family,
                    name=clean_name(row.name),
                    residues=row.residues,
                )
                yield line.model_dump_json().encode() + b"\n"

    @contextmanager
    def _member(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Open a member to write to; the manifest gets its checksum."""
        digest, size = hashlib.sha256(), 0
        with self._archive.open(name, "w", force_zip64=True) as file:

            def write(data: bytes) -> None:
                nonlocal size
                digest.update(data)
                size += len(data)
                file.write(data)

            yield write
        self._members[name] = Member(bytes=size, sha256=digest.hexdigest())

    def _manifest(self, organisms: list[OrganismRow]) -> Manifest:
        row = self._row
        loads = self._labels.loads_by_organism(row.id)
        return Manifest(
            format=PROFILES_FORMAT if row.profiles else FORMAT,
            genekin=__version__,
            exported_at=utc_now(),
            library=row.name,
            encoder=row.encoder,
            fingerprint=row.fingerprint,
            caller=row.caller or None,
            index=stored_index(row),
            threshold=row.threshold,
            families={  # Those of earlier versions may have characters that no name may have.
                number: clean_name(name) or default_name(number)
                for number, name in self._labels.families(row.id).items()
            },
            organisms=tuple(
                Organism(
                    name=organism.name,
                    sequences=organism.count,
                    loads=tuple(
                        Load(source=load.source, date=load.date, by=load.by, sequences=load.count)
                        for load in loads.get(organism.id, ())
                    ),
                )
                for organism in organisms
            ),
            members=self._members,
            profiles=row.profiles or None,
        )
