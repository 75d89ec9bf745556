"""Milvus Lite, which lives inside this process: what it wants that a server does not."""

import fcntl
from pathlib import Path

from pymilvus import MilvusClient, MilvusException

from core.errors import StoreError

HINT = (
    "Check that its folder can be written and has room, and the settings GENEKIN_HOME and"
    " GENEKIN_MILVUS_URI."
)
"""What to do where it fails."""
QUIET_CHANNEL = {"grpc.keepalive_time_ms": 600_000}
"""It hangs up on a client that pings as often as pymilvus does."""


def require_unlocked(path: Path) -> None:
    """Check that no other process has it open: it hides why it cannot open a path.

    Raises
    ------
    StoreError
        If one has, or the path cannot be opened.
    """
    try:
        with (path / "LOCK").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        message = f"Another GeneKin process has the embedded store {path} open."
        hint = "Close it first, or set GENEKIN_MILVUS_URI to a Milvus server to share one."
        raise StoreError(message, hint) from None
    except OSError as error:
        message = f"The embedded store {path} cannot be opened: {error.strerror}."
        raise StoreError(message, HINT) from None


def load(client: MilvusClient, path: Path, collection: str) -> None:
    """Load a collection, with new index files if a crash cut one short.

    It guards its data against crashes, and writes its indexes of them in place.
    """
    try:
        client.load_collection(collection)
    except MilvusException:
        for file in (path / "collections" / collection).glob("partitions/*/indexes/*.idx"):
            file.unlink()
        client.load_collection(collection)


def release(address: str) -> None:
    """Let go of the path, which closing a client does not."""
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(address)
