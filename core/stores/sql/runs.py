"""The runs of a deployment, as the database keeps them: what each is, and its contents in parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import mysql

from core.stores.sql.database import run_with_deadlock_retry
from core.stores.sql.schema import BYTES, TEXT, TIME, made_table
from core.stores.sql.tables import Tables, pieces, storable

_KEY = String(32).with_variant(mysql.VARCHAR(32, collation="utf8mb4_bin"), "mysql", "mariadb")

runs = made_table(
    "runs",
    Column("id", _KEY, primary_key=True),
    Column("name", TEXT, nullable=False),
    # In lower case: the name, a line break, and all else that a search finds it by.
    Column("found_by", TEXT, nullable=False),
    Column("created_at", TIME, nullable=False, index=True),
    Column("by", TEXT, nullable=False),
    Column("library", TEXT, nullable=False),
    Column("encoder", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("contents", String(64), nullable=False),
    Column("queries", Integer, nullable=False),
    Column("about", JSON, nullable=False),
)

run_parts = made_table(
    "run_parts",
    Column("run_id", _KEY, ForeignKey("runs.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", BYTES, nullable=False),
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, without its contents.

    Attributes
    ----------
    id
        What its link has.
    name
        One line.
    found_by
        What a search finds it by, besides its name.
    created_at
        UTC.
    by
        Who asked; may be empty.
    fingerprint, contents
        Of the library's encoder, and of all that searches saw of the library.
    queries
        How many there are.
    about
        What else is known of it, as JSON has it.
    """

    id: str
    name: str
    found_by: str
    created_at: datetime
    by: str
    library: str
    encoder: str
    fingerprint: str
    contents: str
    queries: int
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Contents of a run: items of a kind, from the item `first` on."""

    kind: str
    first: int
    data: bytes


class RunTable(Tables):
    """What the tables of runs say; every method may raise :class:`~core.errors.StoreError`."""

    def add(self, row: RunRow, parts: Iterable[Part]) -> None:
        """Add a run with all its parts, or nothing of it."""
        values = {each.name: _stored(getattr(row, each.name)) for each in fields(row)}
        values["found_by"] = f"{_folded(row.name)}\n{_folded(row.found_by)}"
        with self._writing("keeping a run") as connection:
            connection.execute(insert(runs).values(values))
            for part in parts:
                for piece, data in enumerate(pieces(part.data)):
                    key = {"run_id": row.id, "kind": part.kind, "first": part.first}
                    connection.execute(insert(run_parts).values(**key, piece=piece, data=data))

    def get(self, run_id: str) -> RunRow | None:
        """The run with that id, or None."""
        found = self._rows(select(runs).where(runs.c.id == run_id))
        return found[0] if found else None

    def parts(self, run_id: str, kind: str, start: int, stop: int) -> list[Part]:
        """The parts that hold items `start` to `stop` - 1 of a kind, in their order."""
        of_kind = (run_parts.c.run_id == run_id) & (run_parts.c.kind == kind)
        begins = select(func.max(run_parts.c.first)).where(of_kind, run_parts.c.first <= start)
        query = (
            select(run_parts.c.first, run_parts.c.data)
            .where(of_kind, run_parts.c.first >= begins.scalar_subquery())
            .where(run_parts.c.first < stop)
            .order_by(run_parts.c.first, run_parts.c.piece)
        )
        found: dict[int, list[bytes]] = {}
        with self._reading("reading a run") as connection:
            for first, data in connection.execute(query):
                found.setdefault(first, []).append(data)
        return [Part(kind, first, b"".join(some)) for first, some in found.items()]

    def find(self, text: str, start: int, count: int) -> list[RunRow]:
        """So many of the runs that `text` is found in, the latest first."""
        query = _found(select(runs), text).order_by(runs.c.created_at.desc(), runs.c.id)
        return self._rows(query.offset(start).limit(count))

    def count(self, text: str) -> int:
        """How many runs `text` is found in."""
        with self._reading("counting the runs") as connection:
            query = _found(select(func.count()).select_from(runs), text)
            return int(connection.execute(query).scalar_one())

    def rename(self, run_id: str, name: str) -> bool:
        """Call a run by another name; False if there is none with that id."""
        rest = func.substr(runs.c.found_by, func.instr(runs.c.found_by, "\n"))
        values = {"name": storable(name), "found_by": literal(_folded(name)) + rest}
        with self._writing("renaming a run") as connection:
            query = update(runs).where(runs.c.id == run_id).values(values)
            return bool(connection.execute(query).rowcount)

    def delete(self, ids: Sequence[str]) -> int:
        """Remove runs with all their parts; returns how many there were."""
        return run_with_deadlock_retry(lambda: self._delete(ids))

    def _delete(self, ids: Sequence[str]) -> int:
        with self._writing("deleting runs") as connection:
            connection.execute(delete(run_parts).where(run_parts.c.run_id.in_(ids)))
            return connection.execute(delete(runs).where(runs.c.id.in_(ids))).rowcount

    def before(self, time: datetime) -> list[str]:
        """Ids of the runs that were made before then (UTC)."""
        with self._reading("looking for old runs") as connection:
            return list(connection.scalars(select(runs.c.id).where(runs.c.created_at < time)))

    def _rows(self, query: Select[Any]) -> list[RunRow]:
        with self._reading("reading the runs") as connection:
            return [_run_row(row) for row in connection.execute(query)]


def _found(query: Select[Any], text: str) -> Select[Any]:
    return query.where(runs.c.found_by.contains(_folded(text), autoescape=True))


def _folded(text: str) -> str:
    """The text as it is searched: alike on every database, whatever the case of its letters."""
    return storable(text).casefold()


def _stored(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def _run_row(row: Row[Any]) -> RunRow:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    values["found_by"] = values["found_by"].partition("\n")[2]
    return RunRow(**values)
