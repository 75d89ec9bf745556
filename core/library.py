"""Libraries: named reference sets, each an encoder, vectors and labels under one name."""

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders import Encoder, encoder_class
from core.errors import InputError, LibraryError, StoreError
from core.stores import Stores
from core.stores.labels import Label, LibraryRow, OrganismRow, SequenceRow
from core.stores.locks import writing
from core.stores.schema import PENDING, READY, REMOVING
from core.stores.vectors import Neighbours, VectorIndex

DEFAULT_LIBRARY = "default"

_log = logging.getLogger(__name__)
_ATTEMPTS = 3
_MAX_LIBRARY_NAME = 64
_PARTITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_RESERVED_PARTITION = "_default"


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour of a query.

    Attributes
    ----------
    score
        Inner product of the two vectors of length one: 1 is the same composition, 0 nothing shared.
    length
        Bases of the neighbour.
    """

    organism: str
    family: int
    name: str
    score: float
    length: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What :meth:`Libraries.reconcile` found and finished."""

    loads_undone: int
    removals_finished: int


class Library:
    """A library, opened to search; a light object, made anew for each piece of work."""

    def __init__(self, stores: Stores, row: LibraryRow, encoder: Encoder) -> None:
        self._stores = stores
        self._row = row
        self.name = row.name
        self.encoder = encoder
        self.fingerprint = row.fingerprint
        self.index = VectorIndex(**row.index)
        self.families = stores.labels.families(row.id)

    def organisms(self) -> list[OrganismRow]:
        """The organisms that are ready, with their counts, in the order they came."""
        return self._stores.labels.organisms(self._row.id)

    def sequences(self, organism: str, limit: int | None = None) -> list[SequenceRow]:
        """The first `limit` (or all) sequences of an organism, in the order they came."""
        rows = {row.name: row for row in self.organisms()}
        if organism not in rows:
            raise _no_organism(self.name, organism, list(rows))
        return self._stores.labels.sequences(rows[organism].id, limit)

    def search(
        self,
        sequences: Sequence[str],
        *,
        organisms: Sequence[str] | None = None,
        limit: int = 10,
    ) -> list[list[Hit]]:
        """The nearest neighbours of each sequence, best first.

        Parameters
        ----------
        sequences
            IUPAC DNA, upper case.
        organisms
            Where to look; everywhere, if None.
        limit
            Most neighbours a sequence.

        Returns
        -------
        list of list of Hit
            One list a sequence; empty where nothing of it was recognised.

        Raises
        ------
        InputError
            If an organism is not in the library.
        """
        vectors = self.encoder.encode(sequences)
        readable = np.flatnonzero(vectors.any(axis=1))
        hits: list[list[Hit]] = [[] for _ in sequences]
        for row, found in zip(
            readable, self._neighbours(vectors[readable], organisms, limit), strict=True
        ):
            hits[row] = found
        return hits

    def _neighbours(
        self, vectors: NDArray[np.float32], organisms: Sequence[str] | None, limit: int
    ) -> list[list[Hit]]:
        """Search and recall; again, if the library was written to in between."""
        if not len(vectors):
            return []
        for attempt in range(1, _ATTEMPTS + 1):
            visible = self._visible(organisms)
            partitions, pending = visible
            try:
                found = self._stores.vectors.search(
                    self._row.collection,
                    partitions,
                    vectors,
                    limit,
                    self.index,
                    without_loads=pending,
                )
            except StoreError:
                if attempt < _ATTEMPTS and self._visible(organisms) != visible:
                    continue
                raise
            ids = np.unique(found.ids[found.ids >= 0]).tolist()
            labels = self._stores.labels.recall(self._row.id, ids)
            if len(labels) == len(ids):
                break
        return _hits(found, labels)

    def _visible(self, organisms: Sequence[str] | None) -> tuple[list[str], list[int]]:
        """Names of the organisms to search, and the loads under way to leave out."""
        ready = self._stores.labels.organism_names(self._row.id)
        for organism in organisms or ():
            if organism not in ready:
                raise _no_organism(self.name, organism, ready)
        wanted = [name for name in ready if organisms is None or name in organisms]
        if not wanted:
            message = f"The library {self.name!r} is empty."
            raise LibraryError(message, "Load an organism first.")
        return wanted, self._stores.labels.pending_loads(self._row.id)


class Libraries:
    """All libraries in a pair of stores; safe to share between threads."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._encoders: dict[str, Encoder] = {}

    def names(self) -> list[str]:
        """Names of all libraries, in alphabetical order."""
        return self.stores.labels.library_names()

    def open(self, name: str = DEFAULT_LIBRARY) -> Library:
        """The library of that name.

        Raises
        ------
        LibraryError
            If there is none, or its collection in Milvus was made by another encoder.
        """
        row = self.stores.labels.library(name)
        if row is None:
            message = f"There is no library {name!r}."
            raise LibraryError(message, "Load an organism into it first.")
        self.require_own_collection(row)
        return Library(self.stores, row, self.encoder(row))

    def remove_organism(self, name: str, organism: str, *, timeout: float = 60.0) -> int:
        """Remove an organism with all its sequences; returns how many there were.

        Raises
        ------
        LibraryError, InputError
            If there is no such library, or no such organism in it.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        library = self.open(name)
        with writing(self.stores.database.engine, name, timeout):
            row = self._row(name)
            self.finish_interrupted(row)
            found = {known.name: known for known in library.organisms()}
            if organism not in found:
                raise _no_organism(name, organism, list(found))
            self._remove(row, found[organism])
            self._remove_if_empty(row)
        return found[organism].count

    def reconcile(self, name: str, *, timeout: float = 60.0) -> Reconciled:
        """Undo loads and finish removals that a crash interrupted.

        Raises
        ------
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        with writing(self.stores.database.engine, name, timeout):
            row = self._row(name)
            reconciled = self.finish_interrupted(row)
            self._remove_if_empty(row)
        return reconciled

    # For writers, who hold the library's lock

    def require_own_collection(self, row: LibraryRow) -> None:
        """Check that the library's collection in Milvus was made by its encoder.

        Raises
        ------
        LibraryError
            If it is missing or another encoder's.
        """
        about = self.stores.vectors.about(row.collection)
        if about is None:
            message = f"The vectors of the library {row.name!r} are missing from the vector store."
            hint = "Check GENEKIN_MILVUS_URI and GENEKIN_DATABASE_URL: they belong together."
            raise LibraryError(message, hint)
        if not about.endswith(row.fingerprint):
            message = (
                f"The vectors of the library {row.name!r} were made by another encoder than the"
                f" one it remembers ({row.encoder})."
            )
            hint = "Check GENEKIN_MILVUS_URI and GENEKIN_DATABASE_URL, or use another library name."
            raise LibraryError(message, hint)

    def finish_interrupted(self, row: LibraryRow) -> Reconciled:
        """Undo what is pending and finish what is removing: whoever did it is dead."""
        pending = self.stores.labels.pending_loads(row.id)
        for load_id in pending:
            self.undo_load(row, load_id)
        removing = self.stores.labels.organisms(row.id, REMOVING)
        for organism in removing:
            self._remove(row, organism)
        return Reconciled(len(pending), len(removing))

    def undo_load(self, row: LibraryRow, load_id: int) -> None:
        """Take a pending load's vectors out of Milvus, then its rows out of the tables."""
        labels, vectors = self.stores.labels, self.stores.vectors
        if vectors.about(row.collection) is not None:
            vectors.delete(row.collection, labels.load_ids_with_vectors(load_id))
            for organism in labels.organisms(row.id, PENDING):
                vectors.drop_partition(row.collection, organism.name)
        labels.undo_load(row.id, load_id)
        _log.info("load %d of the library %s was undone", load_id, row.name)
        self._remove_if_empty(row)

    def _remove(self, row: LibraryRow, organism: OrganismRow) -> None:
        self.stores.labels.mark_removing(organism.id)
        if self.stores.vectors.about(row.collection) is not None:
            self.stores.vectors.drop_partition(row.collection, organism.name)
        self.stores.labels.remove_organism(organism.id)

    def _remove_if_empty(self, row: LibraryRow) -> None:
        """A library without organisms has nothing that its encoder was fitted on."""
        if not self.stores.labels.organisms(row.id, PENDING, READY, REMOVING):
            self.stores.vectors.drop(row.collection)
            self.stores.labels.remove_library(row.id)

    def _row(self, name: str) -> LibraryRow:
        row = self.stores.labels.library(name)
        if row is None:
            message = f"There is no library {name!r}."
            raise LibraryError(message, "Load an organism into it first.")
        return row

    def encoder(self, row: LibraryRow) -> Encoder:
        """The library's encoder, read once a process."""
        if row.fingerprint not in self._encoders:
            state = self.stores.labels.encoder_state(row.id)
            self._encoders[row.fingerprint] = encoder_class(row.encoder).from_state(state)
        return self._encoders[row.fingerprint]


def check_library_name(name: str) -> None:
    """Check that a library can be called so.

    Raises
    ------
    InputError
        If the name is empty, too long, or has characters that do not print.
    """
    if not name.strip() or len(name) > _MAX_LIBRARY_NAME or not name.isprintable():
        message = f"{name[:_MAX_LIBRARY_NAME]!r} cannot name a library."
        raise InputError(message, f"Give it 1 to {_MAX_LIBRARY_NAME} printable characters.")


def check_organism_name(name: str) -> None:
    """Check that an organism can be called so: its name is that of a Milvus partition.

    Raises
    ------
    InputError
        If it cannot.
    """
    if not _PARTITION_NAME.fullmatch(name) or name == _RESERVED_PARTITION:
        message = f"{name[:80]!r} cannot name an organism."
        hint = "Use letters, digits and underscores, not beginning with a digit: Homo_sapiens."
        raise InputError(message, hint)


def collection_name(library: str) -> str:
    """The Milvus collection of a library: readable, unique, and a name that Milvus takes.

    >>> collection_name("my lab")
    'genekin_my_lab_3d5a3d02'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "_", library)
    return f"genekin_{readable}_{hashlib.sha256(library.encode()).hexdigest()[:8]}"


def index_settings(index: VectorIndex) -> Mapping[str, object]:
    """An index as its library's row keeps it."""
    return asdict(index)


def _no_organism(library: str, organism: str, known: Sequence[str]) -> InputError:
    message = f"There is no organism {organism[:80]!r} in the library {library!r}."
    return InputError(message, f"It has: {', '.join(known) or 'none yet'}.")


def _hits(found: Neighbours, labels: Mapping[int, Label]) -> list[list[Hit]]:
    hits = []
    for ids, scores in zip(found.ids.tolist(), found.scores.tolist(), strict=True):
        pairs = ((labels.get(number), score) for number, score in zip(ids, scores, strict=True))
        hits.append(
            [
                Hit(label.organism, label.family, label.name, score, label.length)
                for label, score in pairs
                if label is not None
            ]
        )
    return hits
