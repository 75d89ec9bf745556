"""Runs: what is known about a classification request, its library now, and its queries."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import __version__
from core.calls import Call, Status
from core.environment import package_versions
from core.errors import StoreError
from core.library.library import Library
from core.runs.serialization import StoredQuery
from core.stores.sql.runs import RunRow

SHORT_QUERY = 60
"""Length in bp below which results are unreliable."""
AMBIGUOUS_SHARE = 0.1
"""Share of ambiguous bases that is worth a remark."""

_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "biopython", "pymilvus", "milvus-lite")
"""Packages that results depend on."""
_ROW_FIELDS = tuple(
    field.name for field in fields(RunRow) if field.name not in {"found_by", "about"}
)
"""Fields that a run and its row have in common."""


class RunKind(StrEnum):
    """Question asked of the queries of a run."""

    CLASSIFY = "classify"
    TRACE = "trace"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of a run; stored as a list of the values in this order.

    Attributes
    ----------
    organisms
        Organisms that were searched; all, if None.
    neighbours
        Maximum number of hits.
    threshold
        Minimum confidence for a call.
    """

    organisms: tuple[str, ...] | None
    neighbours: int
    threshold: float


class _About(BaseModel):
    """Schema of the facts about a run that are stored as JSON."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    settings: tuple[tuple[str, ...] | None, int, float]
    families: list[tuple[int, str]]
    organisms: list[tuple[str, int]]
    versions: dict[str, str]
    statuses: dict[Status, Annotated[int, Field(ge=0)]]
    called: list[tuple[int, int]]
    seconds: float
    # Runs of version 0.1.0 have neither.
    kind: RunKind = RunKind.CLASSIFY
    source: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run, without its queries and calls.

    Attributes
    ----------
    id
        Random identifier, part of the link to the run.
    created_at
        Date and time in UTC.
    by
        User; may be empty.
    library, encoder
        Name of the library at that time, and of its encoder.
    fingerprint, contents
        Fingerprint of the encoder, and digest of all that results depend on in the library.
    families
        Family names at that time, by class number.
    organisms
        Number of genes at that time, by organism.
    versions
        Versions of GeneKin, Python and packages, by name.
    queries
        Number of queries.
    statuses
        Number of queries by status.
    called
        Number of called queries by family.
    seconds
        Run time.
    kind
        What was asked: of a trace, called queries are those with a relative.
    source
        Name of the file or run that the queries come from; empty if they were entered as text.
    shared
        Whether others than its user may open it.
    """

    id: str
    name: str
    created_at: datetime
    by: str
    library: str
    encoder: str
    fingerprint: str
    contents: str
    settings: RunSettings
    families: Mapping[int, str]
    organisms: Mapping[str, int]
    versions: Mapping[str, str]
    queries: int
    statuses: Mapping[Status, int]
    called: Mapping[int, int]
    seconds: float
    kind: RunKind = RunKind.CLASSIFY
    source: str = ""
    shared: bool = False

    @property
    def searched_genes(self) -> int:
        """Number of genes that were searched."""
        if self.settings.organisms is None:
            return sum(self.organisms.values())
        chosen = frozenset(self.settings.organisms)
        return sum(count for name, count in self.organisms.items() if name in chosen)

    @classmethod
    def from_row(cls, row: RunRow) -> Self:
        """Return the run that :meth:`to_row` made the row of.

        Raises
        ------
        StoreError
            If the row is damaged.
        """
        try:
            about = _About.model_validate(row.about)
        except ValidationError:
            raise damaged_run(row.name) from None
        return cls(
            **{name: getattr(row, name) for name in _ROW_FIELDS},
            settings=RunSettings(*about.settings),
            families=dict(about.families),
            organisms=dict(about.organisms),
            versions=about.versions,
            statuses=about.statuses,
            called=dict(about.called),
            seconds=about.seconds,
            kind=about.kind,
            source=about.source,
        )

    @classmethod
    def damaged(cls, row: RunRow) -> Self:
        """Return a run of whose facts nothing is known, so that it can be listed and deleted."""
        return cls(
            **{name: getattr(row, name) for name in _ROW_FIELDS},
            settings=RunSettings(None, 0, 0.0),
            families={},
            organisms={},
            versions={},
            statuses={},
            called={},
            seconds=0.0,
        )

    def to_row(self, found_by: str) -> RunRow:
        """Return the run as a row of its table.

        Parameters
        ----------
        found_by
            Text that a search finds it by, besides its name.
        """
        about: dict[str, Any] = {
            "settings": list(astuple(self.settings)),
            "families": list(self.families.items()),  # JSON has no integer keys.
            "organisms": list(self.organisms.items()),
            "versions": dict(self.versions),
            "statuses": dict(self.statuses),
            "called": list(self.called.items()),
            "seconds": self.seconds,
            "kind": self.kind.value,
            "source": self.source,
        }
        shared = {name: getattr(self, name) for name in _ROW_FIELDS}
        return RunRow(**shared, found_by=found_by, about=about)


def damaged_run(name: str) -> StoreError:
    """Return the error for a run that the database has lost a part of."""
    message = f"The run {name!r} is damaged in the database."
    return StoreError(message, "Delete it, or restore the database from a backup.")


@cache
def run_versions() -> Mapping[str, str]:
    """Return the versions of GeneKin, Python and the packages that results depend on."""
    return MappingProxyType({"GeneKin": __version__, **package_versions(_PACKAGES)})


def changed_since(run: Run, library: Library | None) -> str:
    """Return a sentence that says how a library has changed since a run; empty if it has not.

    Parameters
    ----------
    library
        The library that has the name of the run's library now; None if there is none.
    """
    if library is None:
        return f"The library {run.library!r} of this run no longer exists."
    if library.contents() == run.contents:
        return ""
    current = {organism.name: organism.count for organism in library.organisms()}
    changes = list(organism_changes(run.organisms, current))
    if not changes:
        changes = ["sequences, family names or the model are different"]
    return f"The library {run.library!r} has changed since this run: {', '.join(changes)}."


def organism_changes(then: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    """Yield how the organisms of a library have changed, from their numbers of genes."""
    for name in {**then, **now}:
        if name not in then:
            yield f"{name} was added"
        elif name not in now:
            yield f"{name} was removed"
        elif then[name] != now[name]:
            yield f"{name} has {now[name]:,} genes instead of {then[name]:,}"


def list_remarks(calls: Sequence[Call], queries: Sequence[StoredQuery]) -> list[str]:
    """Return remarks on a run's queries, such as duplicates; empty if there is nothing unusual."""
    return list(_remarks(calls, queries))


def _remarks(calls: Sequence[Call], queries: Sequence[StoredQuery]) -> Iterator[str]:
    valid = [call for call in calls if call.status is not Status.INVALID]
    sequences = Counter(query.residues for query in queries if query.residues)
    names = Counter(query.name for query in queries if query.name)
    if duplicates := sum(count - 1 for count in sequences.values()):
        yield f"{_count(duplicates, 'duplicate sequence')}."
    if repeated := sum(count > 1 for count in names.values()):
        yield f"{_count(repeated, 'duplicate name')}."
    if reverse := sum(call.strand == "-" for call in valid):
        yield f"{_count(reverse, 'sequence')} on the reverse strand."
    if short := sum(call.length < SHORT_QUERY for call in valid):
        yield f"{_count(short, 'sequence')} shorter than {SHORT_QUERY} bp: results are unreliable."
    if ambiguous := sum(call.unreadable >= AMBIGUOUS_SHARE for call in valid):
        share = f"{AMBIGUOUS_SHARE:.0%}"
        yield f"{_count(ambiguous, 'sequence')} with at least {share} ambiguous bases."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
