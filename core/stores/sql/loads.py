"""Loads, and the organisms that they bring, in the tables."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, null, select, text, union_all, update

from core.errors import StoreError
from core.stores.sql.database import retry_on_deadlock
from core.stores.sql.libraries import name_families_in
from core.stores.sql.rows import LoadRow, OrganismRow, SequenceRow, Visibility
from core.stores.sql.schema import (
    PENDING,
    READY,
    REMOVING,
    incoming,
    libraries,
    loads,
    organisms,
    outgoing,
    sequences,
)
from core.stores.sql.tables import Tables, chunks, inserted_id, storable, utc_now

_SOURCE = 1_000
"""Characters kept of where the sequences of a load come from."""
_PARTITION = func.coalesce(organisms.c.partition, organisms.c.name)


class LoadLabels(Tables):
    """From the beginning of a load to the end of an organism."""

    # Loads

    @retry_on_deadlock
    def begin_load(
        self, library_id: int, source: str, partitions: Mapping[str, str], by: str = ""
    ) -> int:
        """Open a load: pending, its new organisms pending too. Returns its id.

        Parameters
        ----------
        source
            Where its sequences come from; of a long one, the beginning is kept.
        partitions
            Of its organisms, by their names in the tables.
        by
            Who loads.
        """
        began = {"source": storable(source)[:_SOURCE], "by": storable(by), "started_at": utc_now()}
        pending = {"library_id": library_id, "state": PENDING}
        with self._writing("beginning a load") as connection:
            result = connection.execute(insert(loads).values(**began, **pending))
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
        """Add sequences to a pending load; none of them may be in the organism yet."""
        with self._writing("adding sequences") as connection:
            organism_id = _organism_id(connection, library_id, organism)
            for some in chunks(rows):
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
                    for row in some
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
        """Make a load and its new organisms ready, and name families, in one transaction.

        Parameters
        ----------
        replaced
            Organisms in whose place come those that are loaded as :func:`incoming`.
        """
        with self._writing("finishing a load") as connection:
            pending = (loads.c.id == load_id) & (loads.c.state == PENDING)
            if not connection.execute(update(loads).where(pending).values(state=READY)).rowcount:
                message = "Another writer undid this load while it was under way."
                raise StoreError(message, "Load it again.")
            for name in replaced:
                _exchange(connection, library_id, name)
            connection.execute(
                update(libraries)
                .where(libraries.c.id == library_id, libraries.c.fitted_load.is_(None))
                .values(fitted_load=load_id)
            )
            mine = select(sequences.c.organism_id).where(sequences.c.load_id == load_id)
            connection.execute(
                update(organisms)
                .where(organisms.c.library_id == library_id)
                .where(organisms.c.state == PENDING, organisms.c.id.in_(mine))
                .values(state=READY)
            )
            name_families_in(connection, library_id, family_names)

    def pending_loads(self, library_id: int) -> list[int]:
        """Ids of the loads that are not ready."""
        query = select(loads.c.id).where(loads.c.library_id == library_id, loads.c.state == PENDING)
        with self._reading("looking for loads under way") as connection:
            return list(connection.scalars(query))

    def load_states(self, library_id: int) -> dict[int, str]:
        """The state of every load, by its id."""
        query = select(loads.c.id, loads.c.state).where(loads.c.library_id == library_id)
        with self._reading("looking at the loads") as connection:
            return {number: state for number, state in connection.execute(query)}  # noqa: C416

    def loads_by_organism(self, library_id: int) -> dict[int, list[LoadRow]]:
        """The ready loads that brought what there is, by the id of the organism, in their order."""
        known = select(
            loads.c.id, loads.c.source, loads.c.started_at, func.coalesce(loads.c.by, "")
        )
        query = (
            select(sequences.c.organism_id, sequences.c.load_id, func.count())
            .where(sequences.c.library_id == library_id)
            .group_by(sequences.c.organism_id, sequences.c.load_id)
            .order_by(sequences.c.organism_id, sequences.c.load_id)
        )
        found: dict[int, list[LoadRow]] = {}
        with self._reading("looking at the loads") as connection:
            ready = known.where(loads.c.library_id == library_id, loads.c.state == READY)
            told = {row[0]: row[1:] for row in connection.execute(ready)}
            for organism_id, load_id, count in connection.execute(query):
                if load_id in told:
                    found.setdefault(organism_id, []).append(LoadRow(*told[load_id], count))
        return found

    def count_after(self, library_id: int, load_id: int | None) -> int:
        """Number of ready sequences that came after a load; 0 if it is None."""
        query = (
            select(func.count())
            .select_from(sequences)
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.library_id == library_id, loads.c.state == READY)
            .where(sequences.c.load_id > load_id)
        )
        with self._reading("counting sequences") as connection:
            return int(connection.execute(query).scalar_one())

    def load_ids_with_vectors(self, load_id: int) -> list[int]:
        """Ids of the sequences of a load that have, or were to have, a vector."""
        query = select(sequences.c.id).where(sequences.c.load_id == load_id, sequences.c.has_vector)
        with self._reading("reading a load") as connection:
            return list(connection.scalars(query))

    @retry_on_deadlock
    def undo_load(self, library_id: int, load_id: int) -> None:
        """Remove a pending load, its sequences and the organisms that it began."""
        with self._writing("undoing a load") as connection:
            connection.execute(delete(sequences).where(sequences.c.load_id == load_id))
            connection.execute(
                delete(organisms).where(
                    organisms.c.library_id == library_id, organisms.c.state == PENDING
                )
            )
            connection.execute(delete(loads).where(loads.c.id == load_id))

    # Organisms

    def organisms(self, library_id: int, *states: str) -> list[OrganismRow]:
        """The organisms in one of `states` (ready, where none is named), in the order they came.

        Their counts are those of the sequences whose load is ready.
        """
        of_library = (organisms.c.library_id == library_id) & organisms.c.state.in_(
            states or (READY,)
        )
        query = (
            select(sequences.c.organism_id, sequences.c.family, func.count())
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.library_id == library_id, loads.c.state == READY)
            .group_by(sequences.c.organism_id, sequences.c.family)
            .order_by(sequences.c.organism_id, sequences.c.family)
        )
        counts: dict[int, dict[int, int]] = {}
        with self._reading("listing the organisms") as connection:
            found = connection.execute(
                select(organisms.c.id, organisms.c.name, organisms.c.state, _PARTITION)
                .where(of_library)
                .order_by(organisms.c.id)
            ).all()
            for organism_id, family, count in connection.execute(query):
                counts.setdefault(organism_id, {})[family] = count
        return [
            OrganismRow(number, name, state, counts.get(number, {}), partition)
            for number, name, state, partition in found
        ]

    def organism_names(self, library_id: int) -> list[str]:
        """Names of the ready organisms, in the order they came."""
        return list(self.partitions(library_id))

    def partitions(self, library_id: int) -> dict[str, str]:
        """Partitions of the ready organisms by their names, in the order they came."""
        query = (
            select(organisms.c.name, _PARTITION)
            .where(organisms.c.library_id == library_id, organisms.c.state == READY)
            .order_by(organisms.c.id)
        )
        with self._reading("listing the organisms") as connection:
            return dict(connection.execute(query).all())

    def visible(self, library_id: int) -> Visibility:
        """Return the partitions of the ready organisms and the state of every load, in one query.

        They are read at the same moment: no load can become ready in between.
        """
        ready = (organisms.c.library_id == library_id) & (organisms.c.state == READY)
        query = union_all(
            select(organisms.c.id, organisms.c.name, _PARTITION, null().label("state")).where(
                ready
            ),
            select(loads.c.id, null(), null(), loads.c.state).where(
                loads.c.library_id == library_id
            ),
        )
        partitions: dict[str, str] = {}
        load_states: dict[int, str] = {}
        with self._reading("listing the organisms and loads") as connection:
            for number, name, partition, state in connection.execute(query.order_by(text("1"))):
                if state is None:
                    partitions[name] = partition
                else:
                    load_states[number] = state
        return Visibility(partitions, load_states)

    @retry_on_deadlock
    def mark_removing(self, organism_id: int) -> None:
        """Hide an organism from searches, for good."""
        with self._writing("removing an organism") as connection:
            connection.execute(
                update(organisms).where(organisms.c.id == organism_id).values(state=REMOVING)
            )

    @retry_on_deadlock
    def remove_organism(self, organism_id: int) -> None:
        """Remove an organism with its sequences, and the loads of which nothing is left."""
        with self._writing("removing an organism") as connection:
            connection.execute(delete(sequences).where(sequences.c.organism_id == organism_id))
            connection.execute(delete(organisms).where(organisms.c.id == organism_id))
            used = select(sequences.c.load_id)
            connection.execute(delete(loads).where(loads.c.state == READY, loads.c.id.not_in(used)))


def _exchange(connection: Connection, library_id: int, name: str) -> None:
    """Let the incoming organism have the name of the one that is now removed."""
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
