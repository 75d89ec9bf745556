"""Fixtures for all tests: real servers, reference data, a browser, a home of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.services import (
    REQUIRED,
    MariaDB,
    MilvusServer,
    chromium_missing,
    find_chromium,
    give_up,
    mariadb_missing,
    milvus_missing,
    require,
)

PROJECT = Path(__file__).resolve().parent.parent
SHARED_DATA = PROJECT.parent / "shared" / "data"

# The same examples in every run, whatever ran before; and how long they take says more about the
# machine than about the code. With --hypothesis-profile=default, others are tried.
settings.register_profile(
    "genekin",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("genekin")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from the user's settings and data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("GENEKIN_") and name != REQUIRED:
                patch.delenv(name)
        patch.setenv("GENEKIN_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB server that all tests share; take a database of your own with `url`."""
    require(mariadb_missing())
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A Milvus server that all tests share; give collections names of their own."""
    require(milvus_missing())
    with MilvusServer(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of a Chromium, for Playwright's ``executable_path``."""
    require(chromium_missing())
    path = find_chromium()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the reference data: human.txt, chimpanzee.txt, dog.txt, gene_class.txt."""
    if not (SHARED_DATA / "human.txt").is_file():
        give_up("the reference data are not in ../shared/data")
    return SHARED_DATA
