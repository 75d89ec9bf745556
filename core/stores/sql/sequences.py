"""Reading of sequences from the tables."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Column, func, select

from core.stores.sql.rows import Label, SequenceRow
from core.stores.sql.schema import READY, loads, organisms, sequences
from core.stores.sql.tables import Tables, chunks

_Value = TypeVar("_Value")


class SequenceLabels(Tables):
    """Sequences, by their ids or by organism."""

    def known_families(self, library_id: int, ids: Sequence[int]) -> dict[int, int]:
        """Return the families of those sequences that exist, ready or not, by id."""
        return self._values_by_id(library_id, ids, sequences.c.family)

    def residues(self, library_id: int, ids: Sequence[int]) -> dict[int, str]:
        """Return the residues of those sequences that exist, ready or not, by id."""
        return self._values_by_id(library_id, ids, sequences.c.residues)

    def _values_by_id(
        self, library_id: int, ids: Sequence[int], column: Column[_Value]
    ) -> dict[int, _Value]:
        values: dict[int, _Value] = {}
        with self._connect("reading sequences") as connection:
            for chunk in chunks(sorted(ids)):  # In table order: every page is read once.
                query = select(sequences.c.id, column).where(
                    sequences.c.library_id == library_id, sequences.c.id.in_(chunk)
                )
                values.update(
                    (sequence_id, value) for sequence_id, value in connection.execute(query)
                )
        return values

    def labels_for(self, library_id: int, ids: Sequence[int]) -> dict[int, Label]:
        """Return the labels of those sequences whose load and organism are ready, by id."""
        labels: dict[int, Label] = {}
        with self._connect("reading labels") as connection:
            for chunk in chunks(ids):
                query = (
                    select(
                        sequences.c.id,
                        organisms.c.name,
                        sequences.c.family,
                        sequences.c.name,
                        func.length(sequences.c.residues),
                    )
                    .join(organisms, organisms.c.id == sequences.c.organism_id)
                    .join(loads, loads.c.id == sequences.c.load_id)
                    .where(
                        sequences.c.library_id == library_id,
                        sequences.c.id.in_(chunk),
                        organisms.c.state == READY,
                        loads.c.state == READY,
                    )
                )
                labels.update({row[0]: Label(*row[1:]) for row in connection.execute(query)})
        return labels

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
        with self._connect("counting sequences") as connection:
            return int(connection.execute(query).scalar_one())

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
        with self._connect("measuring sequences") as connection:
            return {bases: count for bases, count in connection.execute(query)}  # noqa: C416

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
        with self._connect("reading sequences") as connection:
            return [SequenceRow(*row) for row in connection.execute(query)]
