"""Library summary: everything the screens and ``status`` say of a library, searchable or not."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.errors import LibraryError, StoreError, UnavailableError
from core.library.manager import Libraries
from core.library.recovery import describe_unfinished
from core.library.stored_state import read_index
from core.stores.sql import LoadRow, OrganismRow

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LibrarySummary:
    """A library at a glance.

    Attributes
    ----------
    index
        Kind of its vector index; empty if unknown.
    threshold
        Lowest confidence at which a query is called; None if unknown.
    loads
        The loads that brought the sequences of each organism, by its name.
    added_since_fit
        Sequences that were added after its encoder was fitted.
    problem
        Why it cannot be searched, and what to do; empty if it can.
    unfinished
        The state of a change that is not finished, and what to do; empty if there is none.
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
    unfinished: str

    @property
    def count(self) -> int:
        """Number of its sequences."""
        return sum(organism.count for organism in self.organisms)


def summarize(libraries: Libraries, name: str) -> LibrarySummary:
    """Summarize one library.

    Raises
    ------
    LibraryError
        If there is none of that name.
    """
    row = libraries.library_row(name)
    threshold, problem = row.threshold, ""
    index = ""
    try:
        index = read_index(row).kind
        threshold = libraries.open(name).threshold
    except LibraryError as error:
        problem = str(error)
    except UnavailableError:
        raise
    except StoreError as error:
        _log.warning("the library %s cannot be searched: %s", name, error.log_text())
        problem = str(error.redacted())  # Pages show it.
    snapshot = libraries.snapshot(row)
    unfinished = describe_unfinished(libraries.stores, row)
    if unfinished and not snapshot.organisms:
        problem = ""  # It has no vectors yet.
    return LibrarySummary(
        name=name,
        encoder=row.encoder,
        fingerprint=row.fingerprint,
        index=index,
        threshold=threshold,
        families=snapshot.families,
        organisms=tuple(snapshot.organisms),
        loads={
            organism.name: tuple(snapshot.loads.get(organism.id, ()))
            for organism in snapshot.organisms
        },
        added_since_fit=snapshot.added_since_fit,
        problem=problem,
        unfinished=unfinished,
    )


def summarize_all(libraries: Libraries) -> list[LibrarySummary]:
    """Summarize all libraries, in alphabetical order."""
    summaries = []
    for name in libraries.names():
        with suppress(LibraryError):  # Removed after its name was read.
            summaries.append(summarize(libraries, name))
    return summaries
