"""Runs in the database: kept, read, found again, forgotten."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from core.classify import Call, Status, query_name
from core.errors import InputError
from core.library.library import Library
from core.runs.run import Run, RunSettings, versions
from core.runs.serialization import (
    CALLS,
    QUERIES,
    Query,
    pack_calls,
    pack_queries,
    unpack_calls,
    unpack_queries,
)
from core.sequences.records import Record, record_name
from core.stores.sql.database import Database
from core.stores.sql.runs import Part, RunTable
from core.stores.sql.tables import utc_now

MAX_RUN_BYTES = 200_000_000
"""Most bytes that a run may take, compressed."""
_ID_BYTES = 16
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_FOUND_BY = 20_000
"""Characters of names by which a run can be found."""


class Runs:
    """The runs of a deployment; safe to share between threads.

    Parameters
    ----------
    keep_days
        Days after which a run is forgotten; 0: never.

    Raises
    ------
    StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database, keep_days: int) -> None:
        self._table = RunTable(database)
        self._keep_days = keep_days

    def store(
        self,
        library: Library,
        records: Sequence[Record],
        calls: Sequence[Call],
        settings: RunSettings,
        *,
        seconds: float = 0.0,
        name: str = "",
        by: str = "",
    ) -> Run:
        """Keep a run, all of it or nothing; what is too old is forgotten.

        Parameters
        ----------
        records, calls
            The queries, and the call of each.
        seconds
            How long it took.
        name
            What to call it; after its queries, if empty.
        by
            Who asked.

        Raises
        ------
        InputError
            If it is too large to be kept.
        """
        families = Counter(call.family_id for call in calls if call.status is Status.CALLED)
        run = Run(
            id=secrets.token_urlsafe(_ID_BYTES),
            name=record_name(name) or _named_after(records),
            created_at=utc_now(),
            by=record_name(by),
            library=library.name,
            encoder=library.encoder.name,
            fingerprint=library.fingerprint,
            contents=library.contents(),
            settings=settings,
            families=library.families,
            organisms={each.name: each.count for each in library.organisms()},
            versions=versions(),
            queries=len(records),
            statuses=Counter(call.status for call in calls),
            called={family: n for family, n in sorted(families.items()) if family is not None},
            seconds=seconds,
        )
        queries = (Query(record.name, record.residues) for record in records)
        parts = [*pack_calls(calls), *pack_queries(queries)]
        _check_size(parts)
        self._table.add(run.to_row(_found_by(run, records)), parts)
        self.forget_old()
        return self.get(run.id)

    def get(self, run_id: str) -> Run:
        """The run with that id.

        Raises
        ------
        InputError
            If there is none (any more).
        """
        row = self._table.get(run_id) if _ID.fullmatch(run_id) else None
        if row is None:
            raise self._no_run()
        return Run.from_row(row)

    def calls(self, run: Run, start: int = 0, count: int | None = None) -> list[Call]:
        """The calls of a run, or `count` of them from `start` on, in the order of its queries.

        Raises
        ------
        InputError
            If it was deleted.
        """
        stop = _stop(run, start, count)
        return unpack_calls(self._parts(run, CALLS, start, stop), start, stop)

    def queries(self, run: Run, start: int = 0, count: int | None = None) -> list[Query]:
        """The queries of a run as they were given, or `count` of them from `start` on.

        Raises
        ------
        InputError
            If it was deleted.
        """
        stop = _stop(run, start, count)
        return unpack_queries(self._parts(run, QUERIES, start, stop), start, stop)

    def find(self, text: str = "", start: int = 0, count: int = 50) -> list[Run]:
        """So many of the runs that a text is found in, the latest first.

        Parameters
        ----------
        text
            Part of a run's name, of the names of its library, families or queries, or of who asked.
        """
        return [Run.from_row(row) for row in self._table.find(text.strip(), start, count)]

    def count(self, text: str = "") -> int:
        """How many runs a text is found in."""
        return self._table.count(text.strip())

    def rename(self, run_id: str, name: str) -> None:
        """Call a run by another name.

        Raises
        ------
        InputError
            If nothing of the name can be shown, or there is no such run.
        """
        shown = record_name(name)
        if not shown:
            message = "A run needs a name that can be read."
            raise InputError(message, "Give it one.")
        if not (_ID.fullmatch(run_id) and self._table.rename(run_id, shown)):
            raise self._no_run()

    def delete(self, run_id: str) -> None:
        """Remove a run with all its queries and calls.

        Raises
        ------
        InputError
            If there is no such run.
        """
        if not (_ID.fullmatch(run_id) and self._table.delete([run_id])):
            raise self._no_run()

    def forget_old(self) -> int:
        """Remove the runs that are older than runs are kept; returns how many there were."""
        if not self._keep_days:
            return 0
        old = self._table.before(utc_now() - timedelta(days=self._keep_days))
        return sum(self._table.delete([run_id]) for run_id in old)

    def _parts(self, run: Run, kind: str, start: int, stop: int) -> list[Part]:
        parts = self._table.parts(run.id, kind, start, stop) if start < stop else []
        if not parts and start < stop:
            raise self._no_run()
        return parts

    def _no_run(self) -> InputError:
        old = f", or it is older than {self._keep_days:,} days" if self._keep_days else ""
        hint = f"It was deleted{old}, or the link is not complete."
        return InputError("There is no run at this link.", hint)


def _stop(run: Run, start: int, count: int | None) -> int:
    return run.queries if count is None else min(run.queries, start + count)


def _named_after(records: Sequence[Record]) -> str:
    """A name for a run that was given none."""
    first = record_name(query_name(records[0])) if records else "nothing"
    return f"{first} and {len(records) - 1:,} more" if len(records) > 1 else first


def _found_by(run: Run, records: Iterable[Record]) -> str:
    families = [run.families[number] for number in run.called]
    names = [run.library, run.by, *families, *(record.name for record in records)]
    return "\n".join(names)[:_FOUND_BY]


def _check_size(parts: Iterable[Part]) -> None:
    size = sum(len(part.data) for part in parts)
    if size > MAX_RUN_BYTES:
        most = f"{MAX_RUN_BYTES / 1e6:,.0f}"
        message = f"This run takes {size / 1e6:,.0f} MB; a run that is kept takes {most} at most."
        raise InputError(message, "Ask for fewer neighbours, or for fewer sequences at a time.")
