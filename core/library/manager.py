"""All libraries of a deployment: open, rename, delete, calibrate, and recover after a crash."""

import copy
import logging
from typing import Self

from core import defaults
from core.access import LOCAL_ACCESS, Access, Action, LibraryAccess
from core.access.rights import library_forbidden
from core.classification.model import FamilyModel
from core.classification.profile_evidence import ProfileModel
from core.encoders import Encoder
from core.errors import (
    ForbiddenError,
    InputError,
    LibraryError,
    StoreError,
    UnknownLibraryError,
)
from core.library.candidates import CandidateCache
from core.library.create import save_model, train_with_profiles
from core.library.integrity import check_vectors, reconcile_hint
from core.library.library import Library, check_threshold
from core.library.naming import check_library_name
from core.library.recovery import RecoveryReport, recover, remove_if_empty, remove_organism
from core.library.snapshot import LibrarySnapshot, OrganismCache, unknown_organism_error
from core.library.stored_state import read_encoder, read_index, read_model, read_profiles
from core.stores.locks import write_lock
from core.stores.sql import Identity, LibraryRow
from core.stores.sql.audit import AuditTable
from core.stores.stores import Stores

_log = logging.getLogger(__name__)

_CACHE_BYTES = 256_000_000
_SETTINGS_HINT = "Check GENEKIN_MILVUS_URI and GENEKIN_DATABASE_URL: they belong together. "


class Libraries:
    """All libraries in a pair of stores; safe to share between threads.

    They act for somebody with all rights, until :meth:`acting_as` binds them to a user. Then they
    have only the libraries that the user may use, and every change asks for the user's rights.

    Parameters
    ----------
    cache_bytes
        Upper limit of the memory for candidates.
    """

    def __init__(self, stores: Stores, cache_bytes: int = _CACHE_BYTES) -> None:
        self.stores = stores
        self._encoders: dict[str, Encoder] = {}
        self._models: dict[str, FamilyModel] = {}
        self._profiles: dict[str, ProfileModel] = {}
        self._checked: set[str] = set()
        self._candidate_cache = CandidateCache(cache_bytes)
        self._organism_cache = OrganismCache()
        self.access = LOCAL_ACCESS

    # Rights

    def acting_as(self, access: Access) -> Self:
        """Return the same libraries, with the rights of a user."""
        bound = copy.copy(self)
        bound.access = access
        return bound

    def require(self, action: Action, name: str = "") -> None:
        """Check that the user may do this, with a library if one of this name exists.

        Raises
        ------
        ForbiddenError
            If the user's role does not allow it, or the library is another user's.
        """
        user = self.access.require(action)
        row = self.stores.labels.library(name) if name else None
        if row is not None and not user.may_use(row.owner, row.access):
            raise library_forbidden(name)

    def record(self, action: Action, name: str, detail: str = "") -> None:
        """Write what the user has done to a library into the audit trail.

        A failure is only logged: it is done, and saying otherwise would be wrong.
        """
        try:
            AuditTable(self.stores.database).add(self.access.actor, action, name, detail)
        except StoreError as error:
            _log.warning("not in the audit trail: %s: %s", action, error.log_text())

    # Lookup

    def names(self) -> list[str]:
        """Return the names of the libraries that the user may use, in alphabetical order."""
        user = self.access.user
        owners = self.stores.labels.library_owners()
        return [name for name, library in owners.items() if user.may_use(*library)]

    def open(self, name: str = defaults.LIBRARY) -> Library:
        """Open a library.

        Raises
        ------
        LibraryError
            If there is none of that name, its collection was made by another encoder, vectors are
            missing, or its state in the database is damaged.
        """
        row = self.library_row(name)
        while True:
            try:
                self.check_collection(row)
                self._check_vectors(row)
                index, encoder, model = read_index(row), self.encoder(row), self.model(row)
                profiles = self.profiles(row)
            except (LibraryError, StoreError):
                # A refit may have replaced the collection and encoder after the row was read.
                previous, row = row, self.library_row(name)
                if row == previous:
                    raise
            else:
                return Library(
                    self.stores,
                    row,
                    encoder,
                    model,
                    candidate_cache=self._candidate_cache,
                    organism_cache=self._organism_cache,
                    index=index,
                    profiles=profiles,
                    open_library=self.open,
                )

    def library_row(self, name: str) -> LibraryRow:
        """Return a library's row of the database.

        Raises
        ------
        UnknownLibraryError
            If there is none of that name that the user may use.
        """
        row = self.find_row(name)
        if row is None:
            message = f"There is no library {name!r}."
            raise UnknownLibraryError(message, "Load an organism into it first.")
        return row

    def find_row(self, name: str) -> LibraryRow | None:
        """Return a library's row of the database; None if there is none that the user may use."""
        row = self.stores.labels.library(name)
        usable = row is not None and self.access.user.may_use(row.owner, row.access)
        return row if usable else None

    def snapshot(self, row: LibraryRow) -> LibrarySnapshot:
        """Return what a library consists of now, to be read when it is used."""
        return LibrarySnapshot(self.stores.labels, row, self._organism_cache)

    def has_organisms(self, name: str) -> bool:
        """Return whether a library has organisms that are ready; False if there is none."""
        row = self.find_row(name)
        return row is not None and bool(self.stores.labels.organisms(row.id))

    def current_name(self, identity: Identity) -> str:
        """Return the name that a library has now, after any renaming.

        Raises
        ------
        LibraryError
            If it has been deleted.
        """
        name = self.stores.labels.library_name(identity)
        if name is None:
            message = "The library has been deleted in the meantime."
            raise LibraryError(message, "Nothing was changed. Choose another library.")
        return name

    def encoder(self, row: LibraryRow) -> Encoder:
        """Return a library's encoder, which is read once per process.

        Raises
        ------
        LibraryError
            If it is damaged.
        """
        if row.fingerprint not in self._encoders:
            self._encoders[row.fingerprint] = read_encoder(self.stores.labels, row)
        return self._encoders[row.fingerprint]

    def model(self, row: LibraryRow) -> FamilyModel | None:
        """Return a library's model, which is read once per process; None if it has none.

        Raises
        ------
        LibraryError
            If it is damaged.
        """
        if row.caller not in self._models:
            model = read_model(self.stores.labels, row)
            if model is None:
                return None
            self._models[row.caller] = model
        return self._models[row.caller]

    def profiles(self, row: LibraryRow) -> ProfileModel | None:
        """Return a library's profiles, which are read once per process; None if it has none.

        Raises
        ------
        LibraryError
            If they are damaged.
        """
        if row.profiles not in self._profiles:
            profiles = read_profiles(self.stores.labels, row)
            if profiles is None:
                return None
            self._profiles[row.profiles] = profiles
        return self._profiles[row.profiles]

    def check_collection(self, row: LibraryRow) -> None:
        """Check that the library's collection in Milvus was made by its encoder.

        Raises
        ------
        LibraryError
            If it is missing or another encoder's.
        """
        description = self.stores.vectors.description(row.collection)
        if description is None:
            if self.stores.vectors.is_damaged(row.collection):
                message = f"The vectors of the library {row.name!r} are damaged."
                raise LibraryError(message, reconcile_hint(row.name))
            message = f"The vectors of the library {row.name!r} are missing from the vector store."
            raise LibraryError(message, _SETTINGS_HINT + reconcile_hint(row.name))
        if not description.endswith(row.fingerprint):
            message = (
                f"The vectors of the library {row.name!r} were made by another encoder than the"
                f" library's ({row.encoder})."
            )
            hint = "Check GENEKIN_MILVUS_URI and GENEKIN_DATABASE_URL, or use another library name."
            raise LibraryError(message, hint)

    def _check_vectors(self, row: LibraryRow) -> None:
        """Check once per process that a collection has the vectors of its library."""
        if row.collection not in self._checked:
            check_vectors(self.stores, row)
            self._checked.add(row.collection)

    # Changes

    def remove_organism(self, name: str, organism: str, *, timeout: float = 60.0) -> int:
        """Remove an organism with all its sequences; return their number.

        Raises
        ------
        LibraryError, InputError
            If there is no such library, or no such organism in it.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        self.require(Action.REMOVE, name)
        with write_lock(self.stores.database.engine, name, timeout):
            row = self.library_row(name)
            self.check_collection(row)  # Nothing is removed from another library's collection.
            recover(self.stores, row)
            organisms = {known.name: known for known in self.stores.labels.organisms(row.id)}
            if organism not in organisms:
                raise unknown_organism_error(name, organism, list(organisms))
            remove_organism(self.stores, row, organisms[organism])
            remove_if_empty(self.stores, row)
        count = organisms[organism].count
        self.record(Action.REMOVE, name, f"{organism}: {count:,} sequences")
        return count

    def rename(self, name: str, new_name: str, *, timeout: float = 60.0) -> None:
        """Rename a library.

        Raises
        ------
        InputError
            If the new name is invalid, or another library has it.
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        self.require(Action.RENAME, name)
        check_library_name(new_name)
        if new_name == name:
            raise InputError(f"The library already has the name {name!r}.", "Choose another name.")
        engine = self.stores.database.engine
        with write_lock(engine, name, timeout), write_lock(engine, new_name, timeout):
            row = self.library_row(name)
            if self.stores.labels.library(new_name) is not None:
                message = f"A library named {new_name!r} already exists."
                raise InputError(message, "Choose another name.")
            self.stores.labels.rename_library(row.id, new_name)
        self.record(Action.RENAME, name, f"now {new_name}")

    def delete(self, name: str, *, timeout: float = 60.0) -> int:
        """Delete a library with all its organisms; return the number of its sequences.

        Raises
        ------
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        self.require(Action.DELETE_LIBRARY, name)
        with write_lock(self.stores.database.engine, name, timeout):
            row = self.library_row(name)
            recover(self.stores, row)
            organisms = self.stores.labels.organisms(row.id)
            with self.stores.disk.lent_reserve():
                self.stores.labels.mark_removing(*(organism.id for organism in organisms))
                for organism in organisms:
                    remove_organism(self.stores, row, organism)
                remove_if_empty(self.stores, row)
        count = sum(organism.count for organism in organisms)
        self.record(Action.DELETE_LIBRARY, name, f"{count:,} sequences")
        return count

    def reconcile(self, name: str, *, timeout: float = 60.0) -> RecoveryReport:
        """Undo loads and finish removals that a crash interrupted.

        Raises
        ------
        LibraryError
            If there is no such library.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        self.require(Action.REPAIR, name)
        with write_lock(self.stores.database.engine, name, timeout):
            return recover(self.stores, self.library_row(name))

    def calibrate(self, name: str, *, timeout: float = 60.0) -> Library:
        """Train the library's model again, on all that it has now; its threshold too.

        Raises
        ------
        LibraryError
            If there is no such library, or its encoder has no model.
        StoreError
            If another writer does not finish within `timeout` seconds.
        """
        self.require(Action.CALIBRATE, name)
        with write_lock(self.stores.database.engine, name, timeout):
            row = self.library_row(name)
            recover(self.stores, row)
            self.check_collection(row)
            labels = self.stores.labels
            profiles = self.profiles(row)
            model, learned = train_with_profiles(
                self.encoder(row),
                (
                    (sequence.residues, sequence.family)
                    for organism in labels.organisms(row.id)
                    for sequence in labels.sequences(organism.id)
                ),
                profiles.profiles if profiles else (),
            )
            if model is None:
                message = f"The library {name!r} has the encoder {row.encoder}."
                hint = "Only libraries with the encoder translated can be calibrated."
                raise LibraryError(message, hint)
            save_model(self.stores, row, model, learned)
        self.record(Action.CALIBRATE, name)
        return self.open(name)

    def set_threshold(self, name: str, threshold: float) -> None:
        """Set the lowest confidence, 0 to 1, at which a query of this library is called.

        Raises
        ------
        InputError
            If it is not between 0 and 1.
        LibraryError
            If there is no such library.
        """
        self.require(Action.CALIBRATE, name)
        check_threshold(threshold)
        self.stores.labels.set_threshold(self.library_row(name).id, threshold)
        self.record(Action.CALIBRATE, name, f"threshold {threshold:.2f}")

    def may_set_access(self, row: LibraryRow) -> bool:
        """Return whether the user may set who may use a library."""
        user = self.access.current()
        return user.may(Action.SEE_ALL) or (user.may(Action.SET_ACCESS) and user.owns(row.owner))

    def set_access(self, name: str, access: LibraryAccess) -> None:
        """Set who may use a library; only its owner and administrators may.

        A library of nobody becomes the user's own.

        Raises
        ------
        ForbiddenError
            If the user may not.
        LibraryError
            If there is no such library.
        """
        user = self.access.require(Action.SET_ACCESS)
        row = self.library_row(name)
        if not self.may_set_access(row):
            message = f"Only the owner of the library {name!r} can change who may use it."
            raise ForbiddenError(message, "Ask the owner, or an administrator.")
        self.stores.labels.set_access(row.id, access, row.owner or user.name)
        self.record(Action.SET_ACCESS, name, access)
