"""Servers that are frozen: they accept connections and answer nothing."""

import logging
import time
from contextlib import ExitStack
from functools import partial

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from core.classify import classify
from core.errors import UnavailableError
from core.library.manager import Libraries
from core.sequences.records import Record
from core.stores.locks import named_lock
from core.stores.sql.connection import connect_options
from core.stores.sql.database import Database
from core.stores.stores import Stores
from tests.support.commands import run_command
from tests.support.deployment import TIMEOUT, deploy
from tests.support.synthetic import dna

pytestmark = [pytest.mark.mariadb, pytest.mark.milvus_server]

STORES = pytest.mark.parametrize("store", ["database", "vector store"])
SOON = 5 * TIMEOUT
"""Seconds: twice the time-out, and as much as a busy machine needs for the rest."""

PING_INTERVAL = 10.0
"""Seconds after which pymilvus pings a server."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with deploy(tmp_path_factory.mktemp("deployment")) as servers:
        yield servers


@pytest.fixture
def run(servers, capsys, monkeypatch):
    """Run a command on the servers."""
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    return partial(run_command, capsys)


@pytest.fixture
def queries(tmp_path):
    file = tmp_path / "queries.fasta"
    file.write_text(f">one\n{dna('human 2')}\n")
    return file


@STORES
class TestCommands:
    def test_status_says_soon_which_store_does_not_answer_and_that_the_other_does(
        self, servers, run, store
    ):
        assert run("status").status == 0
        other = {"database": "vector store", "vector store": "database"}[store]
        with servers.server(store).frozen():
            started = time.monotonic()
            message = run("status").broke()
            seconds = time.monotonic() - started
        assert seconds < SOON
        assert message.startswith(f"genekin: The {store} ")
        assert f"{servers.address(store)}" in message
        assert "did not answer for 2 s while opening it." in message
        assert "GENEKIN_STORE_TIMEOUT" in message
        assert f"The {other} " in message
        assert message.endswith(" answers.\n")
        assert run("status").status == 0

    def test_classify_fails_soon_and_works_again_afterwards(self, servers, run, queries, store):
        with servers.server(store).frozen():
            started = time.monotonic()
            message = run("classify", queries).broke()
            assert time.monotonic() - started < SOON
        assert f"genekin: The {store} " in message
        assert "did not answer for 2 s" in message
        assert "Synthase" in run("classify", queries).out


def test_status_names_both_stores_if_both_do_not_answer(servers, run):
    with servers.mariadb.frozen(), servers.milvus.frozen():
        message = run("status").broke()
    assert "The database " in message
    assert "The vector store " in message
    assert message.count("did not answer for 2 s") == 2


class TestOpenedStores:
    """Stores that were opened before their server froze."""

    @pytest.fixture
    def stores(self, servers):
        with Stores(servers.settings) as stores:
            yield stores

    @STORES
    def test_classification_fails_soon_and_goes_on_without_a_restart(self, servers, stores, store):
        libraries = Libraries(stores)
        query = [Record("one", dna("human 2"), 1, 1)]
        (known,) = classify(libraries.open(), query)
        with servers.server(store).frozen():
            started = time.monotonic()
            with pytest.raises(UnavailableError, match=f"The {store} .* did not answer for"):
                classify(libraries.open(), query)
            assert time.monotonic() - started < SOON
        assert classify(libraries.open(), query) == [known]

    def test_a_call_that_may_take_long_notices_that_the_server_is_frozen(self, servers, stores):
        row = Libraries(stores).library_row("default")
        with servers.milvus.frozen():
            started = time.monotonic()
            with pytest.raises(UnavailableError):
                stores.vectors.count(row.collection)
            assert time.monotonic() - started < PING_INTERVAL + SOON
        assert stores.vectors.count(row.collection) == 16

    def test_a_write_is_not_begun_on_a_frozen_server(self, servers, stores):
        with servers.mariadb.frozen():
            started = time.monotonic()
            with pytest.raises(UnavailableError, match="did not answer"):
                stores.labels.set_threshold(1, 0.5)
            assert time.monotonic() - started < SOON

    @STORES
    def test_the_log_says_once_that_a_store_went_and_once_that_it_is_back(
        self, servers, stores, store, caplog
    ):
        libraries = Libraries(stores)
        libraries.open()
        with caplog.at_level(logging.WARNING, "core.stores"):
            with servers.server(store).frozen():
                for _ in range(3):
                    with pytest.raises(UnavailableError):
                        libraries.open()
            libraries.open()
            libraries.open()
        went, back = caplog.messages
        assert f"The {store} " in went
        assert "did not answer" in went
        assert back.endswith("is available again.")
        assert went.split()[0] == back.split()[0]


class TestSlowAnswers:
    """A transaction may take longer than the time-out, a query may not."""

    @pytest.fixture
    def database(self, servers):
        database = Database(servers.settings.labels_url, TIMEOUT)
        yield database
        database.close()

    @pytest.mark.parametrize(("method", "seconds"), [("begin", 9), ("scan", 3)])
    def test_what_may_take_long_is_waited_for(self, database, method, seconds):
        with getattr(database, method)("sleeping") as connection:
            assert connection.execute(text(f"SELECT SLEEP({seconds})")).scalar() == 0

    def test_a_server_that_freezes_meanwhile_is_noticed(self, servers, database):
        def freeze_and_work():
            with ExitStack() as stack, database.begin("working") as connection:
                connection.execute(text("SELECT 1"))
                stack.enter_context(servers.mariadb.frozen())
                connection.execute(text("SELECT 2"))

        started = time.monotonic()
        with pytest.raises(UnavailableError, match="failed while working"):
            freeze_and_work()
        assert time.monotonic() - started < 6 * TIMEOUT + SOON

    def test_a_query_that_takes_longer_than_the_time_out_fails(self, database):
        with database.begin("working"):
            pass
        with (
            pytest.raises(UnavailableError, match="did not answer"),
            database.connect("sleeping") as connection,
        ):
            connection.execute(text("SELECT SLEEP(30)"))

    def test_a_lock_is_waited_for_longer_than_the_time_out(self, servers, database):
        other = create_engine(servers.settings.labels_url, connect_args=connect_options(TIMEOUT))
        with named_lock(other, "/library", 0) as held:
            assert held
            started = time.monotonic()
            with named_lock(database.engine, "/library", 3.5) as acquired:
                assert not acquired
            assert time.monotonic() - started >= 3.5
        other.dispose()

    def test_waiting_for_a_lock_notices_that_the_server_is_frozen(self, servers, database):
        with (
            servers.mariadb.frozen(),
            pytest.raises(OperationalError, match="timed out"),
            named_lock(database.engine, "/library", 600),
        ):
            pass
