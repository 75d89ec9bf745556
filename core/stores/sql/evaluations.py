"""The evaluations of a deployment, as the database keeps them: what each is, and its report."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    String,
    delete,
    insert,
    select,
    update,
)

from core.stores.sql.schema import BYTES, TEXT, TIME, made_table
from core.stores.sql.tables import Tables, inserted_id, storable

evaluations = made_table(
    "evaluations",
    Column("id", Integer, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("by", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("machine", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("report", BYTES, nullable=False),
)

_TOLD = [column for column in evaluations.c if column.name != "report"]


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation, without its report.

    Attributes
    ----------
    created_at
        UTC.
    by
        Who asked for it; may be empty.
    source, digest
        Where its sequences are from, and their SHA-256.
    seed
        Of all that is random in it.
    seconds
        How long it took.
    machine, versions
        What it was made with.
    settings
        What was evaluated: methods by split.
    """

    name: str
    created_at: datetime
    by: str
    source: str
    digest: str
    seed: int
    seconds: int
    machine: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    id: int = 0


class EvaluationTable(Tables):
    """What the table of evaluations says.

    Every method may raise :class:`~core.errors.StoreError`.
    """

    def add(self, row: EvaluationRow, report: str) -> int:
        """Keep an evaluation, whatever its id, with its report; returns its id."""
        values: dict[str, Any] = {
            column.name: getattr(row, column.name) for column in _TOLD if column.name != "id"
        }
        for name in ("name", "by", "source"):
            values[name] = storable(values[name])
        values["report"] = zlib.compress(report.encode())
        with self._writing("keeping an evaluation") as connection:
            return inserted_id(connection.execute(insert(evaluations).values(values)))

    def recent(self) -> list[EvaluationRow]:
        """All of them, the latest first."""
        query = select(*_TOLD).order_by(evaluations.c.id.desc())
        with self._reading("reading the evaluations") as connection:
            return [EvaluationRow(**row) for row in connection.execute(query).mappings()]

    def get(self, number: int) -> EvaluationRow | None:
        """The evaluation with that id, or None."""
        query = select(*_TOLD).where(evaluations.c.id == number)
        with self._reading("reading an evaluation") as connection:
            found = connection.execute(query).mappings().first()
        return EvaluationRow(**found) if found else None

    def report(self, number: int) -> str | None:
        """The report of the evaluation with that id, as it was given; None if there is none."""
        query = select(evaluations.c.report).where(evaluations.c.id == number)
        with self._reading("reading an evaluation") as connection:
            data = connection.scalar(query)
        return None if data is None else zlib.decompress(data).decode()

    def rename(self, number: int, name: str) -> bool:
        """Call an evaluation by another name; False if there is none with that id."""
        query = update(evaluations).where(evaluations.c.id == number).values(name=storable(name))
        with self._writing("renaming an evaluation") as connection:
            return bool(connection.execute(query).rowcount)

    def delete(self, number: int) -> bool:
        """Remove an evaluation with its report; False if there is none with that id."""
        with self._writing("deleting an evaluation") as connection:
            query = delete(evaluations).where(evaluations.c.id == number)
            return bool(connection.execute(query).rowcount)
