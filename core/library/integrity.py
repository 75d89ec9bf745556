"""Integrity: the vectors of a library, compared with its rows before a process first searches it.

A search of vectors that were lost would answer as if their sequences were not in the library.
"""

from core.errors import LibraryError, StoreError
from core.stores.sql import LibraryRow
from core.stores.stores import Stores


def reconcile_hint(library: str) -> str:
    """Return what restores the vectors of a library."""
    return (
        f"Restore them from the database: python -m core reconcile --library '{library}', or"
        " 'Verify and repair' on the page Library."
    )


def check_vectors(stores: Stores, row: LibraryRow) -> None:
    """Check that every sequence of a library that should have a vector has one.

    More vectors than expected are no loss: those of a load that is under way.

    Raises
    ------
    LibraryError
        If vectors of an organism are missing.
    StoreError
        If a store fails.
    """
    while True:
        partitions = stores.labels.partitions(row.id)
        expected = stores.labels.count_vectors(row.id)
        try:
            stored = stores.vectors.partitions(row.collection)
            for organism, partition in partitions.items():
                found = 0
                if partition in stored:
                    found = stores.vectors.count(row.collection, partition)
                _check_count(row.name, organism, found, expected.get(organism, 0))
        except (LibraryError, StoreError):
            if stores.labels.partitions(row.id) == partitions:
                raise  # No writer has replaced an organism in the meantime.
        else:
            return


def _check_count(library: str, organism: str, found: int, expected: int) -> None:
    if found < expected:
        message = (
            f"{expected - found:,} of {expected:,} vectors of {organism} are missing: searches of"
            f" the library {library!r} would not find their sequences."
        )
        raise LibraryError(message, reconcile_hint(library))
