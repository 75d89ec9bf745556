"""Table of evaluations: a description and a report each."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from core.serialized import decompress
from core.stores.sql.schema import evaluations
from core.stores.sql.tables import Tables, inserted_id, join_bytes, raw, replace_surrogates

_MAX_REPORT_BYTES = 200_000_000
_FACTS = ("machine", "versions", "settings")
_ROW_COLUMNS = [column for column in evaluations.c if column.name != "report"]


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation, without its report.

    Attributes
    ----------
    created_at
        UTC.
    by
        The user who started it; may be empty.
    source, digest
        Origin of its sequences, and their SHA-256.
    seed
        Seed of its random numbers.
    seconds
        Duration.
    machine, versions
        Hardware, and versions of the software.
    settings
        Evaluated methods by split.
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
    """Access to the evaluations; every method may raise :class:`~core.errors.StoreError`."""

    def add(self, row: EvaluationRow, report: str) -> int:
        """Save an evaluation with its report, ignoring its id, and return its new id."""
        values: dict[str, Any] = {
            column.name: getattr(row, column.name) for column in _ROW_COLUMNS if column.name != "id"
        }
        for name in ("name", "by", "source"):
            values[name] = replace_surrogates(values[name])
        values["report"] = zlib.compress(report.encode())
        with self._begin("saving an evaluation") as connection:
            return inserted_id(connection.execute(insert(evaluations).values(values)))

    def recent(self) -> list[EvaluationRow]:
        """Return all evaluations, newest first."""
        query = select(*_ROW_COLUMNS).order_by(evaluations.c.id.desc())
        with self._connect("reading the evaluations") as connection:
            return list(map(_evaluation_row, connection.execute(query).mappings()))

    def get(self, evaluation_id: int) -> EvaluationRow | None:
        """Return the evaluation with that id, or None."""
        query = select(*_ROW_COLUMNS).where(evaluations.c.id == evaluation_id)
        with self._connect("reading an evaluation") as connection:
            row = connection.execute(query).mappings().first()
        return _evaluation_row(row) if row else None

    def report(self, evaluation_id: int) -> str | None:
        """Return the report of the evaluation with that id, or None.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        query = select(raw(evaluations.c.report)).where(evaluations.c.id == evaluation_id)
        with self._connect("reading an evaluation") as connection:
            data = connection.scalar(query)
        return None if data is None else decompress(join_bytes([data]), _MAX_REPORT_BYTES).decode()

    def rename(self, evaluation_id: int, name: str) -> bool:
        """Rename an evaluation; return False if there is none with that id."""
        query = (
            update(evaluations)
            .where(evaluations.c.id == evaluation_id)
            .values(name=replace_surrogates(name))
        )
        with self._begin("renaming an evaluation") as connection:
            return bool(connection.execute(query).rowcount)

    def delete(self, evaluation_id: int) -> bool:
        """Delete an evaluation with its report; return False if there is none with that id."""
        query = delete(evaluations).where(evaluations.c.id == evaluation_id)
        with self._begin("deleting an evaluation") as connection:
            return bool(connection.execute(query).rowcount)


def _evaluation_row(row: RowMapping) -> EvaluationRow:
    """Return a row without those facts that are damaged, so that it can be listed and deleted."""
    facts = {name: row[name] if isinstance(row[name], dict) else {} for name in _FACTS}
    return EvaluationRow(**{**row, **facts})
