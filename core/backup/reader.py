"""Reading of a backup, every byte of which is checked before anything is restored."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import ValidationError
from sqlalchemy import Table

from core.backup.format import FORMAT, MANIFEST, Manifest, member_name, row_decoder
from core.errors import InputError
from core.library.archive.format import Version
from core.progress import Progress
from core.schema import describe_fault

_MAX_MANIFEST_BYTES = 10_000_000
_NOT_A_BACKUP_HINT = "Choose a file made with `python -m core backup`."
_DAMAGED_HINT = "Nothing was restored. Copy the file again, or use another backup."
_UPDATE_HINT = "Update GeneKin, then restore it."
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError)


class Backup:
    """An open backup.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        If it is not a backup, damaged, or of a newer GeneKin; also from every method.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from None
        except _ZIP_ERRORS:
            message = f"{path} is not a backup of GeneKin, or incomplete."
            raise InputError(message, _NOT_A_BACKUP_HINT) from None
        try:
            self.manifest = self._read_manifest()
            self._check_members()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def verify(self, progress: Progress) -> None:
        """Compare all members with their checksums."""
        total = sum(member.bytes for member in self.manifest.tables.values())
        done = 0
        for table, member in self.manifest.tables.items():
            digest, size, rows = hashlib.sha256(), 0, 0
            for line in self._lines(table):
                digest.update(line)
                size += len(line)
                rows += 1
                if rows % 1_000 == 0:
                    progress("Verifying", done + size, total)
            found = (digest.hexdigest(), size, rows)
            if found != (member.sha256, member.bytes, member.rows):
                raise self.damaged(table)
            done += size
            progress("Verifying", done, total)

    def rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table; none if the backup does not have it."""
        member = self.manifest.tables.get(table.name)
        if member is None:
            return
        unknown = set(member.columns) - {column.name for column in table.columns}
        if unknown:
            raise self.damaged(table.name, f"unknown column {min(unknown)}")
        decode = row_decoder([table.columns[name] for name in member.columns])
        for number, line in enumerate(self._lines(table.name), start=1):
            try:
                yield decode(json.loads(line))
            except (ValueError, TypeError) as error:
                raise self.damaged(table.name, f"row {number:,}: {error}") from None

    def damaged(self, table: str, reason: str = "") -> InputError:
        """Return the error that a table is not as it was written."""
        explanation = f" ({reason})" if reason else ""
        message = f"{self.name} is damaged: the table {table} is not as it was saved{explanation}."
        return InputError(message, _DAMAGED_HINT)

    def _lines(self, table: str) -> Iterator[bytes]:
        try:
            with self._zip.open(member_name(table)) as file:
                yield from file
        except _ZIP_ERRORS:
            raise self.damaged(table) from None

    def _read_manifest(self) -> Manifest:
        try:
            if self._zip.getinfo(MANIFEST).file_size > _MAX_MANIFEST_BYTES:
                raise self._not_a_backup()
            data = self._zip.read(MANIFEST)
        except (*_ZIP_ERRORS, KeyError):
            raise self._not_a_backup() from None
        try:
            version = Version.model_validate_json(data).format
            if version > FORMAT:
                raise self._newer(f"format {version}")
            return Manifest.model_validate_json(data)
        except ValidationError as error:
            message = f"{self.name} is damaged: {MANIFEST} ({describe_fault(error)})."
            raise InputError(message, _DAMAGED_HINT) from None

    def _check_members(self) -> None:
        expected = {MANIFEST, *map(member_name, self.manifest.tables)}
        if sorted(expected) != sorted(self._zip.namelist()):
            message = f"{self.name} is damaged: its members are not those of its manifest."
            raise InputError(message, _DAMAGED_HINT)

    def _not_a_backup(self) -> InputError:
        return InputError(f"{self.name} is not a backup of GeneKin.", _NOT_A_BACKUP_HINT)

    def _newer(self, what: str) -> InputError:
        message = f"{self.name} was made by a newer version of GeneKin ({what})."
        return InputError(message, _UPDATE_HINT)

    def require_known(self, revisions: list[str]) -> None:
        """Check that its tables have one of these revisions."""
        if self.manifest.revision not in revisions:
            raise self._newer(f"tables of revision {self.manifest.revision}")
