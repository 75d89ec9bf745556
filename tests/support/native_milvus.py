"""The compiled engine of Milvus 2.5, which searches sparse vectors as its servers do.

No Milvus server from 2.4 on can be installed here, but Milvus Lite 2.5.1 carries their engine as a
program that listens on a port. It has no partitions and does not tell its version; all other calls
are those of a server. It has an environment of its own, made by scripts/setup.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from core.arrays import Vectors
from core.settings import Settings
from core.stores.milvus import vectors
from core.stores.milvus.vectors import Neighbours, VectorStore
from core.stores.stores import Stores
from tests.support.services import PROJECT, Server, free_port

_PROGRAMS = PROJECT / ".venv" / "native-milvus" / "milvus_lite" / "lib"
_PARTITION = "_default"


def native_milvus_missing() -> str | None:
    """Why the engine cannot be started here, or None."""
    if not (_PROGRAMS / "milvus").exists():
        return "the engine of Milvus 2.5 is not installed (scripts/setup dev; Linux and macOS)"
    return None


class NativeMilvus(Server):
    """A throw-away engine of Milvus 2.5; ready in less than a second."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port = free_port()
        self.uri = f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        program, data = str(_PROGRAMS / "milvus"), str(self.folder / "milvus.db")
        self._run(
            [program, data, f"127.0.0.1:{self._port}", "ERROR"],
            self._answers,
            {"LD_LIBRARY_PATH": str(_PROGRAMS)},
        )
        return self

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=5).close()
        except OSError:
            return False
        return True


class NativeStore(VectorStore):
    """A vector store on the engine: all vectors of a collection are in one partition."""

    def version(self) -> str:
        return "2.5.1"

    def __init__(self, uri: str, token: str, timeout: float, served_at: str = "") -> None:
        super().__init__(uri, token, timeout, served_at)
        self._added: set[str] = set()

    def add_partition(self, collection: str, partition: str) -> None:
        """Only remember it: there is one partition."""
        self._added.add(partition)

    def partitions(self, collection: str) -> set[str]:
        return self._added

    def upsert(
        self, collection: str, partition: str, ids: Sequence[int], load: int, vectors: Vectors
    ) -> None:
        super().upsert(collection, _PARTITION, ids, load, vectors)

    def count(self, collection: str, partition: str | None = None) -> int:
        return super().count(collection, partition and _PARTITION)

    def ids(self, collection: str, partition: str) -> set[int]:
        return super().ids(collection, _PARTITION)

    def search(
        self, collection: str, partitions: Sequence[str], *arguments: Any, **options: Any
    ) -> Neighbours:
        return super().search(collection, [_PARTITION], *arguments, **options)


@contextmanager
def open_native(settings: Settings) -> Iterator[Stores]:
    """Open stores whose vectors are in the engine; one organism a library."""
    with patch.object(vectors, "VectorStore", NativeStore), Stores(settings) as stores:
        yield stores
