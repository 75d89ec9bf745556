"""A small deployment, its API, and clients of it."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from core.access import Access, LibraryAccess, Role, User
from core.api.backend import Backend
from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.api import app_of, client_of, open_backend, signing_in
from tests.support.jobs import working
from tests.support.synthetic import FAMILY_NAMES, genes

OWNER = Access(User("carl", Role.CURATOR))


@pytest.fixture(scope="package")
def backend(tmp_path_factory) -> Iterator[Backend]:
    settings = Settings(home=tmp_path_factory.mktemp("api"))
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        human = {"human": genes("human", 12)}
        load(libraries, human, library="default", encoder="count", families=FAMILY_NAMES)
        for access in (LibraryAccess.PRIVATE, LibraryAccess.PUBLIC):
            load(
                libraries.acting_as(OWNER),
                human,
                library=access,
                encoder="count",
                families=FAMILY_NAMES,
                access=access,
            )
        yield open_backend(libraries, JobQueue(stores.database), settings)


@pytest.fixture(scope="package")
def client(backend) -> TestClient:
    """A program on the same machine, of an open deployment."""
    return client_of(app_of(backend))


@pytest.fixture(scope="package")
def program(backend) -> Callable[..., TestClient]:
    """Return a function that makes programs of users, where users sign in."""
    app = app_of(signing_in(backend))
    return lambda who="", **headers: client_of(app, who, **headers)


@pytest.fixture
def worker(backend) -> Iterator[None]:
    """Run jobs until the end of the test."""
    with working(backend.libraries) as running:
        backend.jobs.on_submit = running.wake
        yield
        backend.jobs.on_submit = lambda: None
