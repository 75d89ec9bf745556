"""Users of GeneKin in Milvus and MySQL, with the privileges that it needs and no others.

Run with the settings of the dashboard, which name the two users, and with the passwords of the two
administrators, ``MILVUS_ROOT_PASSWORD`` and ``MYSQL_ROOT_PASSWORD``. Running it again keeps what
exists, and corrects passwords and privileges.
"""

import os
from contextlib import closing

import grpc
import pymysql
from pymilvus import MilvusClient, MilvusException
from sqlalchemy.engine import URL, make_url

from core.settings import read_settings

ADMINISTRATOR = "root"
ROLE = "genekin"
"""Role of GeneKin's user in Milvus."""
MYSQL_PRIVILEGES = (
    # Data.
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    # Tables, which migrations create and change.
    "CREATE",
    "ALTER",
    "DROP",
    "INDEX",
    "REFERENCES",
)
MILVUS_PRIVILEGES = {
    "Global": ("CreateCollection", "DescribeCollection", "DropCollection", "ShowCollections"),
    "Collection": (
        "CreateIndex",
        "CreatePartition",
        "Delete",
        "DropPartition",
        "Flush",
        "GetFlushState",
        "GetLoadState",
        "GetLoadingProgress",
        "GetStatistics",
        "HasPartition",
        "IndexDetail",
        "Insert",
        "Load",
        "Query",
        "Release",
        "Search",
        "ShowPartitions",
        "Upsert",
    ),
}
"""Privileges by the type of what they apply to, which Milvus older than 2.5 asks for."""
_FIRST_WITHOUT_TYPES = (2, 5)


def prepare_mysql(address: URL, administrator_password: str) -> None:
    """Create the database and the user of an address; correct the user's password and privileges.

    Parameters
    ----------
    address
        SQLAlchemy URL with user, password, and database.
    administrator_password
        Password of ``root``.

    Raises
    ------
    pymysql.MySQLError
        If the server cannot be reached or refuses.
    """
    database = f"`{str(address.database).replace('`', '``')}`"
    # In a grant, _ and % stand for any characters.
    pattern = database.replace("_", r"\_").replace("%", r"\%%")
    user, password = address.username, address.password
    connection = pymysql.connect(
        host=address.host,
        port=address.port or 3306,
        user=ADMINISTRATOR,
        password=administrator_password,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4")
        cursor.execute("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", (user, password))
        cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))
        cursor.execute("SHOW GRANTS FOR %s@'%%'", (user,))
        # Only then: a dashboard that is running would be without privileges for a moment.
        if any("ALL PRIVILEGES" in grant for (grant,) in cursor.fetchall()):
            cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@'%%'", (user,))
        cursor.execute(f"GRANT {', '.join(MYSQL_PRIVILEGES)} ON {pattern}.* TO %s@'%%'", (user,))


def prepare_milvus(uri: str, token: str, administrator_password: str) -> None:
    """Create GeneKin's role and the user of a token, or correct the user's password.

    Parameters
    ----------
    token
        ``user:password``.
    administrator_password
        Password of ``root``.

    Raises
    ------
    pymilvus.MilvusException
        If the server cannot be reached or refuses.
    """
    user, _, password = token.partition(":")
    administrator = f"{ADMINISTRATOR}:{administrator_password}"
    with closing(MilvusClient(uri, token=administrator, dedicated=True)) as client:
        if ROLE not in client.list_roles():
            client.create_role(ROLE)
        _grant_privileges(client)
        known = user in client.list_users()
        if known and not _is_accepted(uri, token):
            client.drop_user(user)
            known = False
        if not known:
            client.create_user(user, password)
        client.grant_role(user, ROLE)


def _grant_privileges(client: MilvusClient) -> None:
    """Grant the role its privileges; those that it has already are no error."""
    version = tuple(int(part) for part in client.get_server_version().lstrip("v").split(".")[:2])
    for kind, privileges in MILVUS_PRIVILEGES.items():
        for privilege in privileges:
            if version < _FIRST_WITHOUT_TYPES:
                client.grant_privilege(ROLE, kind, privilege, "*")
            else:
                client.grant_privilege_v2(ROLE, privilege, "*", db_name="default")


def _is_accepted(uri: str, token: str) -> bool:
    try:
        with closing(MilvusClient(uri, token=token, dedicated=True)) as client:
            client.list_collections()
    except (MilvusException, grpc.RpcError):
        return False
    return True


def main() -> None:
    """Prepare both servers."""
    settings = read_settings()
    prepare_mysql(make_url(settings.labels_url), os.environ["MYSQL_ROOT_PASSWORD"])
    prepare_milvus(
        settings.milvus_uri,
        settings.milvus_token.get_secret_value(),
        os.environ["MILVUS_ROOT_PASSWORD"],
    )


if __name__ == "__main__":
    main()
