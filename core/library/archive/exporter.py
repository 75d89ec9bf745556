"""Writing an archive: complete, or not there."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core import __version__
from core.arrays import to_npy
from core.errors import write_error
from core.library.archive.format import (
    CALLER,
    ENCODER,
    FORMAT,
    MANIFEST,
    SEQUENCES,
    Index,
    Load,
    Manifest,
    Member,
    Organism,
    Sequence,
)
from core.library.manager import Libraries
from core.progress import Progress
from core.stores.locks import writing
from core.stores.sql import LibraryRow, OrganismRow
from core.stores.sql.tables import utc_now

_TOLD = 1_000
"""Sequences from one word of progress to the next."""


def export_library(
    libraries: Libraries,
    name: str,
    path: Path,
    *,
    progress: Progress = lambda _doing, _done, _total: None,
    timeout: float = 60.0,
) -> int:
    """Write a library into one file; returns how many sequences it has.

    Parameters
    ----------
    path
        Where it goes; what is there is replaced once the new file is complete.

    Raises
    ------
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    LibraryError
        If there is no such library.
    StoreError
        If another writer does not finish within `timeout` seconds.
    """
    part = path.parent / f".{path.name}.part"
    with writing(libraries.stores.database.engine, name, timeout):
        row = libraries.row(name)
        libraries.finish_interrupted(row)
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                count = _Export(libraries, libraries.row(name), archive, progress).write()
            part.replace(path)
        except OSError as error:
            raise write_error(path, error) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return count


class _Export:
    """One library on its way into an archive."""

    def __init__(
        self,
        libraries: Libraries,
        row: LibraryRow,
        archive: zipfile.ZipFile,
        progress: Progress,
    ) -> None:
        self._labels = libraries.stores.labels
        self._row = row
        self._archive = archive
        self._progress = progress
        self._members: dict[str, Member] = {}

    def write(self) -> int:
        organisms = self._labels.organisms(self._row.id)
        total = sum(organism.count for organism in organisms)
        states = {ENCODER: self._labels.encoder_state(self._row.id)}
        if self._row.caller:
            states[CALLER] = self._labels.caller_state(self._row.id)
        for kind, state in states.items():
            for array, values in state.items():
                with self._member(f"{kind}/{array}.npy") as write:
                    write(to_npy(values))
        with self._member(SEQUENCES) as write:
            for done, line in enumerate(self._lines(organisms), start=1):
                write(line)
                if done % _TOLD == 0 or done == total:
                    self._progress("Exporting", done, total)
        self._archive.writestr(MANIFEST, self._manifest(organisms).model_dump_json(indent=1))
        return total

    def _lines(self, organisms: list[OrganismRow]) -> Iterator[bytes]:
        for organism in organisms:
            for row in self._labels.sequences(organism.id):
                line = Sequence(
                    organism=organism.name, family=row.family, name=row.name, residues=row.residues
                )
                yield line.model_dump_json().encode() + b"\n"

    @contextmanager
    def _member(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """A member to write to; the manifest gets its checksum."""
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
            format=FORMAT,
            genekin=__version__,
            exported_at=utc_now(),
            library=row.name,
            encoder=row.encoder,
            fingerprint=row.fingerprint,
            caller=row.caller or None,
            index=Index(**row.index),
            threshold=row.threshold,
            families=self._labels.families(row.id),
            organisms=tuple(
                Organism(
                    name=organism.name,
                    sequences=organism.count,
                    loads=tuple(
                        Load(source=each.source, date=each.date, by=each.by, sequences=each.count)
                        for each in loads.get(organism.id, ())
                    ),
                )
                for organism in organisms
            ),
            members=self._members,
        )
