"""What the tables of the labels hold, a row at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.stores.sql.schema import PENDING


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A library and the encoder that it is bound to.

    Attributes
    ----------
    caller
        Fingerprint of its caller; empty where it has none.
    threshold
        Confidence from which on a query is called; the caller's own, if None.
    spare
        A collection that is being made for it, or that it has left.
    fitted_load
        The last load whose sequences its encoder was fitted on, where that is known.
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
    spare: str | None = None
    fitted_load: int | None = None

    @property
    def identity(self) -> "Identity":
        """What stays the same when it is called otherwise, and no other library has."""
        return self.id, self.created_at


Identity = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class OrganismRow:
    """An organism of a library: its sequences that are ready, by family number.

    Attributes
    ----------
    partition
        Where its vectors are in Milvus; its sequences have their ids by that name.
    """

    id: int
    name: str
    state: str
    families: dict[int, int]
    partition: str

    @property
    def count(self) -> int:
        """Number of its sequences."""
        return sum(self.families.values())


@dataclass(frozen=True, slots=True)
class LoadRow:
    """What a load brought to an organism.

    Attributes
    ----------
    source
        Where its sequences came from.
    date
        When, in UTC.
    by
        Who loaded them; empty where that is not known.
    count
        How many of its sequences there are.
    """

    source: str
    date: datetime
    by: str
    count: int


@dataclass(frozen=True, slots=True)
class Visibility:
    """What a search of a library may see at one moment.

    Attributes
    ----------
    partitions
        Milvus partitions of the ready organisms by their names, in the order they were added.
    load_states
        State of every load of the library by its id.
    """

    partitions: dict[str, str]
    load_states: dict[int, str]

    @property
    def pending(self) -> list[int]:
        """Ids of the loads whose vectors a search must leave out."""
        return [load_id for load_id, state in self.load_states.items() if state == PENDING]


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
