"""What reading and writing the tables of the labels have in common."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, CursorResult, Table, insert, select

from core.arrays import Arrays, to_npy
from core.stores.sql.database import Database

_Item = TypeVar("_Item")

_ROWS = 1_000
"""Rows in one statement: well under SQLite's limit of variables and MySQL's of bytes."""
_PIECE_BYTES = 4_000_000
"""Bytes of a long value in one row, under MySQL's default max_allowed_packet."""


class Tables:
    """Tables of a database; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = database.reading
        self._writing = database.writing


def inserted_id(result: CursorResult[Any]) -> int:
    """The id that a row got when it was inserted."""
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """The items, as many at a time as one statement takes."""
    for start in range(0, len(items), _ROWS):
        yield items[start : start + _ROWS]


def pieces(data: bytes) -> Iterator[bytes]:
    """A long value, in pieces that a server takes in a row each."""
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


def storable(text: str) -> str:
    """The text without halves of characters, which no database takes."""
    return text.encode("utf-8", "replace").decode()


def utc_now() -> datetime:
    """The time in UTC, without a zone, as the tables have it."""
    return datetime.now(UTC).replace(tzinfo=None)


def save_arrays(connection: Connection, table: Table, library_id: int, arrays: Arrays) -> None:
    """Write arrays of a library, in parts that a server takes."""
    for name, array in arrays.items():
        for part, data in enumerate(pieces(to_npy(array))):
            row = {"library_id": library_id, "name": name, "part": part, "data": data}
            connection.execute(insert(table).values(row))


def read_arrays(connection: Connection, table: Table, library_id: int) -> dict[str, NDArray[Any]]:
    """The arrays of a library that :func:`save_arrays` wrote."""
    query = (
        select(table.c.name, table.c.data)
        .where(table.c.library_id == library_id)
        .order_by(table.c.name, table.c.part)
    )
    found: dict[str, list[bytes]] = {}
    for name, data in connection.execute(query):
        found.setdefault(name, []).append(data)
    return {
        name: np.load(io.BytesIO(b"".join(some)), allow_pickle=False)
        for name, some in found.items()
    }
