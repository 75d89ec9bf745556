"""Library snapshot: what a library consists of at one moment, read when it is first needed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from core.errors import LibraryError, NotFoundError
from core.stores.sql import Identity, LabelStore, LibraryRow, LoadRow, OrganismRow, Visibility


class OrganismCache:
    """Organisms of libraries with their counts, which are read again only after a change.

    Counting takes a second where there are a million sequences.
    """

    def __init__(self) -> None:
        self._kept: dict[Identity, tuple[Visibility, list[OrganismRow]]] = {}

    def organisms(
        self, labels: LabelStore, row: LibraryRow, visibility: Visibility
    ) -> list[OrganismRow]:
        """Return the ready organisms of a library that looks like this."""
        seen, organisms = self._kept.get(row.identity, (None, []))
        if seen != visibility:
            organisms = labels.organisms(row.id)
            if labels.visible(row.id) == visibility:  # Nothing has changed while they were read.
                self._kept[row.identity] = visibility, organisms
        return list(organisms)


class LibrarySnapshot:
    """Organisms, loads and families of a library, read when first used and then kept.

    Parameters
    ----------
    cache
        Has the organisms, if the library has not changed since.
    visibility
        The visibility, where it has just been read.
    """

    def __init__(
        self,
        labels: LabelStore,
        row: LibraryRow,
        cache: OrganismCache,
        visibility: Visibility | None = None,
    ) -> None:
        self._labels = labels
        self._row = row
        self._cache = cache
        if visibility is not None:
            self.visibility = visibility

    @cached_property
    def visibility(self) -> Visibility:
        """The partitions and loads that decide what a search may see."""
        return self._labels.visible(self._row.id)

    @cached_property
    def organisms(self) -> list[OrganismRow]:
        """The ready organisms with their counts, in the order they were added."""
        return self._cache.organisms(self._labels, self._row, self.visibility)

    @cached_property
    def loads(self) -> dict[int, list[LoadRow]]:
        """The loads that brought the sequences of an organism, by the organism's id."""
        return self._labels.loads_by_organism(self._row.id)

    @cached_property
    def families(self) -> dict[int, str]:
        """Family names by class number."""
        return self._labels.families(self._row.id)

    @cached_property
    def added_since_fit(self) -> int:
        """The number of sequences that were added after the encoder was fitted."""
        return self._labels.count_after(self._row.id, self._row.fitted_load)


def restrict(visibility: Visibility, library: str, organisms: Sequence[str] | None) -> Visibility:
    """Keep the partitions of some organisms, of all if None; the loads stay.

    Raises
    ------
    NotFoundError
        If an organism is not visible in the library.
    LibraryError
        If nothing is left to search.
    """
    known = visibility.partitions
    for organism in organisms or ():
        if organism not in known:
            raise unknown_organism_error(library, organism, list(known))
    partitions = {
        name: partition
        for name, partition in known.items()
        if organisms is None or name in organisms
    }
    if not partitions:
        message = f"The library {library!r} is empty."
        raise LibraryError(message, "Load an organism first.")
    return replace(visibility, partitions=partitions)


def unknown_organism_error(library: str, organism: str, known: Sequence[str]) -> NotFoundError:
    """Return the error for an organism that a library does not have; it names those it has."""
    message = f"There is no organism {organism[:80]!r} in the library {library!r}."
    return NotFoundError(message, f"It has: {', '.join(known) or 'none yet'}.")
