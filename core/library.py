"""Libraries: named reference sets, each an encoder, vectors and labels under one name."""

import hashlib
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, count

import numpy as np

from core.arrays import Vectors, recognised
from core.calling.caller import Caller, Relative
from core.calling.fitting import fit_caller
from core.encoders import Encoder, TranslatedEncoder, encoder_class, state_digest
from core.errors import InputError, LibraryError, StoreError
from core.hits import Hit
from core.relatives import RelativeCache
from core.stores import Stores
from core.stores.labels import Label, LibraryRow, OrganismRow, SequenceRow
from core.stores.locks import writing
from core.stores.schema import PENDING, READY, REMOVING
from core.stores.vectors import Neighbours, VectorIndex

DEFAULT_LIBRARY = "default"

_log = logging.getLogger(__name__)
_ATTEMPTS = 3
_CACHE_BYTES = 256_000_000
_MAX_LIBRARY_NAME = 64
_PARTITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_RESERVED_PARTITION = "_default"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What :meth:`Libraries.reconcile` found and finished."""

    loads_undone: int
    removals_finished: int


class Library:
    """A library, opened to search; a light object, made anew for each piece of work."""

    def __init__(
        self,
        stores: Stores,
        row: LibraryRow,
        encoder: Encoder,
        caller: Caller | None,
        relatives: RelativeCache,
    ) -> None:
        self._stores = stores
        self._row = row
        self._relatives = relatives
        self.caller = caller
        self.name = row.name
        self.encoder = encoder
        self.fingerprint = row.fingerprint
        self.index = VectorIndex(**row.index)
        self.families = stores.labels.families(row.id)

    @property
    def threshold(self) -> float:
        """Confidence from which on a query is called."""
        if self._row.threshold is not None:
            return self._row.threshold
        return self.caller.threshold if self.caller else 0.0

    def relatives(self, hits: Sequence[Hit]) -> list[Relative]:
        """What deciding needs of each hit; a sequence removed meanwhile shares nothing."""
        return self._relatives.of(self._stores.labels, self._row, self.encoder, hits)

    def organisms(self) -> list[OrganismRow]:
        """The organisms that are ready, with their counts, in the order they came."""
        return self._stores.labels.organisms(self._row.id)

    def organism_names(self) -> list[str]:
        """Names of the organisms that are ready, in the order they came."""
        return self._stores.labels.organism_names(self._row.id)

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
        vectors = self.encoder.encode_queries(sequences)
        return self.search_vectors(vectors, organisms=organisms, limit=limit)

    def search_vectors(
        self, vectors: Vectors, *, organisms: Sequence[str] | None = None, limit: int = 10
    ) -> list[list[Hit]]:
        """As :meth:`search`, from the vectors of queries."""
        readable = np.flatnonzero(recognised(vectors))
        hits: list[list[Hit]] = [[] for _ in range(vectors.shape[0])]
        for row, found in zip(
            readable, self._neighbours(vectors[readable], organisms, limit), strict=True
        ):
            hits[row] = found
        return hits

    def _neighbours(
        self, vectors: Vectors, organisms: Sequence[str] | None, limit: int
    ) -> list[list[Hit]]:
        """Search and recall; again, if the library was written to in between."""
        if not vectors.shape[0]:
            self._visible(organisms)  # What is asked for must be there all the same.
            return []
        for attempt in range(1, _ATTEMPTS + 1):
            visible = self._visible(organisms)
            partitions, loads = visible
            pending = [number for number, state in loads.items() if state == PENDING]
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
            if len(labels) == len(ids) and self._visible(organisms) == visible:
                break
        return _hits(found, labels)

    def _visible(self, organisms: Sequence[str] | None) -> tuple[list[str], dict[int, str]]:
        """Names of the organisms to search, and the state of every load."""
        ready = self._stores.labels.organism_names(self._row.id)
        for organism in organisms or ():
            if organism not in ready:
                raise _no_organism(self.name, organism, ready)
        wanted = [name for name in ready if organisms is None or name in organisms]
        if not wanted:
            message = f"The library {self.name!r} is empty."
            raise LibraryError(message, "Load an organism first.")
        return wanted, self._stores.labels.load_states(self._row.id)


class Libraries:
    """All libraries in a pair of stores; safe to share between threads.

    Parameters
    ----------
    cache_bytes
        Most memory for what was read of candidates.
    """

    def __init__(self, stores: Stores, cache_bytes: int = _CACHE_BYTES) -> None:
        self.stores = stores
        self._encoders: dict[str, Encoder] = {}
        self._callers: dict[str, Caller] = {}
        self._relatives = RelativeCache(cache_bytes)

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
        return Library(self.stores, row, self.encoder(row), self._caller(row), self._relatives)

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

    def rename(self, name: str, new_name: str, *, timeout: float = 60.0) -> None:
        """Call a library by another name.

        Raises
        ------
        InputError
            If it cannot be called so, or another library is.
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        check_library_name(new_name)
        engine = self.stores.database.engine
        with writing(engine, name, timeout), writing(engine, new_name, timeout):
            row = self._row(name)
            if self.stores.labels.library(new_name) is not None:
                message = f"There is a library {new_name!r} already."
                raise InputError(message, "Choose another name.")
            self.stores.labels.rename_library(row.id, new_name)

    def delete(self, name: str, *, timeout: float = 60.0) -> int:
        """Remove a library with all its organisms; returns how many sequences there were.

        Raises
        ------
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        with writing(self.stores.database.engine, name, timeout):
            row = self._row(name)
            self.finish_interrupted(row)
            organisms = self.stores.labels.organisms(row.id)
            for organism in organisms:
                self._remove(row, organism)
            self._remove_if_empty(row)
        return sum(organism.count for organism in organisms)

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
            return self.finish_interrupted(row)

    def calibrate(self, name: str, *, timeout: float = 60.0) -> Library:
        """Fit the library's caller again, on all that it has now; its threshold too.

        Raises
        ------
        LibraryError
            If there is no such library, or its encoder has no caller.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        with writing(self.stores.database.engine, name, timeout):
            row = self._row(name)
            self.finish_interrupted(row)
            library = self.open(name)
            if not isinstance(library.encoder, TranslatedEncoder):
                message = f"The library {name!r} has the encoder {row.encoder}."
                raise LibraryError(message, "Only the encoder translated is calibrated.")
            labelled = [
                (sequence.residues, sequence.family)
                for organism in library.organisms()
                for sequence in library.sequences(organism.name)
            ]
            self.fit_caller(row, library.encoder, labelled)
            self.stores.labels.set_threshold(row.id, None)
        return self.open(name)

    def set_threshold(self, name: str, threshold: float) -> None:
        """Choose the confidence, 0 to 1, from which on a query of this library is called.

        Raises
        ------
        InputError
            If it is not between 0 and 1.
        LibraryError
            If there is no such library.
        """
        check_threshold(threshold)
        self.stores.labels.set_threshold(self._row(name).id, threshold)

    # For writers, who hold the library's lock

    def fit_caller(
        self,
        row: LibraryRow,
        encoder: TranslatedEncoder,
        labelled: Sequence[tuple[str, int]],
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """Fit a caller on sequences and their families, and keep it with the library."""
        families = dict(labelled)  # A sequence that two organisms share is one witness, not two.
        caller = fit_caller(encoder, list(families), list(families.values()), progress=progress)
        state = caller.state()
        self.stores.labels.save_caller(row.id, state_digest("caller", state), state)

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
        """Undo what is pending and finish what is removing: whoever did it is dead.

        A library that has no organisms then goes too, whether or not it got its collection.
        """
        pending = self.stores.labels.pending_loads(row.id)
        for load_id in pending:
            self._undo_load(row, load_id)
        removing = self.stores.labels.organisms(row.id, REMOVING)
        for organism in removing:
            self._remove(row, organism)
        self._remove_if_empty(row)
        return Reconciled(len(pending), len(removing))

    def _undo_load(self, row: LibraryRow, load_id: int) -> None:
        """Take a pending load's vectors out of Milvus, then its rows out of the tables."""
        labels, vectors = self.stores.labels, self.stores.vectors
        if vectors.about(row.collection) is not None:
            vectors.delete(row.collection, labels.load_ids_with_vectors(load_id))
            for organism in labels.organisms(row.id, PENDING):
                vectors.drop_partition(row.collection, organism.name)
        labels.undo_load(row.id, load_id)
        _log.info("load %d of the library %s was undone", load_id, row.name)

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

    def _caller(self, row: LibraryRow) -> Caller | None:
        if not row.caller:
            return None
        if row.caller not in self._callers:
            self._callers[row.caller] = Caller.from_state(self.stores.labels.caller_state(row.id))
        return self._callers[row.caller]


def check_library_name(name: str) -> None:
    """Check that a library can be called so.

    Raises
    ------
    InputError
        If the name is empty, too long, has characters that do not print, or has spaces around it
        (MySQL takes "a" and "a " for one name).
    """
    if not 0 < len(name) <= _MAX_LIBRARY_NAME or name != name.strip() or not name.isprintable():
        message = f"{name[:_MAX_LIBRARY_NAME]!r} cannot name a library."
        hint = f"Give it 1 to {_MAX_LIBRARY_NAME} printable characters, without spaces around them."
        raise InputError(message, hint)


def check_threshold(threshold: float) -> None:
    """Check that a confidence can be a threshold.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0 <= threshold <= 1:  # Not a number fails too.
        message = f"{threshold} cannot be a threshold."
        raise InputError(message, "A confidence lies between 0 and 1.")


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
    """The Milvus collection of a new library: readable, and a name that Milvus takes.

    >>> collection_name("my lab")
    'genekin_my_lab_e283ee3c'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "_", library)
    return f"genekin_{readable}_{hashlib.sha256(library.encode()).hexdigest()[:8]}"


def free_collection_name(library: str, taken: Collection[str]) -> str:
    """A collection name for a new library; a renamed one may have its first."""
    candidates = (collection_name(f"{library} {number}") for number in count(2))
    return next(name for name in chain([collection_name(library)], candidates) if name not in taken)


def index_settings(index: VectorIndex) -> Mapping[str, object]:
    """An index as its library's row keeps it."""
    return asdict(index)


def _no_organism(library: str, organism: str, known: Sequence[str]) -> InputError:
    message = f"There is no organism {organism[:80]!r} in the library {library!r}."
    return InputError(message, f"It has: {', '.join(known) or 'none yet'}.")


def _hits(found: Neighbours, labels: Mapping[int, Label]) -> list[list[Hit]]:
    hits = []
    for ids, scores in zip(found.ids.tolist(), found.scores.tolist(), strict=True):
        rows = (
            (number, labels.get(number), score) for number, score in zip(ids, scores, strict=True)
        )
        hits.append(
            [
                Hit(number, label.organism, label.family, label.name, score, label.length)
                for number, label, score in rows
                if label is not None
            ]
        )
    return hits
