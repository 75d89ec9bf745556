"""What is known of a run, and whether its library is still the same.

What is odd about the queries of a run, in sentences.
"""

import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Self

from core import __version__
from core.classify import Call, Status
from core.library.library import Library
from core.runs.serialization import Query
from core.stores.sql.runs import RunRow

PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "biopython", "pymilvus", "milvus-lite")
"""The packages whose versions are kept with a run: answers depend on them."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What was chosen for a run.

    Attributes
    ----------
    organisms
        Where neighbours were looked for; everywhere, if None.
    neighbours
        How many were asked for.
    threshold
        Confidence from which on a query was called.
    """

    organisms: tuple[str, ...] | None
    neighbours: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Run:
    """A run, without its queries and calls.

    Attributes
    ----------
    id
        What its link has; nobody can guess it.
    created_at
        UTC.
    by
        Who asked; may be empty.
    library, encoder
        What the library was called then, and its encoder.
    fingerprint, contents
        Of the encoder, and of all that answers depend on in the library.
    families
        Names of the families then, by class number.
    organisms
        Number of genes then, by organism.
    versions
        Of GeneKin, Python and the packages, by name.
    queries
        How many there are.
    statuses
        Number of queries by what became of them.
    called
        Number of queries that were called, by family.
    seconds
        How long it took.
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

    @classmethod
    def from_row(cls, row: RunRow) -> Self:
        """The run that :meth:`to_row` made a row of."""
        about = row.about
        organisms, neighbours, threshold = about["settings"]
        chosen = None if organisms is None else tuple(organisms)
        return cls(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            by=row.by,
            library=row.library,
            encoder=row.encoder,
            fingerprint=row.fingerprint,
            contents=row.contents,
            settings=RunSettings(chosen, neighbours, threshold),
            families=dict(about["families"]),
            organisms=dict(about["organisms"]),
            versions=about["versions"],
            queries=row.queries,
            statuses={Status(name): count for name, count in about["statuses"].items()},
            called=dict(about["called"]),
            seconds=about["seconds"],
        )

    def to_row(self, found_by: str) -> RunRow:
        """The run as its table has it.

        Parameters
        ----------
        found_by
            What a search finds it by, besides its name.
        """
        about: dict[str, Any] = {
            "settings": list(asdict(self.settings).values()),
            "families": list(self.families.items()),  # JSON has no numbers as keys.
            "organisms": list(self.organisms.items()),
            "versions": dict(self.versions),
            "statuses": dict(self.statuses),
            "called": list(self.called.items()),
            "seconds": self.seconds,
        }
        return RunRow(
            id=self.id,
            name=self.name,
            found_by=found_by,
            created_at=self.created_at,
            by=self.by,
            library=self.library,
            encoder=self.encoder,
            fingerprint=self.fingerprint,
            contents=self.contents,
            queries=self.queries,
            about=about,
        )


@cache
def versions() -> Mapping[str, str]:
    """Versions of GeneKin, Python and the packages that answers depend on, by name."""
    packages = {name: version(name) for name in PACKAGES}
    told = {"GeneKin": __version__, "Python": platform.python_version(), **packages}
    return MappingProxyType(told)


def changed_since(run: Run, library: Library | None) -> str:
    """A sentence that says how a library has changed since a run; empty if it has not.

    Parameters
    ----------
    library
        The one that is called as that of the run; None if there is none.
    """
    if library is None:
        return f"The library {run.library!r} of this run is not there any more."
    if library.contents() == run.contents:
        return ""
    now = {each.name: each.count for each in library.organisms()}
    what = list(_differences(run.organisms, now)) or ["it was loaded, named or fitted anew"]
    return f"The library {run.library!r} has changed since this run: {', '.join(what)}."


def _differences(then: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    for name in {**then, **now}:
        if name not in then:
            yield f"{name} was added"
        elif name not in now:
            yield f"{name} was removed"
        elif then[name] != now[name]:
            yield f"{name} has {now[name]:,} genes where it had {then[name]:,}"


SHORT = 60
"""Bases below which little can be said of a query."""
UNREADABLE = 0.1
"""Share of letters that cannot be read from which on it is worth a remark."""


def remarks(calls: Sequence[Call], queries: Sequence[Query]) -> list[str]:
    """What somebody should know who looks at a run as a whole; empty where nothing is odd."""
    return list(_remarks(calls, queries))


def _remarks(calls: Sequence[Call], queries: Sequence[Query]) -> Iterator[str]:
    usable = [call for call in calls if call.status is not Status.INVALID]
    copies = Counter(query.residues for query in queries if query.residues)
    same = sum(count - 1 for count in copies.values())
    names = Counter(query.name for query in queries if query.name)
    twice = sum(count > 1 for count in names.values())
    reverse = sum(call.strand == "-" for call in usable)
    short = sum(call.length < SHORT for call in usable)
    unreadable = sum(call.unreadable >= UNREADABLE for call in usable)
    if same:
        yield f"{_of(same)} an exact copy of another."
    if twice:
        yield f"{twice:,} {'name is' if twice == 1 else 'names are'} given more than once."
    if reverse:
        yield f"{_of(reverse)} read on the reverse strand."
    if short:
        yield f"{_of(short)} shorter than {SHORT} bases: of those little can be said."
    if unreadable:
        yield f"{_of(unreadable)} unreadable by a tenth or more."


def _of(count: int) -> str:
    return "1 query is" if count == 1 else f"{count:,} queries are"
