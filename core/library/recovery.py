"""Recovery of what a crash interrupted: loads that are pending, organisms being removed.

All of it expects the library's write lock: whatever is under way then belongs to a dead writer.
"""

import logging
from dataclasses import dataclass

from core.errors import GeneKinError
from core.stores.locks import is_write_locked
from core.stores.sql import LibraryRow, OrganismRow
from core.stores.sql.schema import PENDING, READY, REMOVING
from core.stores.stores import Stores

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Amount of interrupted work that was undone or finished.

    Attributes
    ----------
    loads_undone
        Loads that had not become ready.
    removals_finished
        Organisms that were being removed, or had been replaced.
    collections_dropped
        Milvus collections that a refit was making, or had left behind.
    """

    loads_undone: int
    removals_finished: int
    collections_dropped: int = 0


def describe_unfinished(stores: Stores, row: LibraryRow) -> str:
    """Return the state of a library's unfinished change, and what to do; empty without one."""
    if not (row.spare or stores.labels.has_unfinished_change(row.id)):
        return ""
    if is_write_locked(stores.database.engine, row.name):
        return "A change is under way."
    return (
        "A change was interrupted. Undo or finish it: python -m core reconcile --library"
        f" '{row.name}'."
    )


def recover(stores: Stores, row: LibraryRow) -> RecoveryReport:
    """Undo pending loads, finish removals and drop the spare collection.

    A library that has no organisms then is removed too, whether or not it got its collection.
    """
    with stores.disk.lent_reserve():
        pending = stores.labels.pending_loads(row.id)
        for load_id in pending:
            _undo_load(stores, row, load_id)
        removing = stores.labels.organisms(row.id, REMOVING)
        for organism in removing:
            remove_organism(stores, row, organism)
        if row.spare:
            stores.vectors.drop(row.spare)
            stores.labels.set_spare(row.id, None)
        remove_if_empty(stores, row)
    return RecoveryReport(len(pending), len(removing), int(row.spare is not None))


def try_to_recover(stores: Stores, library: str) -> None:
    """Recover a library, if there is one of that name; log a failure, for the next writer."""
    try:
        if row := stores.labels.library(library):
            recover(stores, row)
    except GeneKinError:
        _log.exception("interrupted work is left in the library %s for its next writer", library)


def remove_organism(stores: Stores, row: LibraryRow, organism: OrganismRow) -> None:
    """Hide an organism from searches, then remove its vectors, then its rows."""
    with stores.disk.lent_reserve():
        stores.labels.mark_removing(organism.id)
        if stores.vectors.description(row.collection) is not None:
            stores.vectors.drop_partition(row.collection, organism.partition)
        stores.labels.remove_organism(organism.id)


def remove_if_empty(stores: Stores, row: LibraryRow) -> None:
    """Remove a library without organisms: its encoder was fitted on nothing that is left."""
    if not stores.labels.organisms(row.id, PENDING, READY, REMOVING):
        with stores.disk.lent_reserve():
            stores.vectors.drop(row.collection)
            stores.labels.remove_library(row.id)


def _undo_load(stores: Stores, row: LibraryRow, load_id: int) -> None:
    """Remove a pending load's vectors from Milvus, then its rows from the database."""
    labels, vectors = stores.labels, stores.vectors
    if vectors.description(row.collection) is not None:
        vectors.delete(row.collection, labels.load_ids_with_vectors(load_id))
        for organism in labels.organisms(row.id, PENDING):
            vectors.drop_partition(row.collection, organism.partition)
    labels.undo_load(row.id, load_id)
    _log.info("load %d of the library %s was undone", load_id, row.name)
