"""Both stores of a deployment, opened together."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

from core.errors import StoreError
from core.settings import MB, Settings
from core.stores.disk import Disk, Room
from core.stores.sql import LabelStore
from core.stores.sql.database import Database

if TYPE_CHECKING:
    from core.stores.milvus.vectors import VectorStore


class Stores:
    """Both stores, opened together.

    Parameters
    ----------
    served_at
        Address at which another process serves the embedded vectors; empty to open them here.

    Attributes
    ----------
    disk
        The disk of those that are embedded.

    Raises
    ------
    StoreError
        If one of them cannot be opened; neither stays open then.
    """

    vectors: "VectorStore"

    def __init__(self, settings: Settings, served_at: str = "") -> None:
        self.disk = Disk(
            settings.labels_folder, settings.vectors_folder, settings.disk_reserve_mb * MB
        )
        with self.disk.lent_reserve():  # Opening writes logs.
            self._open(settings, served_at)

    def _open(self, settings: Settings, served_at: str) -> None:
        self.database = Database(settings.labels_url, settings.store_timeout)
        self.labels = LabelStore(self.database)
        try:
            self.vectors = _open_vectors(settings, served_at)
        except StoreError:
            self.database.close()
            raise

    def require_room(self, room: Room, action: str) -> None:
        """Check that the disk of embedded stores has room for an operation.

        Parameters
        ----------
        action
            Gerund for the message, such as ``"loading 9 sequences"``.

        Raises
        ------
        StoreError
            If it has not.
        """
        reused = min(room.labels, self.database.free_bytes())
        self.disk.require(replace(room, labels=room.labels - reused), action)

    def close(self) -> None:
        """Close both."""
        self.vectors.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_servers(settings: Settings) -> Iterator[str]:
    """Yield a sentence on each server: that it answers, or why not."""
    if settings.database_url.get_secret_value():
        open_database = partial(Database, settings.labels_url, settings.store_timeout)
        yield _check("database", open_database)
    if not settings.embedded_vectors:
        yield _check("vector store", partial(_open_vectors, settings))


def _check(name: str, open_store: "Callable[[], Database | VectorStore]") -> str:
    try:
        store = open_store()
    except StoreError as error:
        return str(error)
    store.close()
    return f"The {name} {store.address} answers."


def _open_vectors(settings: Settings, served_at: str = "") -> "VectorStore":
    # pymilvus imports pandas: they take longer to import than everything else together.
    from core.stores.milvus.vectors import VectorStore

    token = settings.milvus_token.get_secret_value()
    return VectorStore(settings.vectors_uri, token, settings.store_timeout, served_at)
