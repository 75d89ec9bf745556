"""Stores that are open in this process, shared by all that use them.

Milvus Lite allows one process a store, and it one opening. Where a dashboard has it open, its
vectors are used through the address at which the dashboard serves them.
"""

import weakref
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import Self

from pydantic import SecretStr

from core.access.machine import command_access
from core.cli.loopback import Dashboard
from core.errors import GeneKinError
from core.library.manager import Libraries
from core.progress import no_progress
from core.settings import Settings, read_settings
from core.stores.stores import Stores


@dataclass(slots=True)
class _OpenStores:
    """Open stores, the dashboard that serves their vectors, and who uses them."""

    libraries: Libraries
    served_at: str
    users: set[int] = field(default_factory=set)


_Addresses = tuple[str, str]

_opened: dict[_Addresses, _OpenStores] = {}
"""Open stores by their addresses."""
_lock = RLock()


class Connection:
    """Use of the stores of a deployment, opened when they are first needed.

    They are closed with the last connection that uses them, or when it is no longer referred to.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        vectors = settings.vectors_uri
        if settings.embedded_vectors:
            vectors = str(Path(vectors).resolve())
        self._addresses = vectors, settings.labels_url
        self._end = weakref.finalize(self, _leave, self._addresses, id(self))

    # Towhee copies its operators, and pipelines of other frameworks may do so, too.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def libraries(self) -> Libraries:
        """Return the libraries, with the rights of commands.

        Raises
        ------
        StoreError
            If a store cannot be opened.
        GeneKinError
            If the connection is closed.
        """
        if not self._end.alive:
            raise GeneKinError("The library is closed.", "Open it again.")
        with _lock:
            known = _opened.get(self._addresses)
            if known is None or known.served_at:  # The dashboard may have ended.
                served_at = _serving_address(self.settings)
                if known is None or known.served_at != served_at:
                    known = _opened[self._addresses] = self._open(served_at, known)
            known.users.add(id(self))
            return known.libraries.acting_as(command_access(self.settings, "Python"))

    def _open(self, served_at: str, previous: _OpenStores | None) -> _OpenStores:
        """Open the stores, in the place of those of a dashboard that has ended."""
        users: set[int] = set()
        if previous is not None:
            del _opened[self._addresses]
            previous.libraries.stores.close()
            users = previous.users
        stores = Stores(self.settings, served_at)
        return _OpenStores(Libraries(stores, self.settings.cache_mb * 1_000_000), served_at, users)

    def close(self) -> None:
        """Close the stores if nothing else uses them; closing twice does nothing."""
        self._end()


def settings_for(home: str | PathLike[str] | None) -> Settings:
    """Return the settings of the environment, or those of embedded stores in a folder.

    Raises
    ------
    InputError
        If a setting is invalid.
    """
    settings = read_settings()
    if home is None:
        return settings
    stores = {"home": Path(home).expanduser().absolute(), "milvus_uri": ""}
    return settings.model_copy(update={**stores, "database_url": SecretStr("")})


def _serving_address(settings: Settings) -> str:
    """Return the address at which a dashboard serves the embedded vectors; empty without one."""
    with Dashboard.find(settings) as dashboard:
        if dashboard is None:
            return ""
        return dashboard.ask("vectors", {}, None, no_progress).text


def _leave(addresses: _Addresses, user: int) -> None:
    with _lock:
        known = _opened.get(addresses)
        if known is None or user not in known.users:
            return
        known.users.discard(user)
        if not known.users:
            del _opened[addresses]
            known.libraries.stores.close()
