"""Stored runs: save, load, search, rename and delete them."""

import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias, TypeVar

from core.access import LOCAL_ACCESS, Access, Action, Role
from core.calls import Call, Status, query_name
from core.errors import ForbiddenError, InputError, NotFoundError, StoreError
from core.library.library import Library
from core.runs.run import Run, RunKind, RunSettings, damaged_run, run_versions
from core.runs.serialization import (
    CALLS,
    QUERIES,
    TRACES,
    StoredQuery,
    pack_calls,
    pack_queries,
    pack_traces,
    unpack_calls,
    unpack_queries,
    unpack_traces,
)
from core.sequences.records import Record, clean_name
from core.stores.sql.database import Database
from core.stores.sql.runs import Part, RunRow, RunTable
from core.stores.sql.tables import utc_now
from core.tracing import TraceResult

_log = logging.getLogger(__name__)
_Item = TypeVar("_Item")
_Unpack: TypeAlias = Callable[[Iterable[Part], int, int], list[_Item]]

MAX_RUN_BYTES = 200_000_000
"""Maximum size of a stored run, compressed."""
_ID_BYTES = 16
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_MAX_SEARCH_TEXT = 20_000
"""Maximum number of characters of names that a run is found by."""


class Runs:
    """The runs of a deployment that a user may see; safe to share between threads.

    A run is private to its user, until it is shared. Those of visitors can be opened by whoever has
    their links.

    Parameters
    ----------
    keep_days
        Days after which a run is deleted; 0: never.
    access
        The user; administrators see all runs.

    Raises
    ------
    ForbiddenError
        From every method, for a run that the user may not see or change.
    StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database, keep_days: int, access: Access = LOCAL_ACCESS) -> None:
        self._table = RunTable(database)
        self._keep_days = keep_days
        self._access = access

    def store(
        self,
        library: Library,
        records: Sequence[Record],
        calls: Sequence[Call],
        settings: RunSettings,
        *,
        seconds: float = 0.0,
        name: str = "",
        source: str = "",
        by: str = "",
        run_id: str = "",
    ) -> Run:
        """Store a classification, completely or not at all, and delete expired runs.

        Parameters
        ----------
        records, calls
            The queries, and the call of each.
        seconds
            Run time.
        name
            Name of the run; made of the names of its queries, if empty.
        source
            Name of the file or run of the queries; empty for text.
        by
            User, for runs that are stored in the name of another one by an administrator.
        run_id
            The result of :func:`new_run_id`; a new one, if empty.

        Raises
        ------
        InputError
            If it is too large to store.
        """
        families = Counter(call.family_id for call in calls if call.status is Status.CALLED)
        run = replace(
            _describe(library, records, name, source, by, run_id),
            settings=settings,
            statuses=Counter(call.status for call in calls),
            called={family: n for family, n in sorted(families.items()) if family is not None},
            seconds=seconds,
        )
        return self._add(run, records, pack_calls(calls))

    def store_trace(
        self,
        library: Library,
        records: Sequence[Record],
        traces: Sequence[TraceResult],
        *,
        seconds: float = 0.0,
        name: str = "",
        source: str = "",
        by: str = "",
        run_id: str = "",
    ) -> Run:
        """Store a trace, as :meth:`store` does a classification.

        Parameters
        ----------
        records, traces
            The queries, and the result of each.

        Raises
        ------
        InputError
            If it is too large to store.
        """
        run = replace(
            _describe(library, records, name, source, by, run_id),
            kind=RunKind.TRACE,
            statuses=Counter(result.status for result in traces),
            seconds=seconds,
        )
        return self._add(run, records, pack_traces(traces))

    def _add(self, run: Run, records: Sequence[Record], results: Iterable[Part]) -> Run:
        queries = (StoredQuery(record.name, record.residues) for record in records)
        user = self._access.require(Action.SEARCH)
        by = run.by if user.may(Action.SEE_ALL) and run.by else user.name
        run = replace(run, by=by, shared=user.role is Role.VISITOR)
        parts = [*results, *pack_queries(queries)]
        _check_size(parts)
        self._table.add(run.to_row(_search_text(run, records)), parts)
        extra = {"run": run.id, "queries": len(records), "seconds": round(run.seconds, 3)}
        _log.info("run stored", extra=extra)
        self.delete_expired()
        return self.get(run.id)

    def has(self, run_id: str) -> bool:
        """Return whether there is a run with that id."""
        return bool(_ID.fullmatch(run_id)) and self._table.get(run_id) is not None

    def get(self, run_id: str) -> Run:
        """Return the run with that id.

        Raises
        ------
        InputError
            If there is none, or none any more.
        StoreError
            Also if it is damaged, as from the methods that return its contents.
        """
        row = self._table.get(run_id) if _ID.fullmatch(run_id) else None
        if row is None:
            raise self._not_found()
        self._require_readable(row.by, shared=row.shared)
        return Run.from_row(row)

    def calls(self, run: Run, start: int = 0, count: int | None = None) -> list[Call]:
        """Return all calls of a run, or `count` of them from `start`, in the order of its queries.

        Raises
        ------
        InputError
            If the run was deleted.
        """
        stop = _stop(run, start, count)
        return self._unpack(unpack_calls, run, CALLS, start, stop)

    def traces(self, run: Run) -> list[TraceResult]:
        """Return all results of a trace, in the order of its queries.

        Raises
        ------
        InputError
            If the run was deleted.
        """
        return self._unpack(unpack_traces, run, TRACES, 0, run.queries)

    def queries(self, run: Run, start: int = 0, count: int | None = None) -> list[StoredQuery]:
        """Return all queries of a run as they were entered, or `count` of them from `start`.

        Raises
        ------
        InputError
            If the run was deleted.
        """
        stop = _stop(run, start, count)
        return self._unpack(unpack_queries, run, QUERIES, start, stop)

    def find(self, text: str = "", start: int = 0, count: int = 50) -> list[Run]:
        """Return `count` of the runs that match a text, from `start`, the latest first.

        They are the user's own and those that others share; of an administrator, all.

        Parameters
        ----------
        text
            Part of a run's name, of its library, families or queries, or of its user.
        """
        return list(map(_listed, self._table.find(text.strip(), start, count, self._lister())))

    def count(self, text: str = "") -> int:
        """Return the number of runs that match a text."""
        return self._table.count(text.strip(), self._lister())

    def rename(self, run_id: str, name: str) -> None:
        """Rename a run.

        Raises
        ------
        InputError
            If the name has no visible characters, or there is no such run.
        """
        cleaned = clean_name(name)
        if not cleaned:
            raise InputError("A run needs a name.", "Enter one.")
        self._require_own(run_id)
        if not self._table.rename(run_id, cleaned):
            raise self._not_found()

    def share(self, run_id: str, *, shared: bool) -> None:
        """Let everyone who has the link open a run, and all users find it, or only its user.

        Raises
        ------
        InputError
            If there is no such run.
        """
        self._require_own(run_id)
        if not self._table.share(run_id, shared=shared):
            raise self._not_found()

    def delete(self, run_id: str) -> None:
        """Delete a run with all its queries and calls.

        Raises
        ------
        InputError
            If there is no such run.
        """
        self._require_own(run_id)
        if not self._table.delete([run_id]):
            raise self._not_found()

    def delete_expired(self) -> int:
        """Delete the runs that are older than `keep_days`; return their number."""
        if not self._keep_days:
            return 0
        expired = self._table.before(utc_now() - timedelta(days=self._keep_days))
        return sum(self._table.delete([run_id]) for run_id in expired)

    def _unpack(
        self, unpack: _Unpack[_Item], run: Run, kind: str, start: int, stop: int
    ) -> list[_Item]:
        self._require_readable(run.by, shared=run.shared)
        if start >= stop:
            return []
        try:
            parts = self._table.parts(run.id, kind, start, stop)
            items = unpack(parts, start, stop)
        except ValueError:
            raise damaged_run(run.name) from None
        if not parts:
            raise self._not_found()
        if len(items) != stop - start:
            raise damaged_run(run.name)
        return items

    def may_change(self, run: Run) -> bool:
        """Return whether the user may rename, share and delete a run."""
        user = self._access.user
        if user.may(Action.SEE_ALL):
            return True
        return user.may(Action.KEEP_RUNS) and user.owns(run.by)

    def _lister(self) -> str | None:
        """Return the user whose runs are listed; None for all runs."""
        user = self._access.require(Action.KEEP_RUNS)
        return None if user.may(Action.SEE_ALL) else user.name

    def _require_readable(self, by: str, *, shared: bool) -> None:
        user = self._access.require(Action.SEARCH)
        if not (shared or user.owns(by) or user.may(Action.SEE_ALL)):
            raise ForbiddenError("This result is private.", "Ask its owner to share it.")

    def _require_own(self, run_id: str) -> None:
        user = self._access.require(Action.KEEP_RUNS)
        row = self._table.get(run_id) if _ID.fullmatch(run_id) else None
        if row is None:
            raise self._not_found()
        if not (user.owns(row.by) or user.may(Action.SEE_ALL)):
            raise ForbiddenError("This result is another user's.", "Only its owner can change it.")

    def _not_found(self) -> NotFoundError:
        expired = f", or it is older than {self._keep_days:,} days" if self._keep_days else ""
        return NotFoundError(
            "Result not found.", f"It was deleted{expired}, or the link is incomplete."
        )


def new_run_id() -> str:
    """Return a random id, which nobody guesses: it is part of the link to a run."""
    return secrets.token_urlsafe(_ID_BYTES)


def _listed(row: RunRow) -> Run:
    try:
        return Run.from_row(row)
    except StoreError:
        return Run.damaged(row)


def _stop(run: Run, start: int, count: int | None) -> int:
    return run.queries if count is None else min(run.queries, start + count)


def _describe(  # noqa: PLR0917
    library: Library, records: Sequence[Record], name: str, source: str, by: str, run_id: str
) -> Run:
    """Return a run without what becomes of its queries."""
    return Run(
        id=run_id or new_run_id(),
        name=clean_name(name) or _default_name(records),
        created_at=utc_now(),
        by=clean_name(by),
        library=library.name,
        encoder=library.encoder.name,
        fingerprint=library.fingerprint,
        contents=library.contents(),
        settings=RunSettings(None, 0, 0.0),
        families=library.families,
        organisms={organism.name: organism.count for organism in library.organisms()},
        versions=run_versions(),
        queries=len(records),
        statuses={},
        called={},
        seconds=0.0,
        source=clean_name(source),
    )


def _default_name(records: Sequence[Record]) -> str:
    """Return the name of a run that was given none."""
    first = clean_name(query_name(records[0])) if records else "no queries"
    return f"{first} and {len(records) - 1:,} more" if len(records) > 1 else first


def _search_text(run: Run, records: Iterable[Record]) -> str:
    families = [run.families[number] for number in run.called]
    names = [run.library, run.by, run.source, *families, *(record.name for record in records)]
    return "\n".join(names)[:_MAX_SEARCH_TEXT]


def _check_size(parts: Iterable[Part]) -> None:
    size = sum(len(part.data) for part in parts)
    if size > MAX_RUN_BYTES:
        limit = f"{MAX_RUN_BYTES / 1e6:,.0f} MB"
        message = f"The results take {size / 1e6:,.0f} MB; the limit of a run is {limit}."
        raise InputError(message, "Choose fewer neighbours, or classify fewer sequences at once.")
