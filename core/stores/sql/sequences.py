"""Sequences in the tables: reading and removal."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, select

from core.stores.errors import retry_on_deadlock
from core.stores.sql.rows import Label, SequenceRow
from core.stores.sql.schema import READY, loads, organisms, sequences
from core.stores.sql.tables import Tables, chunks

_Columns = TypeVarTuple("_Columns")

_REMOVED_ROWS = 500
"""Rows per transaction of a removal, each of which touches several pages."""

# Made once: making a query takes longer than running it.
_IS_GIVEN = and_(
    sequences.c.library_id == bindparam("library_id"),
    sequences.c.id.in_(bindparam("ids", expanding=True)),
)
_FAMILIES = select(sequences.c.id, sequences.c.family).where(_IS_GIVEN)
_RESIDUES = select(sequences.c.id, sequences.c.residues).where(_IS_GIVEN)
_LABELS = (
    select(
        sequences.c.id,
        organisms.c.name,
        sequences.c.family,
        sequences.c.name,
        func.length(sequences.c.residues),
    )
    .join(organisms, organisms.c.id == sequences.c.organism_id)
    .join(loads, loads.c.id == sequences.c.load_id)
    .where(_IS_GIVEN, organisms.c.state == READY, loads.c.state == READY)
)


class SequenceRemoval(Tables):
    """Removal of sequences that are not ready, or whose organism is not."""

    def _remove_sequences(self, condition: ColumnElement[bool], action: str) -> None:
        """Remove sequences of one library, in several transactions.

        The log of a single one can become as large as the table, on a disk that may be full. What
        a crash leaves of them is removed by the next writer.
        """
        while self._remove_some(condition, action) == _REMOVED_ROWS:
            pass

    @retry_on_deadlock
    def _remove_some(self, condition: ColumnElement[bool], action: str) -> int:
        query = select(sequences.c.library_id, sequences.c.id).where(condition).limit(_REMOVED_ROWS)
        with self._begin(action) as connection:
            rows = connection.execute(query).all()
            if rows:
                of_library = sequences.c.library_id == rows[0].library_id
                ids = [row.id for row in rows]
                connection.execute(delete(sequences).where(of_library, sequences.c.id.in_(ids)))
        return len(rows)


class SequenceLabels(Tables):
    """Sequences, by their ids or by organism."""

    def known_families(self, library_id: int, ids: Sequence[int]) -> dict[int, int]:
        """Return the families of those sequences that exist, ready or not, by id."""
        return dict(self._rows(_FAMILIES, library_id, ids))

    def residues(self, library_id: int, ids: Sequence[int]) -> dict[int, str]:
        """Return the residues of those sequences that exist, ready or not, by id."""
        return dict(self._rows(_RESIDUES, library_id, ids))

    def labels_for(self, library_id: int, ids: Sequence[int]) -> dict[int, Label]:
        """Return the labels of those sequences whose load and organism are ready, by id."""
        return {row[0]: Label(*row[1:]) for row in self._rows(_LABELS, library_id, ids)}

    def named(self, library_id: int, names: Collection[str]) -> dict[str, set[tuple[str, int]]]:
        """Return organism and family of those ready sequences that have one of these names."""
        query = (
            select(sequences.c.name, organisms.c.name, sequences.c.family)
            .join(organisms, organisms.c.id == sequences.c.organism_id)
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(
                sequences.c.library_id == library_id,
                organisms.c.state == READY,
                loads.c.state == READY,
            )
        )
        found: dict[str, set[tuple[str, int]]] = {}
        with self._scan("reading names") as connection:
            for name, organism, family in connection.execute(query):
                if name in names:  # There is no index of names: one scan finds all.
                    found.setdefault(name, set()).add((organism, family))
        return found

    def _rows(
        self, query: Select[*_Columns], library_id: int, ids: Sequence[int]
    ) -> Iterator[tuple[*_Columns]]:
        """Read the rows of some sequences in table order, so that every page is read once."""
        with self._connect("reading sequences") as connection:
            for chunk in chunks(sorted(ids)):
                values = {"library_id": library_id, "ids": chunk}
                yield from connection.execute(query, values)

    def count_with_vectors(self, library_id: int, organism: str) -> int:
        """Return the number of sequences of an organism that have a vector, ready or not."""
        query = (
            select(func.count())
            .select_from(sequences)
            .join(organisms, organisms.c.id == sequences.c.organism_id)
            .where(
                organisms.c.library_id == library_id,
                organisms.c.name == organism,
                sequences.c.has_vector,
            )
        )
        with self._scan("counting sequences") as connection:
            return int(connection.execute(query).scalar_one())

    def count_vectors(self, library_id: int) -> dict[str, int]:
        """Return the number of vectors that a search may expect, by ready organism."""
        query = (
            select(organisms.c.name, func.count())
            .select_from(sequences)
            .join(organisms, organisms.c.id == sequences.c.organism_id)
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(
                sequences.c.library_id == library_id,
                organisms.c.state == READY,
                loads.c.state == READY,
                sequences.c.has_vector,
            )
            .group_by(organisms.c.name)
        )
        with self._scan("counting sequences") as connection:
            return dict(connection.execute(query).all())

    def lengths(self, organism_id: int) -> dict[int, int]:
        """Return the number of ready sequences of an organism by their length in bases."""
        length = func.length(sequences.c.residues)
        query = (
            select(length, func.count())
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.organism_id == organism_id, loads.c.state == READY)
            .group_by(length)
            .order_by(length)
        )
        with self._scan("measuring sequences") as connection:
            return {bases: count for bases, count in connection.execute(query)}  # noqa: C416

    def ids_in_write_order(self, organism_id: int) -> list[int]:
        """Return the ids of all sequences of an organism in the order in which loads write them.

        Of vectors with the same score, a search finds the one that was written first: whoever
        writes them again keeps to this order, so that answers stay the same.
        """
        query = (
            select(sequences.c.id)
            .where(sequences.c.organism_id == organism_id)
            .order_by(sequences.c.load_id, sequences.c.id)
        )
        with self._scan("reading an organism") as connection:
            return list(connection.scalars(query))

    def sequences(self, organism_id: int, limit: int | None = None) -> list[SequenceRow]:
        """Return the ready sequences of an organism in load order, at most `limit` of them."""
        query = (
            select(
                sequences.c.id,
                sequences.c.position,
                sequences.c.family,
                sequences.c.name,
                sequences.c.residues,
                sequences.c.has_vector,
            )
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.organism_id == organism_id, loads.c.state == READY)
            .order_by(sequences.c.load_id, sequences.c.position)
            .limit(limit)
        )
        with self._scan("reading sequences") as connection:
            return [SequenceRow(*row) for row in connection.execute(query)]
