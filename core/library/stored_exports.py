"""The last export of each library, kept in the database for pages to download."""

from pathlib import Path

from core.access import Action
from core.library.manager import Libraries
from core.stores.disk import Room
from core.stores.sql import Identity
from core.stores.sql.stored_results import ResultTable

_PREFIX = "export "
_MAX_EXPORTS = 8
_READ_BYTES = 4_000_000


class StoredExports:
    """The exports of libraries, with the rights of a user.

    Raises
    ------
    StoreError
        If the database fails; from every method.
    """

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries
        self._table = ResultTable(libraries.stores.database)

    def save(self, identity: Identity, path: Path) -> None:
        """Keep the export of a library in a file, in the place of the one before."""
        size = path.stat().st_size
        room = Room(labels=size, vectors=0, log=size)
        self._libraries.stores.require_room(room, "storing the export")
        with path.open("rb") as file:
            self._table.save(_name(identity), iter(lambda: file.read(_READ_BYTES), b""))
        self._table.keep_last(_PREFIX, _MAX_EXPORTS)

    def size(self, identity: Identity) -> int | None:
        """Return the size of the export of a library in bytes; None if there is none."""
        return self._table.size(_name(identity))

    def read(self, library: str, identity: Identity) -> bytes:
        """Return the export of a library, and note it in the audit trail.

        Raises
        ------
        ForbiddenError
            If the user may not.
        """
        self._libraries.require(Action.EXPORT, library)
        self._libraries.record(Action.EXPORT, library, "downloaded")
        return b"".join(self._table.read(_name(identity)))


def _name(identity: Identity) -> str:
    number, created = identity
    return f"{_PREFIX}{number}-{created:%Y%m%d%H%M%S}"
