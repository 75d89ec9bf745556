"""Base of the classes that read and write tables, and conversions of their values."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Table,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from core.arrays import Arrays, from_npy, to_npy
from core.stores.sql.database import Database

_Item = TypeVar("_Item")

_CHUNK_ROWS = 1_000
"""Rows per statement: well under SQLite's limit of variables and MySQL's limit of bytes."""
_PIECE_BYTES = 4_000_000
"""Bytes of a long value per row, under MySQL's default max_allowed_packet."""


class Tables:
    """Access to tables of a database; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connect = database.connect
        self._scan = database.scan
        self._begin = database.begin


def inserted_id(result: CursorResult[Any]) -> int:
    """Return the id that the database gave to an inserted row."""
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Split items into chunks that fit into one statement."""
    for start in range(0, len(items), _CHUNK_ROWS):
        yield items[start : start + _CHUNK_ROWS]


def split_bytes(data: bytes) -> Iterator[bytes]:
    """Split a long value into pieces that a server accepts in one row."""
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


def raw(column: ColumnElement[bytes]) -> ColumnElement[Any]:
    """Select a column of bytes as the database has it, whatever it has."""
    return type_coerce(column, NullType())


def join_bytes(pieces: Sequence[object]) -> bytes:
    """Join the pieces that :func:`split_bytes` made.

    Raises
    ------
    ValueError
        If one of them is not bytes.
    """
    parts = [piece for piece in pieces if isinstance(piece, bytes)]
    if len(parts) < len(pieces):
        message = "not bytes"
        raise ValueError(message)
    return b"".join(parts)


def replace_surrogates(text: str) -> str:
    """Replace unpaired surrogates, which no database accepts, with question marks."""
    return text.encode("utf-8", "replace").decode()


def utc_now() -> datetime:
    """Return the current time in UTC, without a time zone, as the tables store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def save_arrays(connection: Connection, table: Table, library_id: int, arrays: Arrays) -> None:
    """Write the arrays of a library, in pieces that a server accepts."""
    for name, array in arrays.items():
        for part, data in enumerate(split_bytes(to_npy(array))):
            row = {"library_id": library_id, "name": name, "part": part, "data": data}
            connection.execute(insert(table).values(row))


def read_arrays(connection: Connection, table: Table, library_id: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a library that :func:`save_arrays` wrote.

    Raises
    ------
    ValueError
        If one of them is damaged.
    """
    query = (
        select(table.c.name, raw(table.c.data))
        .where(table.c.library_id == library_id)
        .order_by(table.c.name, table.c.part)
    )
    pieces: dict[str, list[object]] = {}
    for name, data in connection.execute(query):
        pieces.setdefault(name, []).append(data)
    return {name: from_npy(join_bytes(parts)) for name, parts in pieces.items()}
