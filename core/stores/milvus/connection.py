"""Connection to Milvus: a server, or Milvus Lite inside this process."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from pymilvus import MilvusClient, MilvusException
from pymilvus.client.cache import GlobalCache

from core.errors import StoreError, UnavailableError
from core.events import timed_store_call
from core.stores.availability import watch
from core.stores.errors import TIMEOUT_HINT, VECTORS_FOLDER_HINT
from core.stores.milvus import lite_folder

for _name in ("pymilvus", "milvus_lite", "grpc._server"):  # They log a traceback per error.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_log = logging.getLogger(__name__)

_FIRST_SPARSE_VERSION = (2, 4)
"""First Milvus version with sparse vectors."""
_SERVER_HINT = "Check that it is running, and the setting GENEKIN_MILVUS_URI."
_MEANWHILE = "Until it is back, History and Help still open; jobs go on then."
_SIGN_IN_HINT = "Check the setting GENEKIN_MILVUS_TOKEN: user:password, or an API key."
_LOADING_HINT = "A server that has just started takes some seconds to load its collections."
_NOT_LOADED = frozenset({101, 103})
"""Codes of Milvus for a collection that is not loaded, or not completely."""
_SLOW_SECONDS = 1_800.0
"""Seconds for calls that may take long with many vectors. A server that is frozen meanwhile is
noticed all the same: pymilvus pings it every 10 s."""
_SLOW_CALLS = frozenset(
    {
        "create_collection",
        "create_index",
        "delete",
        "drop_collection",
        "drop_partition",
        "flush",
        "load_collection",
        "query",
        "release_partitions",
        "search",
        "upsert",
    }
)
_REFUSED = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED})


class _TimedClient:
    """A client of a server, each of whose calls has a time-out; those of pymilvus have none."""

    def __init__(self, client: MilvusClient, timeout: float) -> None:
        self._client = client
        self._timeout = timeout

    def __getattr__(self, name: str) -> Any:
        timeout = _SLOW_SECONDS if name in _SLOW_CALLS else self._timeout
        return partial(getattr(self._client, name), timeout=timeout)

    def close(self) -> None:
        self._client.close()


class MilvusConnection:
    """A connected client; safe to share between threads.

    Parameters
    ----------
    uri
        A server (``http://host:19530``) or a path that ends in ``.db``.
    token
        ``user:password`` or API key, or empty.
    timeout
        Seconds to wait for a server to answer; calls with many vectors may take longer.
    served_at
        Address at which another process serves the embedded store; empty to open it here.

    Raises
    ------
    StoreError
        If the connection cannot be opened; also from every method.
    """

    def __init__(self, uri: str, token: str, timeout: float, served_at: str = "") -> None:
        self.address = uri
        self.embedded = uri.endswith(".db")
        self._served_at = served_at
        self._damaged: set[str] = set()
        if self.embedded and not served_at:
            from core.stores.milvus import lite  # A server needs none of it.

            lite.require_unlocked(Path(uri))
            lite.adapt()
        with self._translate_errors("opening it"):
            self._client: Any
            if self.embedded:
                Path(uri).parent.mkdir(parents=True, exist_ok=True)
                self._client = self._open_embedded(Path(uri), token, timeout)
            else:
                client = _open_server(uri, token, timeout)
                self._client = _TimedClient(client, timeout)
            self._clear_schema_cache()
            if self.embedded:
                try:
                    self._load_collections(Path(uri))
                except BaseException:
                    self.close()
                    raise

    @property
    def server_address(self) -> str:
        """Address at which this process serves the embedded store; empty without one."""
        if self._served_at or not self.embedded:
            return self._served_at
        from core.stores.milvus import lite

        return lite.server_address(self.address)

    def is_damaged(self, collection: str) -> bool:
        """Return whether an embedded collection cannot be opened; the log says why.

        The others are not affected. Another process may have repaired it meanwhile.
        """
        if collection in self._damaged:
            with suppress(MilvusException):
                self._client.load_collection(collection)
                self._damaged.discard(collection)
        return collection in self._damaged

    def close(self) -> None:
        """Disconnect; release the path of Milvus Lite, so that another process can open it."""
        self._client.close()
        if self.embedded and not self._served_at:
            from core.stores.milvus import lite

            lite.release(self.address)

    def _open_embedded(self, path: Path, token: str, timeout: float) -> MilvusClient:
        if self._served_at:
            return lite_folder.connect(self._served_at, token, timeout)
        from core.stores.milvus import lite

        return lite.open_client(path, token, timeout)

    def _load_collections(self, path: Path) -> None:
        """Load all collections of Milvus Lite; note those that are damaged."""
        if not self._served_at:
            lite_folder.remove_leftovers(path)
        for collection in lite_folder.collection_names(path):
            try:
                lite_folder.load_collection(self._client, path, collection)
            except MilvusException as error:
                self._damaged.add(collection)
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
            public = f"The Milvus server ({version}) has no sparse vectors."
            raise StoreError(message, hint, public=public)

    def _clear_schema_cache(self) -> None:
        """Make pymilvus read the schemas of collections again.

        It caches them for the whole process by port and name; but Milvus Lite may open on a port
        that another store had, and another process may create a collection anew.
        """
        GlobalCache.schema.clear()

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        started = time.monotonic()
        with timed_store_call("vectors"), watch(self.address):
            try:
                yield
            except (MilvusException, grpc.RpcError, OSError, ValueError) as error:
                raise self._translate(error, action, time.monotonic() - started) from error

    def _translate(self, error: Exception, action: str, seconds: float) -> StoreError:
        failed = f"The vector store {self.address} failed while {action}: {_reason(error)}."
        if self.embedded:
            public = f"The vector store failed while {action}."
            return StoreError(failed, VECTORS_FOLDER_HINT, public=public)
        status = connection_status(error)
        if getattr(error, "code", None) in _NOT_LOADED:
            public = "The vector store is not ready yet."
            return UnavailableError(failed, _LOADING_HINT, public=public, meanwhile=_MEANWHILE)
        if status in _REFUSED:
            message = f"The vector store {self.address} refused the user or the password."
            public = "The vector store refuses the connection."
            return UnavailableError(message, _SIGN_IN_HINT, public=public, meanwhile=_MEANWHILE)
        if status is grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"The vector store {self.address} did not answer for {seconds:.0f} s"
            return UnavailableError(
                f"{message} while {action}.",
                f"{_SERVER_HINT} {TIMEOUT_HINT}",
                public="The vector store does not answer.",
                meanwhile=_MEANWHILE,
            )
        if status is grpc.StatusCode.UNAVAILABLE:
            public = "The vector store cannot be reached."
            return UnavailableError(failed, _SERVER_HINT, public=public, meanwhile=_MEANWHILE)
        return StoreError(failed, _SERVER_HINT, public=f"The vector store failed while {action}.")


def _open_server(uri: str, token: str, timeout: float) -> MilvusClient:
    return MilvusClient(
        uri,
        token=token,
        timeout=timeout,
        # A connection shared in the process would keep the time-out of its first user.
        dedicated=True,
        # Else gRPC waits a minute for the answer to a ping, whatever pymilvus says.
        grpc_options={"grpc.http2.ping_timeout_ms": int(timeout * 1_000)},
    )


def connection_status(error: BaseException | None) -> grpc.StatusCode | None:
    """Return why the connection failed, if that is the cause of an error."""
    seen: set[int] = set()  # pymilvus raises errors from themselves.
    while error is not None and id(error) not in seen:
        if isinstance(error, grpc.RpcError):
            code: grpc.StatusCode = error.code()
            return code
        seen.add(id(error))
        error = error.__context__
    return None


def _reason(error: Exception) -> str:
    """Return the first line of an error's text."""
    details = error.details() if isinstance(error, grpc.RpcError) else ""
    text = str(details or getattr(error, "message", "") or error)
    return text.strip().split("\n")[0].rstrip(".")
