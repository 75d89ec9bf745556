"""Format of a backup: a zip of ``manifest.json`` and one member of rows for each table.

A member has one JSON array per row, with the values in the order of the manifest's columns: bytes
in base64, times in ISO 8601. The manifest has the revision of the tables, and the number of rows,
the size and the SHA-256 of each member.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table

from core.library.archive.format import Member
from core.schema import StrictModel

FORMAT: Literal[1] = 1
"""Version of the format; newer ones are refused."""
MANIFEST = "manifest.json"

_Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Count = Annotated[int, Field(ge=0, lt=2**63)]


class TableMember(Member):
    """Columns and number of rows of a table, and the size and checksum of its member."""

    columns: Annotated[tuple[_Identifier, ...], Field(min_length=1, max_length=200)]
    rows: _Count


class Manifest(StrictModel):
    """Description of a backup.

    Attributes
    ----------
    revision
        Revision of the tables.
    tables
        Members by the names of their tables.
    """

    format: Literal[1]
    genekin: Annotated[str, Field(max_length=64)]
    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,32}$")]
    made_at: datetime
    tables: Annotated[dict[_Identifier, TableMember], Field(max_length=1_000)]


def member_name(table: str) -> str:
    """Return the name of the member that has the rows of a table."""
    return f"tables/{table}.jsonl"


def tables_to_save(metadata: MetaData) -> list[Table]:
    """Return the tables that a backup has, parents first.

    These are all but those that are marked otherwise, and those whose rows belong to such rows.
    """
    saved: list[Table] = []
    for table in metadata.sorted_tables:
        parents = {key.column.table for key in table.foreign_keys} - {table}
        if table.info.get("backup", True) and parents <= set(saved):
            saved.append(table)
    return saved


def encode_row(row: Sequence[Any]) -> list[Any]:
    """Return the values of a row as JSON has them."""
    return [_ENCODERS[type(value)](value) if type(value) in _ENCODERS else value for value in row]


def row_decoder(columns: Sequence[Column[Any]]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Return a function that makes a row for an insertion of what JSON has.

    It raises a ValueError if a value is not one of its column.
    """
    decoders = [(column.name, _decoder(column), bool(column.nullable)) for column in columns]

    def decode(values: Sequence[Any]) -> dict[str, Any]:
        return {
            name: None if value is None and nullable else decoder(value)
            for (name, decoder, nullable), value in zip(decoders, values, strict=True)
        }

    return decode


def _decoder(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, LargeBinary):
        return _from_base64
    if isinstance(column.type, DateTime):
        return _from_iso
    python_type = getattr(column.type, "python_type", object)
    if python_type in {bool, int, float, str}:
        return _typed(python_type)
    return lambda value: value  # JSON


def _typed(expected: type) -> Callable[[Any], Any]:
    accepted = (int, float) if expected is float else (expected,)

    def check(value: Any) -> Any:
        if not isinstance(value, accepted) or (expected is not bool and isinstance(value, bool)):
            message = f"not of type {expected.__name__}"
            raise ValueError(message)
        return value

    return check


def _from_base64(value: Any) -> bytes:
    if not isinstance(value, str):
        message = "not bytes"
        raise ValueError(message)  # noqa: TRY004  (one kind of error for all that is damaged)
    return base64.b64decode(value, validate=True)


def _from_iso(value: Any) -> datetime:
    if not isinstance(value, str):
        message = "not a time"
        raise ValueError(message)  # noqa: TRY004
    return datetime.fromisoformat(value)


_ENCODERS: Mapping[type, Callable[[Any], Any]] = {
    bytes: lambda value: base64.b64encode(value).decode("ascii"),
    datetime: datetime.isoformat,
}
