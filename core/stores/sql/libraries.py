"""Libraries and their families in the tables."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, update

from core.arrays import Arrays
from core.stores.sql.database import retry_on_deadlock
from core.stores.sql.rows import Identity, LibraryRow
from core.stores.sql.schema import (
    READY,
    caller_arrays,
    encoder_arrays,
    families,
    jobs,
    libraries,
    loads,
    sequences,
)
from core.stores.sql.tables import Tables, chunks, inserted_id, read_arrays, save_arrays, utc_now


class LibraryLabels(Tables):
    """Libraries, what their encoders and callers learned, and what their families are called."""

    def library_names(self) -> list[str]:
        """Names of all libraries, in alphabetical order."""
        with self._reading("listing the libraries") as connection:
            return list(connection.scalars(select(libraries.c.name).order_by(libraries.c.name)))

    def library(self, name: str) -> LibraryRow | None:
        """The library of that name, or None."""
        with self._reading("looking up the library") as connection:
            row = connection.execute(select(libraries).where(libraries.c.name == name)).first()
        return LibraryRow(*row) if row else None

    @retry_on_deadlock
    def add_library(
        self,
        name: str,
        *,
        collection: str,
        encoder: str,
        fingerprint: str,
        state: Arrays,
        index: Mapping[str, Any],
    ) -> LibraryRow:
        """A new library, bound to a fitted encoder."""
        row = LibraryRow(0, name, collection, encoder, fingerprint, dict(index), utc_now())
        values = asdict(row)
        del values["id"]
        with self._writing("adding the library") as connection:
            library_id = inserted_id(connection.execute(insert(libraries).values(values)))
            save_arrays(connection, encoder_arrays, library_id, state)
        return replace(row, id=library_id)

    @retry_on_deadlock
    def rename_library(self, library_id: int, name: str) -> None:
        """Call a library by another name, that none has yet; its jobs go along."""
        of_library = libraries.c.id == library_id
        old = select(libraries.c.name).where(of_library).scalar_subquery()
        with self._writing("renaming the library") as connection:
            connection.execute(update(jobs).where(jobs.c.library == old).values(library=name))
            connection.execute(update(libraries).where(of_library).values(name=name))

    def library_name(self, identity: Identity) -> str | None:
        """What a library is called now; None where it is there no more."""
        with self._reading("looking up the library") as connection:
            query = select(libraries).where(libraries.c.id == identity[0])
            row = connection.execute(query).first()
        found = LibraryRow(*row) if row else None
        return found.name if found and found.identity == identity else None

    def loaded_at(self, library_id: int) -> dict[int, datetime]:
        """When each of the ready loads of a library began (UTC), by its id.

        The two together come only once: SQLite gives ids again, and MySQL cuts times to seconds.
        """
        ready = (loads.c.library_id == library_id) & (loads.c.state == READY)
        query = select(loads.c.id, loads.c.started_at).where(ready).order_by(loads.c.id)
        with self._reading("looking at the loads") as connection:
            return dict(connection.execute(query).all())

    def collections(self) -> set[str]:
        """Names of the Milvus collections of all libraries, spare ones among them."""
        with self._reading("listing the libraries") as connection:
            found = connection.execute(select(libraries.c.collection, libraries.c.spare))
            return {name for row in found for name in row if name}

    @retry_on_deadlock
    def remove_library(self, library_id: int) -> None:
        """Remove a library that has no organisms left."""
        with self._writing("removing the library") as connection:
            for table in (encoder_arrays, caller_arrays, families, loads):
                connection.execute(delete(table).where(table.c.library_id == library_id))
            connection.execute(delete(libraries).where(libraries.c.id == library_id))

    def encoder_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """The arrays given to :meth:`add_library`."""
        with self._reading("reading the encoder") as connection:
            return read_arrays(connection, encoder_arrays, library_id)

    @retry_on_deadlock
    def save_caller(self, library_id: int, fingerprint: str, state: Arrays) -> None:
        """Give a library a caller, in the place of the one it had."""
        with self._writing("keeping the caller") as connection:
            connection.execute(
                delete(caller_arrays).where(caller_arrays.c.library_id == library_id)
            )
            save_arrays(connection, caller_arrays, library_id, state)
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(caller=fingerprint))

    def caller_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """The arrays given to :meth:`save_caller`."""
        with self._reading("reading the caller") as connection:
            return read_arrays(connection, caller_arrays, library_id)

    @retry_on_deadlock
    def set_spare(self, library_id: int, collection: str | None) -> None:
        """Remember a collection that is being made, or is to be dropped; None: there is none."""
        with self._writing("noting a collection") as connection:
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(spare=collection))

    @retry_on_deadlock
    def exchange_encoder(
        self,
        library_id: int,
        *,
        collection: str,
        encoder: tuple[str, Arrays],
        caller: tuple[str, Arrays] | None,
        has_vector: Mapping[int, bool],
    ) -> None:
        """Give a library another collection, encoder and caller, in one transaction.

        Its old collection is the spare one then.

        Parameters
        ----------
        encoder, caller
            Fingerprint and state.
        has_vector
            Of the sequences of which this has changed, by their ids.
        """
        of_library = libraries.c.id == library_id
        values = {
            "spare": libraries.c.collection,
            "fingerprint": encoder[0],
            "caller": caller[0] if caller else "",
            "fitted_load": select(func.max(loads.c.id))
            .where(loads.c.library_id == library_id, loads.c.state == READY)
            .scalar_subquery(),
        }
        states = {encoder_arrays: encoder[1], caller_arrays: caller[1] if caller else {}}
        with self._writing("exchanging the encoder") as connection:
            for table, state in states.items():
                connection.execute(delete(table).where(table.c.library_id == library_id))
                save_arrays(connection, table, library_id, state)
            for ready in (True, False):
                changed = [number for number, has in has_vector.items() if has is ready]
                for some in chunks(changed):
                    of_some = (sequences.c.library_id == library_id) & sequences.c.id.in_(some)
                    connection.execute(update(sequences).where(of_some).values(has_vector=ready))
            connection.execute(update(libraries).where(of_library).values(values))
            connection.execute(update(libraries).where(of_library).values(collection=collection))

    @retry_on_deadlock
    def set_threshold(self, library_id: int, threshold: float | None) -> None:
        """Choose the confidence from which on a query is called; None: the caller's own."""
        with self._writing("setting the threshold") as connection:
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(threshold=threshold))

    # Families

    def families(self, library_id: int) -> dict[int, str]:
        """Family names by class number, in the order of the numbers."""
        query = (
            select(families.c.number, families.c.name)
            .where(families.c.library_id == library_id)
            .order_by(families.c.number)
        )
        with self._reading("reading the families") as connection:
            return dict(connection.execute(query).all())

    @retry_on_deadlock
    def name_families(self, library_id: int, names: Mapping[int, str]) -> None:
        """Name families by class number; the others keep their names."""
        with self._writing("naming families") as connection:
            name_families_in(connection, library_id, names)


def name_families_in(connection: Connection, library_id: int, names: Mapping[int, str]) -> None:
    """Name families within a transaction; the others keep their names."""
    connection.execute(
        delete(families).where(
            families.c.library_id == library_id, families.c.number.in_(list(names))
        )
    )
    for number, name in names.items():
        values = {"library_id": library_id, "number": number, "name": name}
        connection.execute(insert(families).values(values))
