"""Organisms in the tables."""

from datetime import datetime

from sqlalchemy import (
    bindparam,
    delete,
    exists,
    func,
    null,
    select,
    text,
    type_coerce,
    union_all,
    update,
)

from core.stores.errors import retry_on_deadlock
from core.stores.sql.rows import OrganismRow, Visibility
from core.stores.sql.schema import PENDING, READY, REMOVING, loads, organisms, sequences
from core.stores.sql.sequences import SequenceRemoval

_PARTITION = func.coalesce(organisms.c.partition, organisms.c.name)
_VISIBLE = union_all(
    select(
        organisms.c.id,
        organisms.c.name,
        _PARTITION,
        null().label("state"),
        type_coerce(null(), loads.c.started_at.type).label("started_at"),
    ).where(organisms.c.library_id == bindparam("library_id"), organisms.c.state == READY),
    select(loads.c.id, null(), null(), loads.c.state, loads.c.started_at).where(
        loads.c.library_id == bindparam("library_id")
    ),
).order_by(text("1"))
"""Made once, as are other queries of every search: making one takes longer than running it."""


class OrganismLabels(SequenceRemoval):
    """Organisms, from their first ready load to their removal."""

    def organisms(self, library_id: int, *states: str) -> list[OrganismRow]:
        """Return the organisms in one of `states` (default: ready), in the order they were added.

        Only sequences whose load is ready are counted.
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
        with self._connect("listing the organisms") as connection:
            rows = connection.execute(
                select(organisms.c.id, organisms.c.name, organisms.c.state, _PARTITION)
                .where(of_library)
                .order_by(organisms.c.id)
            ).all()
            for organism_id, family, count in connection.execute(query):
                counts.setdefault(organism_id, {})[family] = count
        return [
            OrganismRow(organism_id, name, state, counts.get(organism_id, {}), partition)
            for organism_id, name, state, partition in rows
        ]

    def partitions(self, library_id: int) -> dict[str, str]:
        """Return the partitions of the ready organisms by name, in the order they were added."""
        query = (
            select(organisms.c.name, _PARTITION)
            .where(organisms.c.library_id == library_id, organisms.c.state == READY)
            .order_by(organisms.c.id)
        )
        with self._connect("listing the organisms") as connection:
            return dict(connection.execute(query).all())

    def visible(self, library_id: int) -> Visibility:
        """Return the partitions of the ready organisms and the state of every load, in one query.

        They are read at the same moment: no load can become ready in between.
        """
        partitions: dict[str, str] = {}
        load_states: dict[int, str] = {}
        loaded_at: dict[int, datetime] = {}
        with self._connect("listing the organisms and loads") as connection:
            rows = connection.execute(_VISIBLE, {"library_id": library_id})
            for row_id, name, partition, state, date in rows:
                if state is None:
                    partitions[name] = partition
                else:
                    load_states[row_id], loaded_at[row_id] = state, date
        return Visibility(partitions, load_states, loaded_at)

    def has_unfinished_change(self, library_id: int) -> bool:
        """Return True if a load is pending, an organism being removed, or none there at all.

        The last organism takes its library with it: one without any was never complete.
        """
        pending = select(loads.c.id).where(
            loads.c.library_id == library_id, loads.c.state == PENDING
        )
        removing = select(organisms.c.id).where(
            organisms.c.library_id == library_id, organisms.c.state == REMOVING
        )
        known = select(organisms.c.id).where(organisms.c.library_id == library_id)
        query = select(exists(pending) | exists(removing) | ~exists(known))
        with self._connect("looking for unfinished changes") as connection:
            return bool(connection.scalar(query))

    @retry_on_deadlock
    def mark_removing(self, *organism_ids: int) -> None:
        """Hide organisms from searches, all at once, until they are removed."""
        with self._begin("removing an organism") as connection:
            connection.execute(
                update(organisms).where(organisms.c.id.in_(organism_ids)).values(state=REMOVING)
            )

    @retry_on_deadlock
    def remove_organism(self, organism_id: int) -> None:
        """Remove an organism with its sequences, and the loads that become empty."""
        self._remove_sequences(sequences.c.organism_id == organism_id, "removing an organism")
        with self._begin("removing an organism") as connection:
            connection.execute(delete(organisms).where(organisms.c.id == organism_id))
            used = select(sequences.c.load_id)
            connection.execute(delete(loads).where(loads.c.state == READY, loads.c.id.not_in(used)))
