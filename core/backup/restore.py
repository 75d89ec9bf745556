"""Restoration of a backup into empty stores: completely, or not at all.

Rows come first, of organisms that no search sees because they are marked as being removed; then
the vectors; then one transaction makes all of it visible. A failure, a crash too, leaves nothing
but removals, which the next writer, or the dashboard when it starts, finishes.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Table, create_engine, delete, func, insert, select, update
from sqlalchemy import MetaData as ReflectedTables

from core.backup.format import tables_to_save
from core.backup.reader import Backup
from core.backup.writer import write_backup
from core.errors import InputError, StoreError
from core.library.create import create_collection
from core.library.integrity import check_vectors
from core.library.manager import Libraries
from core.library.recovery import recover, try_to_recover
from core.library.room import load_room
from core.library.stored_state import read_index
from core.library.writer import write_vectors
from core.progress import Progress, no_progress
from core.stores.disk import Room
from core.stores.locks import write_lock
from core.stores.sql import LibraryRow, SequenceRow
from core.stores.sql.database import Database
from core.stores.sql.migrations import HEAD, revisions, upgrade
from core.stores.sql.schema import (
    READY,
    REMOVING,
    audit,
    caller_arrays,
    encoder_arrays,
    families,
    loads,
    metadata,
    milestones,
    organisms,
    profile_arrays,
    profiles,
    sequences,
    sign_ins,
)
from core.stores.sql.schema import (
    libraries as library_table,
)

_HIDDEN_TABLES = (
    library_table,
    encoder_arrays,
    caller_arrays,
    profile_arrays,
    profiles,
    families,
    loads,
    organisms,
    sequences,
)
"""Tables whose rows nobody sees as long as no organism is ready; parents first."""
_NO_DATA = (milestones, audit, sign_ins)
"""Tables that have rows as soon as somebody opens a dashboard."""
_CHUNK_ROWS = 500
_ENCODED_ROWS = 5_000
"""Sequences that are read at a time, to be encoded."""
_TABLE_OVERHEAD = 1.3
"""Tables with their indexes are so much larger than their rows in a backup."""
_STAGING_TIMEOUT = 60.0
_NOT_EMPTY_HINT = (
    "Restore into empty stores, or replace all that is there: `restore FILE --replace --yes`."
)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """Report of a restoration.

    Attributes
    ----------
    rows
        Number of rows by table.
    vectors
        Number of vectors that were encoded again.
    """

    rows: Mapping[str, int]
    libraries: int
    vectors: int
    seconds: float


def restore_backup(
    libraries: Libraries,
    path: Path,
    *,
    replace: bool = False,
    progress: Progress = no_progress,
    timeout: float = 60.0,
) -> RestoreReport:
    """Restore all that a backup has.

    Parameters
    ----------
    libraries
        The libraries of stores that are empty.
    path
        The backup; one of an earlier version is upgraded.
    replace
        Delete everything that the stores have first, as soon as the file has been checked.

    Raises
    ------
    InputError
        If the file is no backup, damaged, or of a newer version, or the stores are not empty.
    StoreError
        If a store fails, or another writer does not finish within `timeout` seconds.
    """
    started = time.monotonic()
    with Backup(path) as backup:
        backup.require_known(revisions())
        backup.verify(progress)
        if backup.manifest.revision == HEAD:
            rows, vectors = _Restore(libraries, backup, progress).run(replace, timeout)
        else:
            with TemporaryDirectory() as folder:
                upgraded = _upgrade_backup(backup, Path(folder), progress)
                with Backup(upgraded) as current:
                    rows, vectors = _Restore(libraries, current, progress).run(replace, timeout)
    seconds = time.monotonic() - started
    return RestoreReport(rows, rows.get(library_table.name, 0), vectors, seconds)


def _upgrade_backup(backup: Backup, folder: Path, progress: Progress) -> Path:
    """Write a backup of an earlier version again, with the tables of this one."""
    url = f"sqlite:///{folder / 'upgraded.sqlite'}"
    engine = create_engine(url)
    upgrade(engine, backup.manifest.revision)
    tables = ReflectedTables()
    with engine.begin() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            for chunk in _chunks(backup.rows(table)):
                connection.execute(insert(table), chunk)
    engine.dispose()
    database = Database(url, _STAGING_TIMEOUT)  # Upgrades the tables.
    try:
        write_backup(database, folder / "upgraded.backup", progress=progress)
    finally:
        database.close()
    return folder / "upgraded.backup"


class _Restore:
    """The restoration of one backup, whose tables are those of this version."""

    def __init__(self, libraries: Libraries, backup: Backup, progress: Progress) -> None:
        self._libraries = libraries
        self._stores = libraries.stores
        self._backup = backup
        self._progress = progress
        self._names = sorted(row["name"] for row in backup.rows(library_table))
        self._total = sum(member.rows for member in backup.manifest.tables.values())
        self._done = 0
        self._vectors = 0

    def run(self, replace: bool, timeout: float) -> tuple[dict[str, int], int]:  # noqa: FBT001
        """Restore everything; return the number of rows by table, and of vectors."""
        engine = self._stores.database.engine
        with ExitStack() as locks:
            for name in sorted({*self._names, *self._libraries.names()}):
                locks.enter_context(write_lock(engine, name, timeout))
            self._recover()
            self._clear(replace)
            self._require_room()
            try:
                for table in _HIDDEN_TABLES:
                    self._insert_hidden(table)
                for name in self._names:
                    self._restore_vectors(self._libraries.library_row(name))
                self._publish()
            except BaseException:
                for name in self._libraries.names():
                    try_to_recover(self._stores, name)
                raise
        rows = {name: member.rows for name, member in self._backup.manifest.tables.items()}
        return rows, self._vectors

    def _recover(self) -> None:
        """Finish what a restoration that died has left."""
        for name in self._libraries.names():
            recover(self._stores, self._libraries.library_row(name))

    def _clear(self, replace: bool) -> None:  # noqa: FBT001
        """Check that the stores are empty, or delete what they have."""
        names = self._libraries.names()
        if not replace:
            if found := self._first_table_in_use():
                message = f"The stores are not empty: the table {found} has rows."
                raise InputError(message, _NOT_EMPTY_HINT)
            if taken := self._existing_collections():
                message = f"The vector store already has a collection {taken[0]}."
                raise InputError(message, _NOT_EMPTY_HINT)
            return
        for name in names:
            row = self._libraries.library_row(name)
            ready = self._stores.labels.organisms(row.id)
            self._stores.labels.mark_removing(*(organism.id for organism in ready))
            recover(self._stores, row)
        for collection in self._existing_collections():
            self._stores.vectors.drop(collection)

    def _first_table_in_use(self) -> str:
        """Return a table that has rows; empty if none has data."""
        with self._stores.database.scan("looking whether it is empty") as connection:
            for table in tables_to_save(metadata):
                query = select(func.count()).select_from(table)
                if table not in _NO_DATA and connection.execute(query).scalar_one():
                    return table.name
        return ""

    def _existing_collections(self) -> list[str]:
        wanted = {row["collection"] for row in self._backup.rows(library_table)}
        vectors = self._stores.vectors
        return sorted(name for name in wanted if vectors.description(name) is not None)

    def _require_room(self) -> None:
        """Check that the disk of embedded stores has room for everything."""
        size = sum(member.bytes for member in self._backup.manifest.tables.values())
        labels = int(_TABLE_OVERHEAD * size)
        encoders = {row["id"]: row["encoder"] for row in self._backup.rows(library_table)}
        vectors = 0
        rows = self._backup.rows(sequences)
        for library_id, of_library in groupby(rows, lambda row: row["library_id"]):
            residues = (row["residues"] for row in of_library)
            vectors += load_room(encoders[library_id], residues, with_labels=False).vectors
        # The last transaction writes all other tables: its log is as large as they are.
        self._stores.require_room(Room(labels, vectors, labels), "restoring the backup")

    def _insert_hidden(self, table: Table) -> None:
        for chunk in _chunks(self._backup.rows(table)):
            if table is organisms:
                for row in chunk:
                    row["state"] = REMOVING
            if table is library_table:
                for row in chunk:
                    row["spare"] = None
            with self._stores.database.begin("restoring a backup") as connection:
                connection.execute(insert(table), chunk)
            self._report(len(chunk))

    def _restore_vectors(self, row: LibraryRow) -> None:
        """Make the collection of a library, in the order in which it was made first."""
        index, encoder = read_index(row), self._libraries.encoder(row)
        create_collection(self._stores, row.collection, row.name, encoder, index)
        for organism in self._stores.labels.organisms(row.id, REMOVING):
            self._stores.vectors.add_partition(row.collection, organism.partition)
            ids = self._stores.labels.ids_in_write_order(organism.id)
            for start in range(0, len(ids), _ENCODED_ROWS):
                written = write_vectors(
                    self._stores.vectors,
                    encoder,
                    self._sequences(row, ids[start : start + _ENCODED_ROWS]),
                    collection=row.collection,
                    partition=organism.partition,
                    progress=self._progress,
                    done=start,
                    total=len(ids),
                )
                self._vectors += len(written)
        self._progress("Indexing", 1, 1)
        self._stores.vectors.flush_and_index(row.collection)

    def _sequences(self, row: LibraryRow, ids: list[int]) -> list[SequenceRow]:
        """Read sequences that should have a vector: all others are encoded as nothing again."""
        residues = self._stores.labels.residues(row.id, ids)
        return [SequenceRow(number, 0, 0, "", residues[number], has_vector=True) for number in ids]

    def _publish(self) -> None:
        """Make everything visible, with all other tables, in one transaction."""
        self._progress("Finishing", 0, 0)
        with self._stores.database.begin("restoring a backup") as connection:
            others = [table for table in tables_to_save(metadata) if table not in _HIDDEN_TABLES]
            for table in reversed(others):
                if table is not audit:
                    connection.execute(delete(table))
            for table in others:
                for chunk in _chunks(self._backup.rows(table)):
                    if table is audit:  # What was done since stays: its rows have these numbers.
                        for row in chunk:
                            del row["id"]
                    connection.execute(insert(table), chunk)
                    self._report(len(chunk))
            self._show_organisms(connection)
        for name in self._names:
            check_vectors(self._stores, self._libraries.library_row(name))

    def _show_organisms(self, connection: Connection) -> None:
        hidden = organisms.c.state == REMOVING
        shown = connection.execute(update(organisms).where(hidden).values(state=READY)).rowcount
        if shown != self._backup.manifest.tables[organisms.name].rows:
            message = "Another process changed the libraries while they were restored."
            raise StoreError(message, "Close all dashboards, then restore the backup again.")

    def _report(self, rows: int) -> None:
        self._done += rows
        self._progress("Restoring", self._done, self._total)


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        yield chunk
