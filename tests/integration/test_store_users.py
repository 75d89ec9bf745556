"""GeneKin's users in Milvus and MySQL: they can do all that it does, and nothing else."""

import grpc
import pymysql
import pytest
from pydantic import SecretStr
from pymilvus import MilvusClient, MilvusException
from sqlalchemy.engine import make_url

from core import defaults
from core.classify import classify
from core.errors import UnavailableError
from core.library.load import load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.settings import Settings
from core.stores.milvus.connection import MilvusConnection
from core.stores.stores import Stores
from deploy.store_users import prepare_milvus, prepare_mysql
from tests.support.services import (
    MariaDB,
    MilvusServer,
    mariadb_missing,
    milvus_missing,
    require,
)
from tests.support.synthetic import FAMILY_NAMES, genes

pytestmark = [pytest.mark.milvus_server, pytest.mark.mariadb]

USER, PASSWORD = "genekin", "Secret0123456789"


@pytest.fixture(scope="module")
def milvus(tmp_path_factory):
    require(milvus_missing())
    with MilvusServer(tmp_path_factory.mktemp("milvus"), authorization=True) as server:
        yield server


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    require(mariadb_missing())
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture(scope="module")
def database_url(mariadb):
    return f"mysql+pymysql://{USER}:{PASSWORD}@127.0.0.1:{mariadb.port}/gene_kin?charset=utf8mb4"


@pytest.fixture(scope="module")
def settings(tmp_path_factory, milvus, mariadb, database_url):
    """Settings of a dashboard whose users have been prepared twice."""
    for _ in range(2):
        prepare_mysql(make_url(database_url), "")
        prepare_milvus(milvus.uri, f"{USER}:{PASSWORD}", "Milvus")
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        store_timeout=60,
        milvus_uri=milvus.uri,
        milvus_token=SecretStr(f"{USER}:{PASSWORD}"),
        database_url=SecretStr(database_url),
    )


def test_a_library_from_its_creation_to_its_removal(settings):
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        organisms = {"human": genes("human", 12), "dog": genes("dog", 4)}
        load(libraries, organisms, encoder="count", families=FAMILY_NAMES)
        load(libraries, {"dog": genes("dog", 6)}, replace=True)
        refit(libraries, defaults.LIBRARY)
        repair(libraries, defaults.LIBRARY)
        assert [call.hits[0].organism for call in classify(libraries.open(), genes("dog", 2))]
        libraries.remove_organism(defaults.LIBRARY, "dog")
        libraries.reconcile(defaults.LIBRARY)
        libraries.delete(defaults.LIBRARY)
        assert libraries.names() == []


class TestMySQL:
    def test_only_the_tables_of_its_database_are_open(self, settings, mariadb):
        with (
            pymysql.connect(
                host="127.0.0.1", port=mariadb.port, user=USER, password=PASSWORD
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SHOW DATABASES")
            assert {name for (name,) in cursor.fetchall()} == {"gene_kin", "information_schema"}
            for forbidden in (
                "CREATE DATABASE other",
                "CREATE DATABASE geneXkin",
                "CREATE USER other IDENTIFIED BY 'other'",
                "SELECT * FROM mysql.user",
                "GRANT SELECT ON gene_kin.* TO genekin",
                "SET GLOBAL max_connections = 1",
                "SELECT 1 INTO OUTFILE '/tmp/genekin-outfile'",
            ):
                with pytest.raises(pymysql.MySQLError, match="denied"):
                    cursor.execute(forbidden)

    def test_privileges_and_password_of_an_earlier_deployment_are_corrected(self, mariadb):
        port = mariadb.port
        with (
            pymysql.connect(host="127.0.0.1", port=port, user="root") as root,
            root.cursor() as cursor,
        ):
            cursor.execute("CREATE USER early@'%' IDENTIFIED BY 'old'")
            cursor.execute("GRANT ALL PRIVILEGES ON early.* TO early@'%' WITH GRANT OPTION")

            address = make_url(f"mysql+pymysql://early:new@127.0.0.1:{port}/early")
            prepare_mysql(address, "")

            cursor.execute("SHOW GRANTS FOR early@'%'")
            grants = " ".join(grant for (grant,) in cursor.fetchall())
        assert "ALL PRIVILEGES" not in grants
        assert "GRANT OPTION" not in grants
        assert "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER" in grants
        pymysql.connect(host="127.0.0.1", port=port, user="early", password="new").close()


class TestMilvus:
    def test_it_is_no_administrator(self, settings, milvus):
        client = MilvusClient(milvus.uri, token=f"{USER}:{PASSWORD}", dedicated=True)
        forbidden = [
            lambda: client.create_user("other", "Other0123456789"),
            lambda: client.create_role("other"),
            lambda: client.grant_role(USER, "admin"),
            lambda: client.drop_user("root"),
            lambda: client.create_database("other"),
        ]
        for call in forbidden:
            with pytest.raises((MilvusException, grpc.RpcError), match=r"(?i)permission|privilege"):
                call()
        client.close()

    def test_a_new_password_takes_the_place_of_the_old_one(self, milvus):
        prepare_milvus(milvus.uri, f"changing:{PASSWORD}", "Milvus")
        prepare_milvus(milvus.uri, f"changing:{PASSWORD}x", "Milvus")

        MilvusConnection(milvus.uri, f"changing:{PASSWORD}x", 10).close()
        with pytest.raises(UnavailableError):
            MilvusConnection(milvus.uri, f"changing:{PASSWORD}", 10)
