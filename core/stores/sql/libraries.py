"""Libraries and their families in the tables."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from core.arrays import Arrays
from core.stores.errors import retry_on_deadlock
from core.stores.sql.profiles import save_profile_state
from core.stores.sql.rows import Identity, LibraryRow
from core.stores.sql.schema import (
    READY,
    caller_arrays,
    encoder_arrays,
    families,
    jobs,
    libraries,
    loads,
    profile_arrays,
    profiles,
    sequences,
)
from core.stores.sql.tables import Tables, chunks, inserted_id, read_arrays, save_arrays, utc_now

_OF_LIBRARY = (encoder_arrays, caller_arrays, profile_arrays, profiles, families, loads)
"""Tables of a library whose rows go with it, when it has no organisms left."""
# Made once: making a query takes longer than running it.
_LIBRARY = select(libraries).where(libraries.c.name == bindparam("library"))
_FAMILIES = (
    select(families.c.number, families.c.name)
    .where(families.c.library_id == bindparam("library_id"))
    .order_by(families.c.number)
)


class LibraryLabels(Tables):
    """Libraries, the states of their encoders and models, and the names of their families."""

    def library_names(self) -> list[str]:
        """Return the names of all libraries in alphabetical order."""
        with self._connect("listing the libraries") as connection:
            return list(connection.scalars(select(libraries.c.name).order_by(libraries.c.name)))

    def library_owners(self) -> dict[str, tuple[str, str]]:
        """Return the owner and the access of every library, by name in alphabetical order."""
        query = select(libraries.c.name, libraries.c.owner, libraries.c.access)
        with self._connect("listing the libraries") as connection:
            rows = connection.execute(query.order_by(libraries.c.name))
            return {name: (owner, access) for name, owner, access in rows}

    def library(self, name: str) -> LibraryRow | None:
        """Return the library of that name, or None."""
        with self._connect("looking up the library") as connection:
            row = connection.execute(_LIBRARY, {"library": name}).first()
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
        owner: str = "",
        access: str = "lab",
    ) -> LibraryRow:
        """Add a library bound to a fitted encoder."""
        row = LibraryRow(
            id=0,
            name=name,
            collection=collection,
            encoder=encoder,
            fingerprint=fingerprint,
            index=dict(index),
            created_at=utc_now(),
            owner=owner,
            access=access,
        )
        values = asdict(row)
        del values["id"]
        with self._begin("adding the library") as connection:
            library_id = inserted_id(connection.execute(insert(libraries).values(values)))
            save_arrays(connection, encoder_arrays, library_id, state)
        return replace(row, id=library_id)

    @retry_on_deadlock
    def rename_library(self, library_id: int, name: str) -> None:
        """Rename a library and its jobs; no other library may have the name."""
        of_library = libraries.c.id == library_id
        old = select(libraries.c.name).where(of_library).scalar_subquery()
        with self._begin("renaming the library") as connection:
            connection.execute(update(jobs).where(jobs.c.library == old).values(library=name))
            connection.execute(update(libraries).where(of_library).values(name=name))

    def library_name(self, identity: Identity) -> str | None:
        """Return the current name of a library, or None if it no longer exists."""
        with self._connect("looking up the library") as connection:
            query = select(libraries).where(libraries.c.id == identity[0])
            row = connection.execute(query).first()
        library = LibraryRow(*row) if row else None
        return library.name if library and library.identity == identity else None

    def collections(self) -> set[str]:
        """Return the names of the Milvus collections of all libraries, including spare ones."""
        with self._connect("listing the libraries") as connection:
            rows = connection.execute(select(libraries.c.collection, libraries.c.spare))
            return {name for row in rows for name in row if name}

    @retry_on_deadlock
    def remove_library(self, library_id: int) -> None:
        """Remove a library that has no organisms left."""
        with self._begin("removing the library") as connection:
            for table in _OF_LIBRARY:
                connection.execute(delete(table).where(table.c.library_id == library_id))
            connection.execute(delete(libraries).where(libraries.c.id == library_id))

    def encoder_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """Return the encoder's arrays given to :meth:`add_library`.

        Raises
        ------
        ValueError
            If one of them is damaged.
        """
        with self._connect("reading the encoder") as connection:
            return read_arrays(connection, encoder_arrays, library_id)

    @retry_on_deadlock
    def save_model(
        self,
        library_id: int,
        fingerprint: str,
        state: Arrays,
        profiles: tuple[str, Arrays] | None = None,
    ) -> None:
        """Save the trained model of a library with its threshold, replacing what it had.

        Parameters
        ----------
        profiles
            Digest and state of what was learned about its profiles, if it has some.
        """
        with self._begin("saving the model") as connection:
            if profiles is not None:
                save_profile_state(connection, library_id, *profiles)
            connection.execute(
                delete(caller_arrays).where(caller_arrays.c.library_id == library_id)
            )
            save_arrays(connection, caller_arrays, library_id, state)
            of_library = libraries.c.id == library_id
            values = {"caller": fingerprint, "threshold": None}
            connection.execute(update(libraries).where(of_library).values(values))

    def model_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """Return the model's arrays given to :meth:`save_model`.

        Raises
        ------
        ValueError
            If one of them is damaged.
        """
        with self._connect("reading the model") as connection:
            return read_arrays(connection, caller_arrays, library_id)

    @retry_on_deadlock
    def set_spare(self, library_id: int, collection: str | None) -> None:
        """Record a collection under construction or to be dropped; None: there is none."""
        with self._begin("recording a collection") as connection:
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(spare=collection))

    @retry_on_deadlock
    def replace_encoder(
        self,
        library_id: int,
        *,
        collection: str,
        encoder: tuple[str, Arrays],
        model: tuple[str, Arrays] | None,
        has_vector: Mapping[int, bool],
        profiles: tuple[str, Arrays] | None = None,
    ) -> None:
        """Replace the collection, encoder and model of a library in one transaction.

        Its old collection becomes the spare one.

        Parameters
        ----------
        encoder, model
            Fingerprint and state.
        has_vector
            For the sequences for which this has changed, by their ids.
        profiles
            Digest and state of what was learned about its profiles, if it has some.
        """
        of_library = libraries.c.id == library_id
        values = {
            "spare": libraries.c.collection,
            "fingerprint": encoder[0],
            "caller": model[0] if model else "",
            "fitted_load": select(func.max(loads.c.id))
            .where(loads.c.library_id == library_id, loads.c.state == READY)
            .scalar_subquery(),
        }
        states = {encoder_arrays: encoder[1], caller_arrays: model[1] if model else {}}
        with self._begin("replacing the encoder") as connection:
            if profiles is not None:
                save_profile_state(connection, library_id, *profiles)
            for table, state in states.items():
                connection.execute(delete(table).where(table.c.library_id == library_id))
                save_arrays(connection, table, library_id, state)
            for value in (True, False):
                changed = [number for number, has in has_vector.items() if has is value]
                for chunk in chunks(changed):
                    of_chunk = (sequences.c.library_id == library_id) & sequences.c.id.in_(chunk)
                    connection.execute(update(sequences).where(of_chunk).values(has_vector=value))
            connection.execute(update(libraries).where(of_library).values(values))
            connection.execute(update(libraries).where(of_library).values(collection=collection))

    @retry_on_deadlock
    def set_threshold(self, library_id: int, threshold: float | None) -> None:
        """Set the minimum confidence for a call; None: that of the model."""
        with self._begin("setting the threshold") as connection:
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(threshold=threshold))

    @retry_on_deadlock
    def set_access(self, library_id: int, access: str, owner: str) -> None:
        """Set who may use a library, and its owner."""
        with self._begin("setting the access of a library") as connection:
            of_library = libraries.c.id == library_id
            values = {"access": access, "owner": owner}
            connection.execute(update(libraries).where(of_library).values(values))

    # Families

    def families(self, library_id: int) -> dict[int, str]:
        """Return family names by class number, in the order of the numbers."""
        with self._connect("reading the families") as connection:
            return dict(connection.execute(_FAMILIES, {"library_id": library_id}).all())

    @retry_on_deadlock
    def name_families(self, library_id: int, names: Mapping[int, str]) -> None:
        """Name families by class number; other families keep their names."""
        with self._begin("naming families") as connection:
            name_families_in(connection, library_id, names)


def name_families_in(connection: Connection, library_id: int, names: Mapping[int, str]) -> None:
    """Name families within a transaction; other families keep their names."""
    for chunk in chunks(list(names)):
        of_chunk = (families.c.library_id == library_id) & families.c.number.in_(chunk)
        connection.execute(delete(families).where(of_chunk))
    rows = [
        {"library_id": library_id, "number": number, "name": name} for number, name in names.items()
    ]
    if rows:
        connection.execute(insert(families), rows)
