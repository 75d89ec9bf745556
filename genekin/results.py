"""Results as sequences of their items, and as tables with the columns of the command line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Generic, Self, TypeVar, overload

from core.calls import Call, Status
from core.runs.alignments import Alignments
from core.runs.call_table import ALIGNMENT_COLUMNS, COLUMNS, Cell, call_rows
from core.tracing import OrganismShare, TraceResult, estimate_composition
from core.tracing.trace_table import COLUMNS as TRACE_COLUMNS
from core.tracing.trace_table import SUMMARY_COLUMNS, to_row, to_summary_row

if TYPE_CHECKING:
    from pandas import DataFrame

    from core.library.writer import OrganismReport  # Imports the client of Milvus.

T = TypeVar("T")

_DTYPES = {
    **dict.fromkeys(("family_id", "frame", "evidence_start", "evidence_end"), "Int64"),
    **dict.fromkeys(("length", "queries"), "int64"),
    **dict.fromkeys(
        (
            "confidence",
            "score",
            "organism_confidence",
            "unreadable",
            "best_guess_confidence",
            "identity",
            "coverage",
            "evalue",
            "profile_evalue",
            "share",
            "low",
            "high",
        ),
        "float64",
    ),
    **dict.fromkeys(
        (
            "query",
            "status",
            "family",
            "organism",
            "hit",
            "strand",
            "note",
            "best_guess",
            "profile",
            "gene",
            "next",
        ),
        "str",
    ),
}
"""Types of columns; others get theirs from the values."""


class Results(Sequence[T], Generic[T]):
    """A sequence of results that can be a table; notebooks show the table.

    Parameters
    ----------
    items
        The results, in the order of what was asked.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = tuple(items)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        if isinstance(index, slice):
            return self._take(range(len(self))[index])
        return self._items[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Results):
            return NotImplemented
        return self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # as of other sequences with dictionaries in them

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._summary()}>"

    def _repr_html_(self) -> str:
        """Return the table, as notebooks show it."""
        return str(self.to_frame()._repr_html_())  # type: ignore[operator]

    def to_frame(self) -> "DataFrame":
        """Return the results as a table of pandas, one row each.

        Returns
        -------
        pandas.DataFrame
            With a column for each value; missing ones are NA.
        """
        return _to_frame(self._columns(), map(self._row, range(len(self))))

    def _take(self, indexes: Sequence[int]) -> Self:
        return type(self)(self._items[index] for index in indexes)

    def _summary(self) -> str:
        return f"{len(self):,}"

    def _columns(self) -> Sequence[str]:
        raise NotImplementedError

    def _row(self, index: int) -> Mapping[str, Cell]:
        raise NotImplementedError


class Calls(Results[Call]):
    """The calls of queries, in their order.

    Parameters
    ----------
    items
        The calls.
    notes
        What the user should know about how the queries were read, in full sentences.
    alignments
        Alignments with hits, by the index of the call and the id of the hit; None if there are
        none.

    Attributes
    ----------
    notes, alignments
        As given.

    Examples
    --------
    >>> calls = Calls([])
    >>> calls
    <Calls: 0 called, 0 unknown, 0 invalid>
    >>> list(calls.to_frame().columns[:3])
    ['query', 'length', 'status']
    """

    def __init__(
        self,
        items: Iterable[Call],
        notes: Sequence[str] = (),
        alignments: Alignments | None = None,
    ) -> None:
        super().__init__(items)
        self.notes = tuple(notes)
        self.alignments = alignments

    def with_status(self, status: Status | str) -> Self:
        """Return the calls of one status.

        Parameters
        ----------
        status : Status or str
            ``called``, ``unknown`` or ``invalid``.

        Returns
        -------
        Calls
            In the same order.
        """
        wanted = Status(status)
        return self._take([index for index, call in enumerate(self) if call.status is wanted])

    def _take(self, indexes: Sequence[int]) -> Self:
        alignments = self.alignments
        if alignments is not None:
            new = {old: index for index, old in enumerate(indexes)}
            alignments = {
                (new[index], hit): alignment
                for (index, hit), alignment in alignments.items()
                if index in new
            }
        return type(self)((self[index] for index in indexes), self.notes, alignments)

    def _summary(self) -> str:
        counts = (
            f"{sum(call.status is status for call in self):,} {status.value}" for status in Status
        )
        return ", ".join(counts)

    def to_frame(self) -> "DataFrame":
        """Return the calls as a table of pandas, with the columns of ``genekin classify``.

        Returns
        -------
        pandas.DataFrame
            One row a query, invalid ones too; with alignments, also identity, coverage and E-value
            of the alignment with the closest hit. Missing values are NA.
        """
        columns = COLUMNS if self.alignments is None else (*COLUMNS, *ALIGNMENT_COLUMNS)
        return _to_frame(columns, call_rows(self, self.alignments))


class Composition(Results[OrganismShare]):
    """Shares of organisms in a batch of queries, the largest first.

    Parameters
    ----------
    items
        The shares.
    """

    def _columns(self) -> Sequence[str]:
        return SUMMARY_COLUMNS

    def _row(self, index: int) -> Mapping[str, Cell]:
        return to_summary_row(self[index])


class Traces(Results[TraceResult]):
    """The closest relatives of queries, in the order of the queries.

    Parameters
    ----------
    items
        The results of tracing.
    notes
        What the user should know about how the queries were read, in full sentences.

    Attributes
    ----------
    notes
        As given.
    """

    def __init__(self, items: Iterable[TraceResult], notes: Sequence[str] = ()) -> None:
        super().__init__(items)
        self.notes = tuple(notes)

    def composition(self) -> Composition:
        """Estimate the share of each organism in the batch.

        Returns
        -------
        Composition
            Maximum-likelihood shares with their intervals, the largest first; empty if no query
            could be traced.
        """
        return Composition(estimate_composition(self))

    def _take(self, indexes: Sequence[int]) -> Self:
        return type(self)((self[index] for index in indexes), self.notes)

    def _columns(self) -> Sequence[str]:
        return TRACE_COLUMNS

    def _row(self, index: int) -> Mapping[str, Cell]:
        return to_row(self[index])


class Loads(Results["OrganismReport"]):
    """Results of a load, one an organism.

    Parameters
    ----------
    items
        The results.
    notes
        How the sequences were read, and what was changed or left out, in full sentences.
    seconds
        Duration of the load.

    Attributes
    ----------
    notes, seconds
        As given.
    """

    def __init__(
        self, items: "Iterable[OrganismReport]", notes: Sequence[str] = (), seconds: float = 0.0
    ) -> None:
        super().__init__(items)
        self.notes = tuple(notes)
        self.seconds = seconds

    def _take(self, indexes: Sequence[int]) -> Self:
        return type(self)((self[index] for index in indexes), self.notes, self.seconds)

    def _summary(self) -> str:
        return ", ".join(f"{report.organism} {report.added:+,}" for report in self)

    def _columns(self) -> Sequence[str]:
        from core.library.writer import OrganismReport

        return [field.name for field in fields(OrganismReport)]

    def _row(self, index: int) -> Mapping[str, Cell]:
        return {name: getattr(self[index], name) for name in self._columns()}


def _to_frame(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> "DataFrame":
    from pandas import DataFrame, Series  # Slow to import, and not always needed.

    values = list(rows)
    return DataFrame(
        {
            column: Series([row[column] for row in values], dtype=_DTYPES.get(column))
            for column in columns
        },
        columns=list(columns),
    )
