from concurrent.futures import ThreadPoolExecutor

import pytest
from pymilvus import MilvusClient
from sqlalchemy import create_engine, text

from tests.support.services import MariaDB, MilvusServer


@pytest.mark.mariadb
def test_mariadb_keeps_what_was_committed_when_it_is_killed(own_mariadb: MariaDB):
    engine = create_engine(own_mariadb.url("services"), pool_pre_ping=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE genes (name VARCHAR(20))"))
        connection.execute(text("INSERT INTO genes VALUES ('Ionenkanal α')"))

    own_mariadb.restart()

    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM genes")).scalar_one() == "Ionenkanal α"
    engine.dispose()


@pytest.mark.mariadb
def test_servers_that_start_side_by_side_leave_each_others_files_alone(tmp_path):
    def start(number: int) -> None:
        with MariaDB(tmp_path / str(number)):
            pass

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(start, range(16)))


@pytest.mark.milvus_server
def test_milvus_server_answers(milvus_server: MilvusServer):
    client = MilvusClient(milvus_server.uri)
    assert client.get_server_version() == "v2.3.5-lite"
    client.close()
