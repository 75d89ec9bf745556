"""Servers of one test module, with a library: it may freeze them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.services import (
    MariaDB,
    MilvusServer,
    Server,
    mariadb_missing,
    milvus_missing,
    require,
)
from tests.support.synthetic import FAMILY_NAMES, genes

USER = "root"
TIMEOUT = 2.0
"""Seconds that GeneKin waits for these servers."""


@dataclass(frozen=True)
class Deployment:
    """A MariaDB and a Milvus server, and the settings by which GeneKin uses them."""

    mariadb: MariaDB
    milvus: MilvusServer
    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        """The settings as variables."""
        return {
            "GENEKIN_HOME": str(self.settings.home),
            "GENEKIN_MILVUS_URI": self.settings.milvus_uri,
            "GENEKIN_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "GENEKIN_STORE_TIMEOUT": str(TIMEOUT),
            "GENEKIN_LOAD_HUMAN_REFERENCE": "false",
        }

    def server(self, store: str) -> Server:
        """Return the server of the ``database`` or of the ``vector store``."""
        return self.mariadb if store == "database" else self.milvus

    def address(self, store: str) -> str:
        """Return host and port of that server."""
        return f"127.0.0.1:{self.mariadb.port}" if store == "database" else self.milvus.uri


@contextmanager
def deploy(folder: Path) -> Iterator[Deployment]:
    """Start servers, and load the organisms human (12 genes) and dog (4 genes)."""
    require(mariadb_missing())
    require(milvus_missing())
    with (
        MariaDB(folder / "mariadb") as mariadb,
        MilvusServer(folder / "milvus", session_seconds=300) as milvus,
    ):
        settings = Settings(
            home=folder / "home",
            store_timeout=60,
            milvus_uri=milvus.uri,
            database_url=SecretStr(mariadb.url("frozen")),
        )
        with Stores(settings) as stores:
            references = {"human": genes("human", 12), "dog": genes("dog", 4)}
            load(Libraries(stores), references, encoder="count", families=FAMILY_NAMES)
        yield Deployment(mariadb, milvus, settings.model_copy(update={"store_timeout": TIMEOUT}))
