"""All libraries of a deployment: opened, changed, removed, and mended after a crash."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.classification.model import FamilyModel
from core.classification.training import train_model
from core.encoders import Encoder, TranslatedEncoder, encoder_class, state_digest
from core.errors import InputError, LibraryError
from core.library.candidates import CandidateCache
from core.library.library import Library, check_threshold, no_organism
from core.library.naming import check_library_name
from core.stores import Stores
from core.stores.locks import writing
from core.stores.sql import Identity, LibraryRow, OrganismRow
from core.stores.sql.schema import PENDING, READY, REMOVING

DEFAULT_LIBRARY = "default"

_CACHE_BYTES = 256_000_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What :meth:`Libraries.reconcile` found and finished."""

    loads_undone: int
    removals_finished: int
    collections_dropped: int = 0


def train_library_model(
    encoder: TranslatedEncoder,
    labelled: Sequence[tuple[str, int]],
    progress: Callable[[int, int], None],
) -> FamilyModel:
    """A caller, fitted on sequences and their families."""
    families = dict(labelled)  # A sequence that two organisms share is one witness, not two.
    return train_model(encoder, list(families), list(families.values()), progress=progress)


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
        self._callers: dict[str, FamilyModel] = {}
        self._relatives = CandidateCache(cache_bytes)

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
        row = self.row(name)
        while True:
            try:
                self.require_own_collection(row)
                encoder, caller = self.encoder(row), self._caller(row)
            except LibraryError:
                before, row = row, self.row(name)
                if row == before:
                    raise
            else:  # Nothing was exchanged between one look and the other.
                return Library(
                    self.stores, row, encoder, caller, self._relatives, open_again=self.open
                )

    def name_of(self, identity: Identity) -> str:
        """What a library is called now, whatever it was called when it was looked at.

        Raises
        ------
        LibraryError
            If it is there no more.
        """
        name = self.stores.labels.library_name(identity)
        if name is None:
            message = "The library that was meant has been removed meanwhile."
            raise LibraryError(message, "Nothing was changed. Choose another library.")
        return name

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
            row = self.row(name)
            self.finish_interrupted(row)
            found = {known.name: known for known in library.organisms()}
            if organism not in found:
                raise no_organism(name, organism, list(found))
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
        if new_name == name:
            raise InputError(f"The library {name!r} is called so already.", "Choose another name.")
        engine = self.stores.database.engine
        with writing(engine, name, timeout), writing(engine, new_name, timeout):
            row = self.row(name)
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
            row = self.row(name)
            self.finish_interrupted(row)
            organisms = self.stores.labels.organisms(row.id)
            for organism in organisms:
                self._remove(row, organism)
            self._remove_if_empty(row)
        return sum(organism.count for organism in organisms)

    def reconcile(self, name: str, *, timeout: float = 60.0) -> RecoveryReport:
        """Undo loads and finish removals that a crash interrupted.

        Raises
        ------
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        with writing(self.stores.database.engine, name, timeout):
            row = self.row(name)
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
            row = self.row(name)
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
            self.train_model(row, library.encoder, labelled)
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
        self.stores.labels.set_threshold(self.row(name).id, threshold)

    # For writers, who hold the library's lock

    def train_model(
        self,
        row: LibraryRow,
        encoder: TranslatedEncoder,
        labelled: Sequence[tuple[str, int]],
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """Fit a caller on sequences and their families, and keep it with the library."""
        state = train_library_model(encoder, labelled, progress).state()
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

    def finish_interrupted(self, row: LibraryRow) -> RecoveryReport:
        """Undo what is pending, finish what is removing, drop what is spare: its writer is dead.

        A library that has no organisms then goes too, whether or not it got its collection.
        """
        pending = self.stores.labels.pending_loads(row.id)
        for load_id in pending:
            self._undo_load(row, load_id)
        removing = self.stores.labels.organisms(row.id, REMOVING)
        for organism in removing:
            self._remove(row, organism)
        if row.spare:
            self.stores.vectors.drop(row.spare)
            self.stores.labels.set_spare(row.id, None)
        self._remove_if_empty(row)
        return RecoveryReport(len(pending), len(removing), int(row.spare is not None))

    def _undo_load(self, row: LibraryRow, load_id: int) -> None:
        """Take a pending load's vectors out of Milvus, then its rows out of the tables."""
        labels, vectors = self.stores.labels, self.stores.vectors
        if vectors.about(row.collection) is not None:
            vectors.delete(row.collection, labels.load_ids_with_vectors(load_id))
            for organism in labels.organisms(row.id, PENDING):
                vectors.drop_partition(row.collection, organism.partition)
        labels.undo_load(row.id, load_id)
        _log.info("load %d of the library %s was undone", load_id, row.name)

    def _remove(self, row: LibraryRow, organism: OrganismRow) -> None:
        self.stores.labels.mark_removing(organism.id)
        if self.stores.vectors.about(row.collection) is not None:
            self.stores.vectors.drop_partition(row.collection, organism.partition)
        self.stores.labels.remove_organism(organism.id)

    def _remove_if_empty(self, row: LibraryRow) -> None:
        """A library without organisms has nothing that its encoder was fitted on."""
        if not self.stores.labels.organisms(row.id, PENDING, READY, REMOVING):
            self.stores.vectors.drop(row.collection)
            self.stores.labels.remove_library(row.id)

    def row(self, name: str) -> LibraryRow:
        """What the tables say of the library of that name.

        Raises
        ------
        LibraryError
            If there is none.
        """
        row = self.stores.labels.library(name)
        if row is None:
            message = f"There is no library {name!r}."
            raise LibraryError(message, "Load an organism into it first.")
        return row

    def encoder(self, row: LibraryRow) -> Encoder:
        """The library's encoder, read once a process."""
        if row.fingerprint not in self._encoders:
            state = self.stores.labels.encoder_state(row.id)
            _require_digest(row, state_digest(row.encoder, state), row.fingerprint)
            self._encoders[row.fingerprint] = encoder_class(row.encoder).from_state(state)
        return self._encoders[row.fingerprint]

    def _caller(self, row: LibraryRow) -> FamilyModel | None:
        if not row.caller:
            return None
        if row.caller not in self._callers:
            state = self.stores.labels.caller_state(row.id)
            _require_digest(row, state_digest("caller", state), row.caller)
            self._callers[row.caller] = FamilyModel.from_state(state)
        return self._callers[row.caller]


def _require_digest(row: LibraryRow, found: str, expected: str) -> None:
    if found != expected:
        message = f"What the library {row.name!r} has learned is not what the database says it is."
        raise LibraryError(message, "Restore the database, or load the library again.")
