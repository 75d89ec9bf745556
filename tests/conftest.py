"""Fixtures for all tests: real servers, reference data, a browser, a home of their own."""

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.services import (
    REQUIRED,
    SHARED_MARIADB,
    SHARED_MILVUS,
    MariaDB,
    MilvusServer,
    chromium_missing,
    find_chromium,
    give_up,
    mariadb_missing,
    milvus_missing,
    require,
)

# All modules and tests stay until the end: looking for garbage among them takes a third of the
# collection in each process, and a little of every test.
gc.disable()

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


_SERVER_PARAMETER = re.compile(r"\[(?:.*-)?(?:server|mariadb)\b")
_ON_SERVERS = " on servers"
_SPLIT_BY_TEST = ("tests/browser/test_journey.py", "tests/integration/cli/")
_COMPUTING_PER_WAITING = 4
_SLOWEST_FIRST = ("test_workers", "browser", "test_accuracy", "torture", "integration", "unit")


def _work_unit(nodeid: str) -> str:
    """Return the unit of parallel test runs: a module, so that its fixtures are made once.

    The tests of a module on servers, which mostly wait, are a unit of their own; so is each class
    or function where nothing expensive is shared.
    """
    if nodeid.startswith(_SPLIT_BY_TEST):
        return "::".join(nodeid.split("[", maxsplit=1)[0].split("::")[:2])
    module = nodeid.partition("::")[0]
    return f"{module}{_ON_SERVERS}" if _SERVER_PARAMETER.search(nodeid) else module


class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Work units of parallel test runs, given out in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return _work_unit(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling:
    return UnitScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest tests first, so that the workers end together.

    Units that wait for servers are spread among those that compute, so that no core is idle.
    """
    items.sort(key=_rank)
    units = dict.fromkeys(_work_unit(item.nodeid) for item in items)
    waiting = [unit for unit in units if unit.endswith(_ON_SERVERS)]
    computing = [unit for unit in units if not unit.endswith(_ON_SERVERS)]
    ranks: dict[str, float] = {unit: rank for rank, unit in enumerate(computing)}
    ranks |= {unit: rank * _COMPUTING_PER_WAITING + 0.5 for rank, unit in enumerate(waiting)}
    items.sort(key=lambda item: ranks[_work_unit(item.nodeid)])


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def _rank(item: pytest.Item) -> int:
    names = [*item.path.parts, item.path.stem]
    ranks = (rank for rank, name in enumerate(_SLOWEST_FIRST) if name in names)
    return next(ranks, len(_SLOWEST_FIRST))


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from the user's settings and data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("GENEKIN_") and name != REQUIRED:
                patch.delenv(name)
        patch.setenv("GENEKIN_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GENEKIN_LOAD_HUMAN_REFERENCE", "false")
        patch.setenv("GENEKIN_DISK_RESERVE_MB", "0")  # There are hundreds of homes.
        yield


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB server that all tests share; take a database of your own with `url`."""
    require(mariadb_missing())
    if port := os.environ.get(SHARED_MARIADB):
        yield MariaDB.running(int(port))
        return
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture
def own_mariadb(tmp_path: Path) -> Iterator[MariaDB]:
    """A MariaDB server of one test, which may kill it."""
    require(mariadb_missing())
    with MariaDB(tmp_path / "mariadb") as server:
        yield server


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A Milvus server that all tests share; give collections names of their own."""
    require(milvus_missing())
    if uri := os.environ.get(SHARED_MILVUS):
        yield MilvusServer.running(uri)
        return
    with MilvusServer(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture
def own_milvus(tmp_path: Path) -> Iterator[MilvusServer]:
    """A Milvus server of one test, which may kill it."""
    require(milvus_missing())
    with MilvusServer(tmp_path / "milvus") as server:
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
