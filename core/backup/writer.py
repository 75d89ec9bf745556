"""Writing of a backup: one snapshot of the database, while everybody goes on working.

What is under way is left out: loads and removals that are not finished, and the jobs.
"""

import hashlib
import json
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, true

from core import __version__
from core.backup.format import (
    FORMAT,
    MANIFEST,
    Manifest,
    TableMember,
    encode_row,
    member_name,
    tables_to_save,
)
from core.errors import write_error
from core.output import replacing
from core.progress import Progress, no_progress
from core.stores.sql.database import Database
from core.stores.sql.migrations import HEAD
from core.stores.sql.schema import READY, libraries, loads, metadata, organisms
from core.stores.sql.tables import utc_now

_CHUNK_ROWS = 500
_COMPRESSION = 3
"""Of zlib: bases become as small as at the highest level, in a third of the time."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """Report of a backup.

    Attributes
    ----------
    rows
        Number of rows by table.
    unfinished
        Libraries of which something is under way, which is not in the backup.
    size
        Bytes of the file.
    """

    rows: Mapping[str, int]
    unfinished: Sequence[str]
    size: int
    seconds: float


def write_backup(
    database: Database, path: Path, *, progress: Progress = no_progress
) -> BackupReport:
    """Write all that a deployment has into one file, which is complete or not there.

    Parameters
    ----------
    path
        The file, readable by its owner only; an existing one is replaced once the new one is
        complete.

    Raises
    ------
    GeneKinError
        If the file cannot be written; an InputError, unless the disk is full.
    StoreError
        If the database fails.
    """
    started = time.monotonic()
    try:
        with replacing(path) as file, _snapshot(database) as connection:
            Path(file.name).chmod(0o600)
            with zipfile.ZipFile(
                file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION
            ) as archive:
                backup = _Backup(connection, archive, progress)
                backup.write()
            unfinished = _unfinished(connection)
    except OSError as error:
        raise write_error(path, error) from None
    seconds = time.monotonic() - started
    return BackupReport(backup.rows, unfinished, path.stat().st_size, seconds)


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """Open a transaction that sees one state of the database, whatever is written meanwhile."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    begin = "BEGIN" if is_sqlite else "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
    with database.scan("backing it up") as connection:
        connection.exec_driver_sql(begin)
        try:
            yield connection
        finally:
            connection.rollback()


class _Backup:
    """The backup of one snapshot.

    Attributes
    ----------
    rows
        Number of rows written, by table.
    """

    def __init__(
        self, connection: Connection, archive: zipfile.ZipFile, progress: Progress
    ) -> None:
        self._connection = connection
        self._archive = archive
        self._progress = progress
        self.rows: dict[str, int] = {}

    def write(self) -> None:
        """Write the rows of all tables, then the manifest."""
        tables = tables_to_save(metadata)
        total = sum(self._count(table) for table in tables)
        manifest = Manifest(
            format=FORMAT,
            genekin=__version__,
            revision=HEAD,
            made_at=utc_now(),
            tables={table.name: self._write_table(table, total) for table in tables},
        )
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))

    def _count(self, table: Table) -> int:
        query = select(func.count()).select_from(table).where(is_finished(table))
        return int(self._connection.execute(query).scalar_one())

    def _write_table(self, table: Table, total: int) -> TableMember:
        digest, size, rows = hashlib.sha256(), 0, 0
        done = sum(self.rows.values())
        with self._archive.open(member_name(table.name), "w", force_zip64=True) as file:
            for chunk in self._chunks(table):
                data = b"".join(map(_line, chunk))
                file.write(data)
                digest.update(data)
                size += len(data)
                rows += len(chunk)
                self._progress("Backing up", done + rows, total)
        self.rows[table.name] = rows
        return TableMember(
            columns=tuple(column.name for column in table.columns),
            rows=rows,
            bytes=size,
            sha256=digest.hexdigest(),
        )

    def _chunks(self, table: Table) -> Iterator[Sequence[Sequence[object]]]:
        """Read a table in the order of its key, without holding it in memory."""
        query: Select[*tuple[object, ...]] = (
            select(table).where(is_finished(table)).order_by(*table.primary_key.columns)
        )
        options = {"yield_per": _CHUNK_ROWS}
        yield from self._connection.execution_options(**options).execute(query).partitions()


def is_finished(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row is finished, and all rows that it belongs to."""
    conditions = [_OWN_CONDITIONS[table.name]] if table.name in _OWN_CONDITIONS else []
    for key in table.foreign_keys:
        parent = key.column
        finished = key.parent.in_(select(parent).where(is_finished(parent.table)))
        conditions.append(or_(key.parent.is_(None), finished) if key.parent.nullable else finished)
    return and_(true(), *conditions)


_OWN_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    organisms.name: organisms.c.state == READY,
    loads.name: loads.c.state == READY,
    # A library without an organism is removed by the next writer.
    libraries.name: libraries.c.id.in_(
        select(organisms.c.library_id).where(organisms.c.state == READY)
    ),
}


def _unfinished(connection: Connection) -> list[str]:
    """Return the names of libraries of which something is under way."""
    found: set[str] = set()
    for table in (organisms, loads):
        of_table = select(table.c.library_id).where(table.c.state != READY)
        query = select(libraries.c.name).where(libraries.c.id.in_(of_table))
        found.update(connection.scalars(query))
    found.update(connection.scalars(select(libraries.c.name).where(libraries.c.spare.isnot(None))))
    return sorted(found)


def _line(row: Sequence[object]) -> bytes:
    text = json.dumps(encode_row(row), ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"
