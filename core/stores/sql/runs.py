"""Table of runs: a description each, and the contents in parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, literal, select, update

from core.stores.errors import retry_on_deadlock
from core.stores.sql.schema import run_parts, runs
from core.stores.sql.tables import Tables, join_bytes, raw, replace_surrogates, split_bytes


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, without its contents.

    Attributes
    ----------
    id
        Key in its link.
    name
        One line.
    found_by
        Text that a search matches, besides the name.
    created_at
        UTC.
    by
        The user who started it; may be empty.
    fingerprint, contents
        Digests of the library's encoder, and of everything in the library that searches saw.
    queries
        Number of queries.
    about
        Further facts, as JSON.
    shared
        Whether others than its user may open it.
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
    about: Any
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a run's contents: items of one kind, from number `first` on."""

    kind: str
    first: int
    data: bytes


class RunTable(Tables):
    """Access to the runs; every method may raise :class:`~core.errors.StoreError`."""

    def add(self, row: RunRow, parts: Iterable[Part]) -> None:
        """Save a run with all its parts, or nothing."""
        values = {field.name: _stored(getattr(row, field.name)) for field in fields(row)}
        values["found_by"] = f"{_fold_case(row.name)}\n{_fold_case(row.found_by)}"
        with self._begin("saving a run") as connection:
            connection.execute(insert(runs).values(values))
            for part in parts:
                for piece, data in enumerate(split_bytes(part.data)):
                    key = {"run_id": row.id, "kind": part.kind, "first": part.first}
                    connection.execute(insert(run_parts).values(**key, piece=piece, data=data))

    def get(self, run_id: str) -> RunRow | None:
        """Return the run with that id, or None."""
        rows = self._rows(select(runs).where(runs.c.id == run_id))
        return rows[0] if rows else None

    def parts(self, run_id: str, kind: str, start: int, stop: int) -> list[Part]:
        """Return the parts that contain items `start` to `stop` - 1 of a kind, in order.

        Raises
        ------
        ValueError
            If one of them is damaged.
        """
        of_kind = (run_parts.c.run_id == run_id) & (run_parts.c.kind == kind)
        first_part = select(func.max(run_parts.c.first)).where(of_kind, run_parts.c.first <= start)
        query = (
            select(run_parts.c.first, raw(run_parts.c.data))
            .where(of_kind, run_parts.c.first >= first_part.scalar_subquery())
            .where(run_parts.c.first < stop)
            .order_by(run_parts.c.first, run_parts.c.piece)
        )
        pieces: dict[int, list[object]] = {}
        with self._connect("reading a run") as connection:
            for first, data in connection.execute(query):
                pieces.setdefault(first, []).append(data)
        return [Part(kind, first, join_bytes(data)) for first, data in pieces.items()]

    def find(self, text: str, start: int, count: int, user: str | None = None) -> list[RunRow]:
        """Return a page of the runs that contain a text, newest first.

        Parameters
        ----------
        user
            Only the user's own runs, and those that other users share; all runs, if None.
        """
        query = _filtered(select(runs), text, user)
        query = query.order_by(runs.c.created_at.desc(), runs.c.id)
        return self._rows(query.offset(start).limit(count))

    def count(self, text: str, user: str | None = None) -> int:
        """Return the number of runs that :meth:`find` finds."""
        query = _filtered(select(func.count()).select_from(runs), text, user)
        with self._connect("counting the runs") as connection:
            return int(connection.execute(query).scalar_one())

    def rename(self, run_id: str, name: str) -> bool:
        """Rename a run; return False if there is none with that id."""
        rest = func.substr(runs.c.found_by, func.instr(runs.c.found_by, "\n"))
        values = {"name": replace_surrogates(name), "found_by": literal(_fold_case(name)) + rest}
        with self._begin("renaming a run") as connection:
            query = update(runs).where(runs.c.id == run_id).values(values)
            return bool(connection.execute(query).rowcount)

    def share(self, run_id: str, *, shared: bool) -> bool:
        """Share a run, or stop sharing it; return False if there is none with that id."""
        with self._begin("sharing a run") as connection:
            query = update(runs).where(runs.c.id == run_id).values(shared=shared)
            return bool(connection.execute(query).rowcount)

    @retry_on_deadlock
    def delete(self, ids: Sequence[str]) -> int:
        """Delete runs with all their parts; return how many there were."""
        with self._begin("deleting runs") as connection:
            connection.execute(delete(run_parts).where(run_parts.c.run_id.in_(ids)))
            return connection.execute(delete(runs).where(runs.c.id.in_(ids))).rowcount

    def before(self, time: datetime) -> list[str]:
        """Return the ids of the runs created before a time (UTC)."""
        with self._connect("looking for old runs") as connection:
            return list(connection.scalars(select(runs.c.id).where(runs.c.created_at < time)))

    def _rows(self, query: Select[Any]) -> list[RunRow]:
        with self._connect("reading the runs") as connection:
            return [_run_row(row) for row in connection.execute(query)]


def _filtered(query: Select[Any], text: str, user: str | None) -> Select[Any]:
    query = query.where(runs.c.found_by.contains(_fold_case(text), autoescape=True))
    if user is None:
        return query
    # Runs of visitors have no user: they are found by their links only.
    return query.where(runs.c.by != "", (runs.c.by == user) | runs.c.shared)


def _fold_case(text: str) -> str:
    """Return the text in the form that is searched, which no database's collation changes."""
    return replace_surrogates(text).casefold()


def _stored(value: object) -> object:
    return replace_surrogates(value) if isinstance(value, str) else value


def _run_row(row: Row[Any]) -> RunRow:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    values["found_by"] = values["found_by"].partition("\n")[2]
    return RunRow(**values)
