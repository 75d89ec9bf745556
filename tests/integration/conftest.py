"""The two ways in which GeneKin is deployed, and libraries in them."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.library.manager import Libraries
from core.library.naming import collection_name
from core.sequences.references import human
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.synthetic import genes

EMBEDDED = "embedded"
SERVER = pytest.param("server", marks=[pytest.mark.milvus_server, pytest.mark.mariadb])


@pytest.fixture(scope="module", params=[EMBEDDED, SERVER])
def deployment(request, tmp_path_factory) -> Settings:
    """Milvus Lite and SQLite, or a Milvus server and MariaDB."""
    home = tmp_path_factory.mktemp("deployment")
    if request.param == EMBEDDED:
        return Settings(home=home)
    milvus, mariadb = (request.getfixturevalue(name) for name in ("milvus_server", "mariadb"))
    return Settings(
        home=home,
        store_timeout=60,
        milvus_uri=milvus.uri,
        database_url=SecretStr(mariadb.url(f"genekin_{uuid4().hex}")),
    )


@pytest.fixture(scope="module")
def deployed(deployment) -> Iterator[Libraries]:
    """The libraries of a deployment; give each a name of its own."""
    with Stores(deployment) as stores:
        yield Libraries(stores)


@pytest.fixture
def name(deployed) -> Iterator[str]:
    """A name that no library has; what is made of it is dropped in the end."""
    name = f"test {uuid4().hex}"
    yield name
    deployed.stores.vectors.drop(collection_name(name))


@pytest.fixture
def small_reference(monkeypatch) -> Iterator[threading.Event]:
    """A small human reference, which is read once the event is set."""
    ready = threading.Event()

    def load_human_reference():
        ready.wait()
        return genes("human", 12)

    monkeypatch.setattr(human, "load_human_reference", load_human_reference)
    yield ready
    ready.set()
