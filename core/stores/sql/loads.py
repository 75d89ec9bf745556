"""Loads in the tables."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from core.errors import StoreError
from core.stores.errors import retry_on_deadlock
from core.stores.sql.libraries import name_families_in
from core.stores.sql.rows import LoadRow, SequenceRow
from core.stores.sql.schema import (
    PENDING,
    READY,
    REMOVING,
    incoming,
    libraries,
    loads,
    milestones,
    organisms,
    outgoing,
    sequences,
)
from core.stores.sql.sequences import SequenceRemoval
from core.stores.sql.tables import chunks, inserted_id, replace_surrogates, utc_now

_MAX_SOURCE_LENGTH = 1_000
"""Characters kept of the origin of a load's sequences."""
_FIRST_LOAD = "first load"
"""Milestone: a load has become ready."""


class LoadLabels(SequenceRemoval):
    """Loads, from their start until they are ready or undone."""

    @retry_on_deadlock
    def begin_load(
        self, library_id: int, source: str, partitions: Mapping[str, str], by: str = ""
    ) -> int:
        """Begin a load, pending like its new organisms, and return its id.

        Parameters
        ----------
        source
            Origin of its sequences, such as a file name; a long one is truncated.
        partitions
            Milvus partitions of its organisms by their names in the tables.
        by
            The user who loads.
        """
        details = {
            "source": replace_surrogates(source)[:_MAX_SOURCE_LENGTH],
            "by": replace_surrogates(by),
            "started_at": utc_now(),
        }
        pending = {"library_id": library_id, "state": PENDING}
        with self._begin("beginning a load") as connection:
            result = connection.execute(insert(loads).values(**details, **pending))
            known = set(
                connection.scalars(
                    select(organisms.c.name).where(organisms.c.library_id == library_id)
                )
            )
            for name, partition in partitions.items():
                if name not in known:
                    row = {"name": name, "partition": partition, **pending}
                    connection.execute(insert(organisms).values(row))
            return inserted_id(result)

    @retry_on_deadlock
    def add_sequences(
        self, library_id: int, organism: str, load_id: int, rows: Sequence[SequenceRow]
    ) -> None:
        """Add sequences to a pending load; none of them may be in the organism already."""
        with self._begin("adding sequences") as connection:
            organism_id = _organism_id(connection, library_id, organism)
            for chunk in chunks(rows):
                values = [
                    {
                        "library_id": library_id,
                        "organism_id": organism_id,
                        "load_id": load_id,
                        "id": row.id,
                        "position": row.position,
                        "family": row.family,
                        "name": row.name,
                        "residues": row.residues,
                        "has_vector": row.has_vector,
                    }
                    for row in chunk
                ]
                connection.execute(insert(sequences), values)

    @retry_on_deadlock
    def finish_load(
        self,
        library_id: int,
        load_id: int,
        family_names: Mapping[int, str],
        replaced: Iterable[str] = (),
    ) -> None:
        """Make a load and its new organisms ready, and name its families, in one transaction.

        Parameters
        ----------
        replaced
            Organisms to replace by those loaded under their :func:`incoming` names.

        Raises
        ------
        StoreError
            Also if another writer undid the load meanwhile.
        """
        with self._begin("finishing a load") as connection:
            pending = (loads.c.id == load_id) & (loads.c.state == PENDING)
            if not connection.execute(update(loads).where(pending).values(state=READY)).rowcount:
                message = "Another process undid this load while it was running."
                raise StoreError(message, "Load it again.")
            for name in replaced:
                _replace_organism(connection, library_id, name)
            connection.execute(
                update(libraries)
                .where(libraries.c.id == library_id, libraries.c.fitted_load.is_(None))
                .values(fitted_load=load_id)
            )
            loaded = select(sequences.c.organism_id).where(sequences.c.load_id == load_id)
            connection.execute(
                update(organisms)
                .where(organisms.c.library_id == library_id)
                .where(organisms.c.state == PENDING, organisms.c.id.in_(loaded))
                .values(state=READY)
            )
            name_families_in(connection, library_id, family_names)
            _record_first_load(connection)

    def has_been_loaded(self) -> bool:
        """Return whether any load has ever become ready, even if its library is gone."""
        query = select(milestones.c.name).where(milestones.c.name == _FIRST_LOAD)
        with self._connect("looking for a first load") as connection:
            return connection.execute(query).first() is not None

    def pending_loads(self, library_id: int) -> list[int]:
        """Return the ids of the loads that are not ready."""
        query = select(loads.c.id).where(loads.c.library_id == library_id, loads.c.state == PENDING)
        with self._connect("listing the pending loads") as connection:
            return list(connection.scalars(query))

    def loads_by_organism(self, library_id: int) -> dict[int, list[LoadRow]]:
        """Return the ready loads with sequences in each organism, by its id, in order."""
        columns = select(
            loads.c.id, loads.c.source, loads.c.started_at, func.coalesce(loads.c.by, "")
        )
        query = (
            select(sequences.c.organism_id, sequences.c.load_id, func.count())
            .where(sequences.c.library_id == library_id)
            .group_by(sequences.c.organism_id, sequences.c.load_id)
            .order_by(sequences.c.organism_id, sequences.c.load_id)
        )
        loads_by_organism: dict[int, list[LoadRow]] = {}
        with self._scan("reading the loads") as connection:
            ready = columns.where(loads.c.library_id == library_id, loads.c.state == READY)
            details = {row[0]: row[1:] for row in connection.execute(ready)}
            for organism_id, load_id, count in connection.execute(query):
                if load_id in details:
                    loads_by_organism.setdefault(organism_id, []).append(
                        LoadRow(*details[load_id], count)
                    )
        return loads_by_organism

    def count_after(self, library_id: int, load_id: int | None) -> int:
        """Return the number of ready sequences added after a load; 0 if it is None."""
        if load_id is None:  # SQLAlchemy compares no number with NULL.
            return 0
        query = (
            select(func.count())
            .select_from(sequences)
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.library_id == library_id, loads.c.state == READY)
            .where(sequences.c.load_id > load_id)
        )
        with self._scan("counting sequences") as connection:
            return int(connection.execute(query).scalar_one())

    def load_ids_with_vectors(self, load_id: int) -> list[int]:
        """Return the ids of the sequences of a load that have, or should have, a vector."""
        query = select(sequences.c.id).where(sequences.c.load_id == load_id, sequences.c.has_vector)
        with self._scan("reading a load") as connection:
            return list(connection.scalars(query))

    @retry_on_deadlock
    def undo_load(self, library_id: int, load_id: int) -> None:
        """Remove a pending load, its sequences and its new organisms."""
        self._remove_sequences(sequences.c.load_id == load_id, "undoing a load")
        with self._begin("undoing a load") as connection:
            connection.execute(
                delete(organisms).where(
                    organisms.c.library_id == library_id, organisms.c.state == PENDING
                )
            )
            connection.execute(delete(loads).where(loads.c.id == load_id))


def _record_first_load(connection: Connection) -> None:
    # Loads of two libraries may become ready at the same time.
    ignoring = insert(milestones).prefix_with("OR IGNORE", dialect="sqlite")
    ignoring = ignoring.prefix_with("IGNORE", dialect="mysql")
    connection.execute(ignoring.values(name=_FIRST_LOAD, reached_at=utc_now()))


def _replace_organism(connection: Connection, library_id: int, name: str) -> None:
    """Give the incoming organism the name of the current one, which becomes removing."""
    of_library = organisms.c.library_id == library_id
    connection.execute(
        update(organisms)
        .where(of_library, organisms.c.name == name)
        .values(name=outgoing(name), state=REMOVING)
    )
    connection.execute(
        update(organisms).where(of_library, organisms.c.name == incoming(name)).values(name=name)
    )


def _organism_id(connection: Connection, library_id: int, name: str) -> int:
    query = select(organisms.c.id).where(
        organisms.c.library_id == library_id, organisms.c.name == name
    )
    return int(connection.execute(query).scalar_one())
