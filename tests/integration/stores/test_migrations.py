"""The tables that the migrations make, on SQLite and MariaDB."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, MetaData, create_engine, inspect, select

from core.errors import StoreError
from core.stores.locks import named_lock
from core.stores.sql import LabelStore, migrations
from core.stores.sql.database import Database
from core.stores.sql.jobs import JobTable
from core.stores.sql.runs import RunTable
from core.stores.sql.schema import metadata
from core.stores.sql.sign_ins import SignInTable

OPEN = """
import sys
from core.stores.sql.database import Database

sys.stdin.readline()
Database(sys.argv[1], timeout=10).close()
"""
LOADED = """
import sys
from core.stores.sql.database import Database

Database(sys.argv[1], timeout=10).close()
print("alembic" in sys.modules)
"""


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def empty_url(request, tmp_path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        folder = tmp_path / "100% of it"
        return f"sqlite:///{folder / 'labels.sqlite'}"
    return str(request.getfixturevalue("mariadb").url(f"migrated_{uuid4().hex}"))


def differences(database: Database) -> list[object]:
    with database.connect("comparing") as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def revision(database: Database) -> object:
    with database.connect("looking") as connection:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()


def execute(database: Database, *statements: str) -> None:
    with database.begin("changing the tables") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def columns(database: Database, table: str):
    return inspect(database.engine).get_columns(table)


def migrate(database: Database, change, target: str) -> None:
    """Change the tables to an earlier or later revision."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(migrations.__file__).parent).replace("%", "%%")
    )
    with database.begin("migrating") as connection:
        config.attributes["connection"] = connection
        change(config, target)


def test_the_newest_revision_is_the_one_named():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.HEAD]


class TestUpgrade:
    def test_an_empty_database_gets_exactly_the_tables(self, empty_url):
        database = Database(empty_url, timeout=10)

        assert differences(database) == []
        assert revision(database) == migrations.HEAD
        assert set(inspect(database.engine).get_table_names()) == {
            *metadata.tables,
            "alembic_version",
        }
        database.close()

    def test_an_early_database_gets_what_it_lacks(self, empty_url):
        database = Database(empty_url, timeout=10)
        execute(
            database,
            "DROP TABLE alembic_version",
            "DROP TABLE evaluations",
            "DROP TABLE run_parts",
            "DROP TABLE runs",
            "ALTER TABLE loads DROP COLUMN `by`",
            "ALTER TABLE libraries DROP COLUMN owner",
            "ALTER TABLE libraries DROP COLUMN access",
            "ALTER TABLE libraries DROP COLUMN spare",
            "ALTER TABLE libraries DROP COLUMN threshold",
            "INSERT INTO libraries VALUES (7, 'old', 'c', 'count', 'f', '{}', '2025-01-02', '', 3)",
        )
        assert differences(database)
        database.close()

        database = Database(empty_url, timeout=10)
        assert differences(database) == []
        with database.connect("looking") as connection:
            row = connection.exec_driver_sql("SELECT id, name, fitted_load, spare FROM libraries")
            assert row.one() == (7, "old", 3, None)
        database.close()

    def test_what_was_there_before_sign_in_is_the_labs(self, empty_url):
        database = Database(empty_url, timeout=10)
        migrate(database, command.downgrade, "0002")
        execute(
            database,
            "INSERT INTO libraries (id, name, collection, encoder, fingerprint, `index`,"
            " created_at, caller) VALUES (7, 'old', 'c', 'count', 'f', '{}', '2025-01-02', '')",
            "INSERT INTO runs (id, name, found_by, created_at, `by`, library, encoder, fingerprint,"
            " contents, queries, about) VALUES ('r', 'a run', '', '2025-01-02', 'Ada', 'old',"
            " 'count', 'f', 'c', 1, '{}')",
        )
        database.close()

        database = Database(empty_url, timeout=10)
        assert LabelStore(database).library_owners() == {"old": ("", "lab")}
        run = RunTable(database).get("r")
        assert run is not None
        assert (run.by, run.shared) == ("Ada", False)
        database.close()

    def test_access_can_be_taken_back_and_given_again(self, empty_url):
        database = Database(empty_url, timeout=10)
        for _ in range(2):  # The second time, as after one that was cut short.
            execute(database, "UPDATE alembic_version SET version_num = '0003'")
            migrate(database, command.downgrade, "0002")
        tables = set(inspect(database.engine).get_table_names())
        assert not {"audit", "sign_ins"} & tables
        assert "owner" not in {column["name"] for column in columns(database, "libraries")}
        assert "shared" not in {column["name"] for column in columns(database, "runs")}
        database.close()

        database = Database(empty_url, timeout=10)
        assert differences(database) == []
        database.close()

    @pytest.mark.parametrize("used", [True, False])
    def test_a_database_in_use_has_had_its_first_load(self, empty_url, used):
        database = Database(empty_url, timeout=10)
        execute(
            database,
            "DROP TABLE milestones",
            "UPDATE alembic_version SET version_num = '0001'",
        )
        if used:
            execute(
                database,
                "INSERT INTO libraries (id, name, collection, encoder, fingerprint, `index`,"
                " created_at, caller) VALUES (7, 'old', 'c', 'count', 'f', '{}', '2025-01-02', '')",
            )
        database.close()

        database = Database(empty_url, timeout=10)
        assert LabelStore(database).has_been_loaded() is used
        database.close()

    def test_one_that_was_cut_short_goes_on(self, empty_url):
        database = Database(empty_url, timeout=10)
        execute(database, "DELETE FROM alembic_version", "DROP TABLE run_parts")
        database.close()

        database = Database(empty_url, timeout=10)
        assert differences(database) == []
        assert revision(database) == migrations.HEAD
        database.close()

    def test_a_newer_database_is_refused_and_left_as_it_is(self, empty_url):
        database = Database(empty_url, timeout=10)
        execute(database, "UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(StoreError) as raised:
            Database(empty_url, timeout=10)

        assert str(raised.value) == (
            f"The database {database.address} was written by a newer version of GeneKin."
            " Upgrade GeneKin to use it."
        )
        assert revision(database) == "9999"
        database.close()

    def test_threads_may_open_it_at_once(self, empty_url):
        with ThreadPoolExecutor(6) as pool:
            opened = list(pool.map(lambda _: Database(empty_url, timeout=10), range(6)))

        assert differences(opened[0]) == []
        for database in opened:
            database.close()

    def test_processes_may_open_it_at_once(self, empty_url):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", OPEN, empty_url], stdin=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

        assert [process.wait() for process in processes] == [0] * 4
        for process in processes:
            process.communicate()
        database = Database(empty_url, timeout=10)
        assert differences(database) == []
        database.close()

    def test_a_current_database_opens_without_alembic(self, empty_url):
        Database(empty_url, timeout=10).close()
        command = [sys.executable, "-c", LOADED, empty_url]

        assert subprocess.check_output(command, text=True) == "False\n"

    @pytest.mark.mariadb
    def test_one_that_another_process_upgrades_is_waited_for(self, mariadb, monkeypatch):
        url = mariadb.url(f"migrated_{uuid4().hex}")
        monkeypatch.setattr(migrations, "_LOCK_SECONDS", 0)
        engine = create_engine(url)

        with named_lock(engine, "#migrations", 0) as acquired:
            assert acquired
            with pytest.raises(StoreError, match="Another process is upgrading the database"):
                Database(url, timeout=10)

        Database(url, timeout=10).close()
        engine.dispose()


class TestDowngrade:
    """Every revision, there and back, with rows in all tables."""

    def filled(self, url: str) -> Database:
        database = Database(url, timeout=10)
        with database.begin("filling") as connection:
            for table in metadata.sorted_tables:
                row = {column.name: example(column) for column in table.columns}
                connection.execute(table.insert().values(row))
        return database

    def rows(self, database: Database) -> dict[str, list[tuple[object, ...]]]:
        """The rows of the tables that there are, as the database itself describes them."""
        tables = MetaData()
        with database.connect("reading") as connection:
            tables.reflect(connection)
            return {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in tables.tables.items()
                if name != "alembic_version"
            }

    def test_all_the_way_back_and_forth_step_by_step(self, empty_url):
        database = self.filled(empty_url)
        steps = migrations.revisions()
        before = self.rows(database)
        assert all(before.values())

        for earlier in steps[-2::-1]:
            migrations.downgrade(database.engine, earlier)
            assert revision(database) == earlier
            kept = self.rows(database)
            for name, found in kept.items():
                shared = min(len(found[0]), len(before[name][0]))
                assert [row[:shared] for row in found] == [row[:shared] for row in before[name]]
        for later in steps[1:]:
            migrations.upgrade(database.engine, later)
            assert revision(database) == later

        assert differences(database) == []
        after = self.rows(database)
        for name, found in kept.items():  # What the first revision knows.
            shared = len(found[0])
            assert [row[:shared] for row in after[name]] == [row[:shared] for row in before[name]]
        database.close()

    def test_each_step_back_and_forth_again(self, empty_url):
        """Down and up twice: a step leaves nothing that is in the way of the next."""
        database = self.filled(empty_url)
        steps = migrations.revisions()
        for _ in range(2):
            migrations.downgrade(database.engine, steps[0])
            migrations.upgrade(database.engine)
        assert differences(database) == []
        database.close()

    def test_one_that_was_cut_short_goes_on(self, empty_url):
        database = self.filled(empty_url)
        steps = migrations.revisions()
        migrations.downgrade(database.engine, steps[0])
        execute(database, f"UPDATE alembic_version SET version_num = '{steps[-1]}'")

        migrations.downgrade(database.engine, steps[0])

        migrations.upgrade(database.engine)
        assert differences(database) == []
        database.close()


def example(column: Column[Any]) -> object:
    """A value for a column, the same key in all tables."""
    kind = getattr(column.type, "python_type", object)
    if isinstance(column.type, JSON):
        return {"a": [1, None]}
    values: dict[type, object] = {
        int: 1,
        str: "é",
        bool: True,
        float: 0.5,
        bytes: bytes(range(256)),
        datetime: datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001
    }
    return values[kind]


class TestJobWorkers:
    """Revision 0004, there and back."""

    def test_ends_what_the_other_version_has_under_way(self, empty_url):
        database = Database(empty_url, timeout=10)
        execute(
            database,
            "INSERT INTO jobs (kind, library, title, digest, `by`, owner, state, doing, done,"
            " total, message, hint, result, cancel_asked, submitted_at, heartbeat, under_way,"
            " arguments) VALUES ('load', 'lab', 'a.txt', 'd', '', '', 'queued', '', 0, 0, '', '',"
            " 'null', 0, '2026-01-02', 0, 'key', '{}')",
        )

        assert [job.state for job in JobTable(database).active()] == ["queued"]
        migrate(database, command.downgrade, "0003")
        assert set(inspect(database.engine).get_table_names()).isdisjoint(
            {"workers", "job_files", "stored_results"}
        )
        columns = {column["name"] for column in inspect(database.engine).get_columns("jobs")}
        assert columns.isdisjoint({"arguments", "attempts", "running_in", "submitter"})
        execute(
            database,
            "UPDATE jobs SET state = 'running', under_way = 'key'",
            # As by a version that stopped in its midst.
            "ALTER TABLE jobs ADD COLUMN attempts INTEGER DEFAULT 0 NOT NULL",
        )
        migrate(database, command.upgrade, "head")

        assert differences(database) == []
        (job,) = JobTable(database).recent()
        assert (job.state, job.attempts, job.hint) == ("lost", 0, "Start it again.")
        database.close()


class TestApiTokens:
    """Revision 0005, there and back."""

    def test_sign_ins_of_before_go_on_without_a_role(self, empty_url):
        database = Database(empty_url, timeout=10)
        migrate(database, command.downgrade, "0004")
        assert "api_tokens" not in inspect(database.engine).get_table_names()
        assert "role" not in {column["name"] for column in columns(database, "sign_ins")}
        execute(
            database,
            "INSERT INTO sign_ins (digest, name, began_at) VALUES ('d', 'ada', '2026-01-02')",
            "ALTER TABLE sign_ins ADD COLUMN role VARCHAR(16) DEFAULT '' NOT NULL",  # Cut short.
        )
        database.close()

        database = Database(empty_url, timeout=10)
        assert differences(database) == []
        row = SignInTable(database).get("d")
        assert row is not None
        assert (row.name, row.role) == ("ada", "")
        database.close()
