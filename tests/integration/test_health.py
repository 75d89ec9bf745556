"""Health of a deployment on servers that are frozen, killed, and back."""

import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from core.health import DATABASE, VECTORS, HealthChecks
from core.library.manager import Libraries
from core.stores.stores import Stores
from core.web.health import health_routes
from tests.support.deployment import USER, Deployment, deploy
from tests.support.web import Answer, Site, served

pytestmark = [pytest.mark.milvus_server, pytest.mark.mariadb]

SECONDS = 3.0
PATIENCE = 120.0
"""Seconds in which a server is back on a busy machine."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Iterator[Deployment]:
    with deploy(tmp_path_factory.mktemp("health")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def site(deployment) -> Iterator[Site]:
    with Stores(deployment.settings) as stores:
        libraries = Libraries(stores)
        checks = HealthChecks(lambda: libraries, SECONDS)
        with served(Starlette(routes=health_routes(checks))) as site:
            yield site


def until(site: Site, status: int) -> Answer:
    """Ask until the answer has this status."""
    deadline = time.monotonic() + PATIENCE
    while (answer := site.ask("/readyz")).status != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)
    return answer


@pytest.mark.parametrize(("server", "check"), [("database", DATABASE), ("vector store", VECTORS)])
def test_a_frozen_server_is_named_in_time_and_ready_when_it_is_back(
    deployment, site, server, check
):
    until(site, 200)
    with deployment.server(server).frozen():
        time.sleep(1.1)  # The last result is a second old at most.
        started = time.monotonic()
        answer = site.ask("/readyz")
        assert time.monotonic() - started < SECONDS + 10
        assert answer.status == 503
        found = answer.json["checks"]
        assert not found[check]["ok"]
        other = {DATABASE: VECTORS, VECTORS: DATABASE}[check]
        assert found[other]["ok"], answer.text
        assert site.ask("/healthz").status == 200
        for private in (deployment.address(server), USER + "@", "127.0.0.1"):
            assert private not in answer.text
    until(site, 200)


def test_a_database_that_was_killed_is_used_again_without_a_restart(deployment, site):
    until(site, 200)
    deployment.mariadb.kill()
    answer = until(site, 503)
    assert answer.json["checks"][DATABASE]["problem"] == "The database cannot be reached."
    deployment.mariadb.start()
    until(site, 200)
