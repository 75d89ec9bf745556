"""Sequences in the tables, to be read."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Column, func, select

from core.stores.sql.rows import Label, SequenceRow
from core.stores.sql.schema import READY, loads, organisms, sequences
from core.stores.sql.tables import Tables, chunks

_Value = TypeVar("_Value")


class SequenceLabels(Tables):
    """What is known of sequences, by their ids or their organism."""

    def known_families(self, library_id: int, ids: Sequence[int]) -> dict[int, int]:
        """The family of each of these sequences that is there, ready or not."""
        return self._of_sequences(library_id, ids, sequences.c.family)

    def count_with_vectors(self, library_id: int, organism: str) -> int:
        """Number of an organism's sequences that have a vector, ready or not."""
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
        with self._reading("counting sequences") as connection:
            return int(connection.execute(query).scalar_one())

    def recall(self, library_id: int, ids: Sequence[int]) -> dict[int, Label]:
        """The labels of these sequences, of those whose load and organism are ready."""
        found: dict[int, Label] = {}
        with self._reading("recalling labels") as connection:
            for some in chunks(ids):
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
                        sequences.c.id.in_(some),
                        organisms.c.state == READY,
                        loads.c.state == READY,
                    )
                )
                found.update({row[0]: Label(*row[1:]) for row in connection.execute(query)})
        return found

    def residues(self, library_id: int, ids: Sequence[int]) -> dict[int, str]:
        """The residues of these sequences, ready or not."""
        return self._of_sequences(library_id, ids, sequences.c.residues)

    def _of_sequences(
        self, library_id: int, ids: Sequence[int], column: Column[_Value]
    ) -> dict[int, _Value]:
        """A column of these sequences, by id, ready or not."""
        found: dict[int, _Value] = {}
        with self._reading("reading sequences") as connection:
            for some in chunks(sorted(ids)):  # In the order of the table: each page is read once.
                query = select(sequences.c.id, column).where(
                    sequences.c.library_id == library_id, sequences.c.id.in_(some)
                )
                found.update((number, value) for number, value in connection.execute(query))
        return found

    def lengths(self, organism_id: int) -> dict[int, int]:
        """How many ready sequences of an organism have each length in bases."""
        length = func.length(sequences.c.residues)
        query = (
            select(length, func.count())
            .join(loads, loads.c.id == sequences.c.load_id)
            .where(sequences.c.organism_id == organism_id, loads.c.state == READY)
            .group_by(length)
            .order_by(length)
        )
        with self._reading("measuring sequences") as connection:
            return {bases: count for bases, count in connection.execute(query)}  # noqa: C416

    def sequences(self, organism_id: int, limit: int | None = None) -> list[SequenceRow]:
        """The first `limit` (or all) ready sequences of an organism, in the order they came."""
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
        with self._reading("reading sequences") as connection:
            return [SequenceRow(*row) for row in connection.execute(query)]
