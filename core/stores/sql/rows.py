"""Rows of the tables of libraries and their sequences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.stores.sql.schema import PENDING


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """A library and the encoder that it is bound to.

    Attributes
    ----------
    index
        As the database has it; :func:`core.library.stored_state.read_index` checks it.
    caller
        Fingerprint of its trained classification model; empty where it has none.
    threshold
        Minimum confidence for a call; None: that of the model.
    spare
        A collection under construction, or one to be dropped.
    fitted_load
        The last load in the training set of the encoder, where that is known.
    owner
        The user who created it; empty: nobody.
    access
        Who may use it, a value of :class:`core.access.LibraryAccess`.
    profiles
        Digest of its profile HMMs and of what was learned about them; empty where it has none.
    """

    id: int
    name: str
    collection: str
    encoder: str
    fingerprint: str
    index: Any
    created_at: datetime
    caller: str = ""
    threshold: float | None = None
    spare: str | None = None
    fitted_load: int | None = None
    owner: str = ""
    access: str = "lab"
    profiles: str = ""

    @property
    def identity(self) -> "Identity":
        """Identity of the library: unique, and kept when the library is renamed."""
        return self.id, self.created_at


Identity = tuple[int, datetime]
"""Id and creation time (UTC) of a library: SQLite assigns ids of deleted rows again."""


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A profile HMM of a library.

    Attributes
    ----------
    family
        Class number of the family that a user gave to it; None if that is to be learned.
    source
        Name of its file.
    added_at, by
        When (UTC), and by which user.
    data
        The text of its file, compressed by zlib.
    """

    name: str
    accession: str
    description: str
    length: int
    family: int | None
    source: str
    added_at: datetime
    by: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OrganismRow:
    """An organism of a library.

    Attributes
    ----------
    families
        Number of its ready sequences by family number.
    partition
        Its partition in Milvus, which is also part of the ids of its sequences.
    """

    id: int
    name: str
    state: str
    families: dict[int, int]
    partition: str

    @property
    def count(self) -> int:
        """Number of its ready sequences."""
        return sum(self.families.values())


@dataclass(frozen=True, slots=True)
class LoadRow:
    """The part of a load that belongs to one organism.

    Attributes
    ----------
    source
        Origin of its sequences, such as a file name.
    date
        Start of the load, in UTC.
    by
        The user who loaded them; empty where that is not known.
    count
        Number of its sequences in the organism.
    """

    source: str
    date: datetime
    by: str
    count: int


@dataclass(frozen=True, slots=True)
class Visibility:
    """The part of a library that searches may see, at one moment.

    Attributes
    ----------
    partitions
        Milvus partitions of the ready organisms by their names, in the order they were added.
    load_states
        State of every load of the library by its id.
    loaded_at
        Start of every load (UTC) by its id; the two together are unique, since SQLite reuses ids
        and MySQL truncates times to seconds.
    """

    partitions: dict[str, str]
    load_states: dict[int, str]
    loaded_at: dict[int, datetime]

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
    """The description of a hit: organism, family number, name, and length in bases."""

    organism: str
    family: int
    name: str
    length: int
