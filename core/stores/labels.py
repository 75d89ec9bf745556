"""The labels: libraries, families, organisms and sequences, in MySQL or SQLite."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, CursorResult, Table, delete, func, insert, select, update

from core.arrays import Arrays
from core.errors import StoreError
from core.stores.database import Database
from core.stores.schema import (
    PENDING,
    READY,
    REMOVING,
    caller_arrays,
    encoder_arrays,
    families,
    libraries,
    loads,
    organisms,
    sequences,
)

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")

_ROWS = 1_000
"""Rows in one statement: well under SQLite's limit of variables and MySQL's of bytes."""
_PART_BYTES = 4_000_000
"""Bytes of an array in one row, under MySQL's default max_allowed_packet."""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A library and the encoder that it is bound to.

    Attributes
    ----------
    caller
        Fingerprint of its caller; empty where it has none.
    threshold
        Confidence from which on a query is called; the caller's own, if None.
    """

    id: int
    name: str
    collection: str
    encoder: str
    fingerprint: str
    index: dict[str, Any]
    created_at: datetime
    caller: str = ""
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class OrganismRow:
    """An organism of a library: its sequences that are ready, by family number."""

    id: int
    name: str
    state: str
    families: dict[int, int]

    @property
    def count(self) -> int:
        """Number of its sequences."""
        return sum(self.families.values())


@dataclass(frozen=True, slots=True)
class SequenceRow:
    """A sequence of an organism."""

    id: int
    position: int
    family: int
    name: str
    residues: str
    has_vector: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What is recalled of a hit."""

    organism: str
    family: int
    name: str
    length: int


class LabelStore:
    """What the tables say; every method may raise :class:`~core.errors.StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = database.reading
        self._writing = database.writing

    # Libraries

    def library_names(self) -> list[str]:
        """Names of all libraries, in alphabetical order."""
        with self._reading("listing the libraries") as connection:
            return list(connection.scalars(select(libraries.c.name).order_by(libraries.c.name)))

    def library(self, name: str) -> LibraryRow | None:
        """The library of that name, or None."""
        with self._reading("looking up the library") as connection:
            row = connection.execute(select(libraries).where(libraries.c.name == name)).first()
        return LibraryRow(*row) if row else None

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
        row = LibraryRow(0, name, collection, encoder, fingerprint, dict(index), _now())
        values = asdict(row)
        del values["id"]
        with self._writing("adding the library") as connection:
            library_id = _inserted_id(connection.execute(insert(libraries).values(values)))
            _save_arrays(connection, encoder_arrays, library_id, state)
        return replace(row, id=library_id)

    def rename_library(self, library_id: int, name: str) -> None:
        """Call a library by another name, that none has yet."""
        with self._writing("renaming the library") as connection:
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(name=name))

    def collections(self) -> set[str]:
        """Names of the Milvus collections of all libraries."""
        with self._reading("listing the libraries") as connection:
            return set(connection.scalars(select(libraries.c.collection)))

    def remove_library(self, library_id: int) -> None:
        """Remove a library that has no organisms left."""
        with self._writing("removing the library") as connection:
            for table in (encoder_arrays, caller_arrays, families, loads):
                connection.execute(delete(table).where(table.c.library_id == library_id))
            connection.execute(delete(libraries).where(libraries.c.id == library_id))

    def encoder_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """The arrays given to :meth:`add_library`."""
        with self._reading("reading the encoder") as connection:
            return _read_arrays(connection, encoder_arrays, library_id)

    def save_caller(self, library_id: int, fingerprint: str, state: Arrays) -> None:
        """Give a library a caller, in the place of the one it had."""
        with self._writing("keeping the caller") as connection:
            connection.execute(
                delete(caller_arrays).where(caller_arrays.c.library_id == library_id)
            )
            _save_arrays(connection, caller_arrays, library_id, state)
            of_library = libraries.c.id == library_id
            connection.execute(update(libraries).where(of_library).values(caller=fingerprint))

    def caller_state(self, library_id: int) -> dict[str, NDArray[Any]]:
        """The arrays given to :meth:`save_caller`."""
        with self._reading("reading the caller") as connection:
            return _read_arrays(connection, caller_arrays, library_id)

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

    def name_families(self, library_id: int, names: Mapping[int, str]) -> None:
        """Name families by class number; the others keep their names."""
        with self._writing("naming families") as connection:
            _name_families(connection, library_id, names)

    # Loads

    def begin_load(self, library_id: int, source: str, organism_names: Iterable[str]) -> int:
        """Open a load: pending, its new organisms pending too. Returns its id."""
        with self._writing("beginning a load") as connection:
            result = connection.execute(
                insert(loads).values(
                    library_id=library_id, state=PENDING, source=source, started_at=_now()
                )
            )
            known = set(
                connection.scalars(
                    select(organisms.c.name).where(organisms.c.library_id == library_id)
                )
            )
            for name in organism_names:
                if name not in known:
                    values = {"library_id": library_id, "name": name, "state": PENDING}
                    connection.execute(insert(organisms).values(values))
            return _inserted_id(result)

    def add_sequences(
        self, library_id: int, organism: str, load_id: int, rows: Sequence[SequenceRow]
    ) -> None:
        """Add sequences to a pending load; none of them may be in the organism yet."""
        with self._writing("adding sequences") as connection:
            organism_id = _organism_id(connection, library_id, organism)
            for some in _chunks(rows):
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

    def finish_load(self, library_id: int, load_id: int, family_names: Mapping[int, str]) -> None:
        """Make a load and its new organisms ready, and name families, in one transaction."""
        with self._writing("finishing a load") as connection:
            pending = (loads.c.id == load_id) & (loads.c.state == PENDING)
            if not connection.execute(update(loads).where(pending).values(state=READY)).rowcount:
                message = "Another writer undid this load while it was under way."
                raise StoreError(message, "Load it again.")
            mine = select(sequences.c.organism_id).where(sequences.c.load_id == load_id)
            connection.execute(
                update(organisms)
                .where(organisms.c.state == PENDING, organisms.c.id.in_(mine))
                .values(state=READY)
            )
            _name_families(connection, library_id, family_names)

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

    def load_ids_with_vectors(self, load_id: int) -> list[int]:
        """Ids of the sequences of a load that have, or were to have, a vector."""
        query = select(sequences.c.id).where(sequences.c.load_id == load_id, sequences.c.has_vector)
        with self._reading("reading a load") as connection:
            return list(connection.scalars(query))

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
                select(organisms.c.id, organisms.c.name, organisms.c.state)
                .where(of_library)
                .order_by(organisms.c.id)
            ).all()
            for organism_id, family, count in connection.execute(query):
                counts.setdefault(organism_id, {})[family] = count
        return [
            OrganismRow(number, name, state, counts.get(number, {}))
            for number, name, state in found
        ]

    def organism_names(self, library_id: int) -> list[str]:
        """Names of the ready organisms, in the order they came."""
        query = (
            select(organisms.c.name)
            .where(organisms.c.library_id == library_id, organisms.c.state == READY)
            .order_by(organisms.c.id)
        )
        with self._reading("listing the organisms") as connection:
            return list(connection.scalars(query))

    def mark_removing(self, organism_id: int) -> None:
        """Hide an organism from searches, for good."""
        with self._writing("removing an organism") as connection:
            connection.execute(
                update(organisms).where(organisms.c.id == organism_id).values(state=REMOVING)
            )

    def remove_organism(self, organism_id: int) -> None:
        """Remove an organism with its sequences, and the loads of which nothing is left."""
        with self._writing("removing an organism") as connection:
            connection.execute(delete(sequences).where(sequences.c.organism_id == organism_id))
            connection.execute(delete(organisms).where(organisms.c.id == organism_id))
            used = select(sequences.c.load_id)
            connection.execute(delete(loads).where(loads.c.state == READY, loads.c.id.not_in(used)))

    # Sequences

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
            for some in _chunks(ids):
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
            for some in _chunks(ids):
                query = select(sequences.c.id, column).where(
                    sequences.c.library_id == library_id, sequences.c.id.in_(some)
                )
                found.update((number, value) for number, value in connection.execute(query))
        return found

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


def _inserted_id(result: CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def _organism_id(connection: Connection, library_id: int, name: str) -> int:
    query = select(organisms.c.id).where(
        organisms.c.library_id == library_id, organisms.c.name == name
    )
    return int(connection.execute(query).scalar_one())


def _name_families(connection: Connection, library_id: int, names: Mapping[int, str]) -> None:
    connection.execute(
        delete(families).where(
            families.c.library_id == library_id, families.c.number.in_(list(names))
        )
    )
    for number, name in names.items():
        values = {"library_id": library_id, "number": number, "name": name}
        connection.execute(insert(families).values(values))


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _ROWS):
        yield items[start : start + _ROWS]


def _save_arrays(connection: Connection, table: Table, library_id: int, arrays: Arrays) -> None:
    for name, array in arrays.items():
        for part, data in enumerate(_array_parts(array)):
            row = {"library_id": library_id, "name": name, "part": part, "data": data}
            connection.execute(insert(table).values(row))


def _read_arrays(connection: Connection, table: Table, library_id: int) -> dict[str, NDArray[Any]]:
    query = (
        select(table.c.name, table.c.data)
        .where(table.c.library_id == library_id)
        .order_by(table.c.name, table.c.part)
    )
    parts: dict[str, list[bytes]] = {}
    for name, data in connection.execute(query):
        parts.setdefault(name, []).append(data)
    return {
        name: np.load(io.BytesIO(b"".join(pieces)), allow_pickle=False)
        for name, pieces in parts.items()
    }


def _array_parts(array: NDArray[Any]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    for start in range(0, len(data), _PART_BYTES):
        yield data[start : start + _PART_BYTES]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
