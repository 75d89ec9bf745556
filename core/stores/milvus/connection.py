"""Connection to Milvus: a server, or Milvus Lite inside this process."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from pymilvus import MilvusClient, MilvusException
from pymilvus.client.cache import GlobalCache

from core.errors import StoreError
from core.stores.errors import VECTORS_FOLDER_HINT

for _name in ("pymilvus", "milvus_lite", "grpc._server"):  # They log a traceback per error.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_log = logging.getLogger(__name__)

_FIRST_SPARSE_VERSION = (2, 4)
"""First Milvus version with sparse vectors."""
_SERVER_HINT = "Check that it is running, and the settings GENEKIN_MILVUS_URI and _TOKEN."


class MilvusConnection:
    """A connected client; safe to share between threads.

    Parameters
    ----------
    uri
        A server (``http://host:19530``) or a path that ends in ``.db``.
    token
        ``user:password`` or API key, or empty.
    timeout
        Seconds to wait for a server to answer.

    Attributes
    ----------
    damaged
        Embedded collections that cannot be opened, and why; the others are not affected.

    Raises
    ------
    StoreError
        If the connection cannot be opened; also from every method.
    """

    def __init__(self, uri: str, token: str, timeout: float) -> None:
        self.address = uri
        self.embedded = uri.endswith(".db")
        self.damaged: dict[str, str] = {}
        if self.embedded:
            from core.stores.milvus import lite  # A server needs none of it.

            lite.require_unlocked(Path(uri))
            lite.compile_search()
        with self._translate_errors("opening it"):
            if self.embedded:
                Path(uri).parent.mkdir(parents=True, exist_ok=True)
            options = lite.OPTIONS if self.embedded else {}
            self._client = MilvusClient(uri, token=token, timeout=timeout, **options)
            self._clear_schema_cache()
            if self.embedded:
                try:
                    self._load_collections(Path(uri))
                except BaseException:
                    self.close()
                    raise

    def close(self) -> None:
        """Disconnect; release the path of Milvus Lite, so that another process can open it."""
        self._client.close()
        if self.embedded:
            from core.stores.milvus import lite

            lite.release(self.address)

    def _load_collections(self, path: Path) -> None:
        """Load all collections of Milvus Lite; note those that are damaged."""
        from core.stores.milvus import lite

        lite.remove_leftovers(path)
        for collection in lite.collection_names(path):
            try:
                lite.load_collection(self._client, path, collection)
            except MilvusException as error:
                self.damaged[collection] = _reason(error)
                _log.error("the collection %s cannot be opened: %s", collection, error)

    def version(self) -> str:
        """Return the version of Milvus Lite or of the server."""
        with self._translate_errors("reading its version"):
            return str(self._client.get_server_version())

    def _require_sparse_vectors(self) -> None:
        version = self.version()
        match = re.match(r"v?(\d+)\.(\d+)", version)
        if not self.embedded and match and tuple(map(int, match.groups())) < _FIRST_SPARSE_VERSION:
            message = f"The Milvus server {self.address} ({version}) has no sparse vectors."
            hint = "Use Milvus 2.4 or newer, or the encoder count, whose vectors are dense."
            raise StoreError(message, hint)

    def _clear_schema_cache(self) -> None:
        """Make pymilvus read the schemas of collections again.

        It caches them for the whole process by port and name; but Milvus Lite may open on a port
        that another store had, and another process may create a collection anew.
        """
        GlobalCache.schema.clear()

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except (MilvusException, grpc.RpcError, OSError, ValueError) as error:
            message = f"The vector store {self.address} failed while {action}: {_reason(error)}."
            raise StoreError(
                message, VECTORS_FOLDER_HINT if self.embedded else _SERVER_HINT
            ) from error


def _reason(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(getattr(error, "message", "") or error).strip().split("\n")[0].rstrip(".")
