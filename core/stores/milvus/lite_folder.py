"""Folder of Milvus Lite, and connections to it: what a process needs that does not run it."""

import shutil
from pathlib import Path

from pymilvus import MilvusClient, MilvusException

OPTIONS = {"grpc_options": {"grpc.keepalive_time_ms": 600_000}}
"""Milvus Lite disconnects clients that ping as often as pymilvus does."""
_COLLECTIONS, _SCHEMA = "collections", "schema.json"


def connect(address: str, token: str, timeout: float) -> MilvusClient:
    """Connect to the embedded store that another process serves at this address."""
    return MilvusClient(address, token=token, timeout=timeout, dedicated=True, **OPTIONS)


def version_of(path: Path, collection: str) -> tuple[int, int] | None:
    """Return a value that changes when a collection is created anew; None if there is none."""
    try:
        status = (path / _COLLECTIONS / collection / _SCHEMA).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def collection_names(path: Path) -> list[str]:
    """Return the names of all collections, also of those that cannot be opened.

    Milvus Lite lists none if one of them is damaged.
    """
    return sorted(file.parent.name for file in (path / _COLLECTIONS).glob(f"*/{_SCHEMA}"))


def remove_leftovers(path: Path) -> None:
    """Remove what a crash left of collections that were being created or dropped.

    Milvus Lite does not see a collection without a schema, but cannot create one in its place.
    """
    for folder in (path / _COLLECTIONS).glob("*/"):
        remove_leftover(path, folder.name)


def remove_leftover(path: Path, collection: str) -> None:
    """Remove the folder of a collection, if there is one without a schema."""
    folder = path / _COLLECTIONS / collection
    if folder.is_dir() and not (folder / _SCHEMA).exists():
        shutil.rmtree(folder)


def load_collection(client: MilvusClient, path: Path, collection: str) -> None:
    """Load a collection; rebuild its index files if a crash truncated one.

    Milvus Lite protects its data against crashes, but writes index files in place.
    """
    try:
        client.load_collection(collection)
    except MilvusException:
        for file in (path / _COLLECTIONS / collection).glob("partitions/*/indexes/*.idx"):
            file.unlink()
        client.load_collection(collection)
