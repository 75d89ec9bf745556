"""What there is to say of a library, also of one that cannot be searched."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.errors import LibraryError
from core.library.manager import Libraries
from core.stores.sql import LoadRow, OrganismRow


@dataclass(frozen=True, slots=True)
class LibrarySummary:
    """A library at a glance.

    Attributes
    ----------
    index
        Its kind.
    threshold
        Confidence from which on a query is called; None where that is not known.
    loads
        What brought the sequences of each organism, by its name.
    added_since_fit
        Sequences that came after its encoder was fitted.
    problem
        Why it cannot be searched, and what to do; empty where it can.
    """

    name: str
    encoder: str
    fingerprint: str
    index: str
    threshold: float | None
    families: Mapping[int, str]
    organisms: tuple[OrganismRow, ...]
    loads: Mapping[str, tuple[LoadRow, ...]]
    added_since_fit: int
    problem: str

    @property
    def count(self) -> int:
        """Number of its sequences."""
        return sum(organism.count for organism in self.organisms)


def summarize(libraries: Libraries, name: str) -> LibrarySummary:
    """The library of that name at a glance.

    Raises
    ------
    LibraryError
        If there is none.
    """
    row, labels = libraries.row(name), libraries.stores.labels
    threshold, problem = row.threshold, ""
    try:
        threshold = libraries.open(name).threshold
    except LibraryError as error:
        problem = str(error)
    organisms = tuple(labels.organisms(row.id))
    loads = labels.loads_by_organism(row.id)
    return LibrarySummary(
        name=name,
        encoder=row.encoder,
        fingerprint=row.fingerprint,
        index=str(row.index["kind"]),
        threshold=threshold,
        families=labels.families(row.id),
        organisms=organisms,
        loads={each.name: tuple(loads.get(each.id, ())) for each in organisms},
        added_since_fit=labels.count_after(row.id, row.fitted_load),
        problem=problem,
    )


def summarize_all(libraries: Libraries) -> list[LibrarySummary]:
    """All libraries at a glance, in alphabetical order."""
    found = []
    for name in libraries.names():
        with suppress(LibraryError):  # It was removed between one look and the other.
            found.append(summarize(libraries, name))
    return found
