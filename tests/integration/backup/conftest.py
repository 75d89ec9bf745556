"""Deployments to back up, and empty ones to restore into."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores

EMBEDDED = "embedded"
SERVER = pytest.param("server", marks=[pytest.mark.milvus_server, pytest.mark.mariadb])
Deploy = Callable[[str], Libraries]


@pytest.fixture
def deploy(request, tmp_path_factory) -> Iterator[Deploy]:
    """Open new, empty stores of a kind, ``embedded`` or ``server``, until the end of the test."""
    with ExitStack() as stack:

        def open_new(kind: str) -> Libraries:
            home: Path = tmp_path_factory.mktemp("home")
            settings = Settings(home=home)
            if kind != EMBEDDED:
                milvus = request.getfixturevalue("milvus_server")
                mariadb = request.getfixturevalue("mariadb")
                settings = Settings(
                    home=home,
                    store_timeout=60,
                    milvus_uri=milvus.uri,
                    database_url=SecretStr(mariadb.url(f"backup_{uuid4().hex}")),
                )
            return Libraries(stack.enter_context(Stores(settings)))

        yield open_new


@pytest.fixture
def lab() -> str:
    """A name of a library, and thus of a collection, that no other test has."""
    return f"lab {uuid4().hex[:12]}"
