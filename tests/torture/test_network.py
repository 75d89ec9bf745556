"""Servers that freeze, or drop connections, at several points of a load and a search."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.errors import GeneKinError
from core.library.load import load
from core.library.manager import Libraries
from core.library.repair import repair
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.killing import look
from tests.support.proxy import Proxy
from tests.support.synthetic import genes
from tests.support.torture import view

pytestmark = [pytest.mark.milvus_server, pytest.mark.mariadb, pytest.mark.timeout(1800)]

FREEZE = 1.0
"""Seconds."""
ADDED = {"human": genes("added human", 4), "cat": genes("added cat", 3)}


class Network:
    """A database and a Milvus server, each behind a proxy, and a library in them."""

    def __init__(self, milvus, mariadb, stack: ExitStack) -> None:
        self.proxies = {
            "mariadb": stack.enter_context(Proxy(mariadb.port)),
            "milvus": stack.enter_context(Proxy(int(milvus.uri.rsplit(":", 1)[1]))),
        }
        direct = mariadb.url(f"genekin_{uuid4().hex}")
        proxied = direct.replace(f":{mariadb.port}", f":{self.proxies['mariadb'].port}")
        self.settings = Settings(
            milvus_uri=f"http://127.0.0.1:{self.proxies['milvus'].port}",
            database_url=SecretStr(proxied),
        )
        self._direct = Settings(milvus_uri=milvus.uri, database_url=SecretStr(direct))
        self.library = f"network {uuid4().hex[:8]}"
        self.stores = stack.enter_context(Stores(self._direct))
        self.direct = Libraries(self.stores)
        stack.callback(self._delete)

    def _delete(self) -> None:
        if self.library in self.direct.names():
            self.direct.delete(self.library)

    def reset(self) -> None:
        """Make the library as it is before each trial."""
        self._delete()
        references = {"human": genes("human", 5), "dog": genes("dog", 4)}
        load(self.direct, references, library=self.library, encoder="count")


@pytest.fixture(scope="module")
def network(milvus_server, mariadb) -> Iterator[Network]:
    with ExitStack() as stack:
        yield Network(milvus_server, mariadb, stack)


@pytest.fixture
def sent(network) -> dict[str, int]:
    """The bytes that a load sends to each server, from the opening of the stores on."""
    network.reset()
    before = {name: proxy.seen for name, proxy in network.proxies.items()}
    with Stores(network.settings) as stores:
        load(Libraries(stores), ADDED, library=network.library)
    return {name: proxy.seen - before[name] for name, proxy in network.proxies.items()}


@pytest.mark.parametrize("server", ["mariadb", "milvus"])
def test_a_cut_load_leaves_the_old_state_or_the_new_one(network, server, sent, some):
    after = view(network.direct)
    network.reset()
    before = view(network.direct)
    for point in some(16, few=2):
        network.reset()
        network.proxies[server].cut_after(point * sent[server] // 17)
        try:
            with Stores(network.settings) as stores:
                load(Libraries(stores), ADDED, library=network.library)
        except GeneKinError as error:
            assert "Traceback" not in str(error)  # noqa: PT017
        assert view(network.direct) in (before, after)
        repair(network.direct, network.library)

        require_agreement(contents(network.direct, network.library))
        assert view(network.direct) in (before, after)


@pytest.mark.parametrize("server", ["mariadb", "milvus"])
def test_a_load_goes_on_after_a_freeze(network, server, sent, some):
    after = view(network.direct)
    proxy = network.proxies[server]
    for point in some(16, few=2):
        network.reset()
        proxy.freeze_after(point * sent[server] // 17, FREEZE)
        with Stores(network.settings) as stores:
            load(Libraries(stores), ADDED, library=network.library)

        assert view(network.direct) == after


@pytest.mark.parametrize("server", ["mariadb", "milvus"])
def test_a_search_is_an_error_or_right_when_its_connection_is_cut(network, server, some):
    network.reset()
    expected = look(network.direct, network.library)
    with Stores(network.settings) as stores:
        libraries = Libraries(stores)
        assert look(libraries, network.library) == expected
        proxy = network.proxies[server]
        before = proxy.seen
        look(libraries, network.library)
        size = proxy.seen - before
        for point in some(12, few=4):
            proxy.cut_after(point * size // 13)
            try:
                assert look(libraries, network.library) == expected
            except GeneKinError as error:
                assert "failed while" in str(error)  # noqa: PT017

            proxy.cut()
            assert look(Libraries(stores), network.library) == expected


@pytest.mark.parametrize("server", ["mariadb", "milvus"])
def test_a_slow_server_changes_no_answer(network, server):
    network.reset()
    expected = look(network.direct, network.library)
    with Stores(network.settings) as stores:
        network.proxies[server].slow(0.05)
        try:
            assert look(Libraries(stores), network.library) == expected
        finally:
            network.proxies[server].slow(0)
