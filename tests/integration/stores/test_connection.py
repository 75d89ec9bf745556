"""Connections for reading from a server: tested only after a rest, without transactions."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.stores.sql import connection
from core.stores.sql.database import Database

pytestmark = pytest.mark.mariadb


@pytest.fixture
def database(mariadb) -> Iterator[Database]:
    database = Database(mariadb.url(f"connection_{uuid4().hex}"), 20)
    yield database
    database.close()


def connection_id(database: Database) -> int:
    with database.connect("reading") as reader:
        return int(reader.scalar(text("SELECT connection_id()")))


def count_messages(database: Database) -> int:
    """Return how many statements a connection has sent before this one."""
    with database.connect("reading") as reader:
        query = "SHOW SESSION STATUS LIKE 'Questions'"
        return int(reader.execute(text(query)).one()[1])


def test_a_read_is_one_message(database):
    before = count_messages(database)
    assert connection_id(database) == connection_id(database)
    assert count_messages(database) == before + 3


def test_a_connection_that_ended_while_it_rested_is_replaced(database, monkeypatch):
    monkeypatch.setattr(connection, "_REST_SECONDS", 0.01)
    number = connection_id(database)
    with database.begin("ending it") as other:
        other.execute(text(f"KILL {number}"))
    time.sleep(0.5)
    assert connection_id(database) != number


def test_a_read_sees_what_was_committed_a_moment_ago(database):
    with database.begin("creating a table") as writer:
        writer.execute(text("CREATE TABLE seen (number INT)"))
    with database.connect("reading") as reader:
        assert reader.scalar(text("SELECT count(*) FROM seen")) == 0
        with database.begin("writing") as writer:
            writer.execute(text("INSERT INTO seen VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM seen")) == 1
