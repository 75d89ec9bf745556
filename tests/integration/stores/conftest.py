"""An empty database for every test: SQLite or MariaDB."""

from collections.abc import Iterator

import pytest

from core.stores.sql.database import Database
from core.stores.sql.schema import metadata


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def database_url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labels.sqlite'}"
    return str(request.getfixturevalue("mariadb").url("labels"))


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    database = Database(database_url, timeout=10)
    with database.begin("emptying the tables") as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    yield database
    database.close()
