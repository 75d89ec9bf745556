"""Migrations: the revisions of the tables, applied by Alembic when a database is opened.

To change a table, change :mod:`core.stores.sql.schema`, add a revision to `versions/`, and set
:data:`HEAD` to it. MySQL commits after every change of a table, so a revision that a crash cut
short runs again: it must pass over what is there already. That holds for the way back, too.
"""

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from core.errors import StoreError
from core.stores.errors import database_address
from core.stores.locks import named_lock
from core.stores.sql.connection import allow_slow_answers

HEAD = "0006"
"""The newest revision; kept here so that a current database opens without importing Alembic."""
_LOCK_SECONDS = 120.0
"""Time to wait for another process that upgrades the same database."""
_alembic_lock = threading.Lock()
"""Alembic keeps the running migration in globals of the process."""


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Create the tables in an empty database, or upgrade those of an earlier version.

    Safe to call from several threads and processes at once.

    Parameters
    ----------
    revision
        The revision to upgrade to.

    Raises
    ------
    StoreError
        If the database was written by a newer version, or another process is still upgrading it.
    SQLAlchemyError
        If the database fails.
    """
    if _revision(engine) != revision:
        _migrate(engine, "upgrade", revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to a revision of an earlier version, with what it knew of the data.

    What only later revisions have is lost: back up first.

    Raises
    ------
    StoreError
        If another process is changing the tables.
    SQLAlchemyError
        If the database fails.
    """
    _migrate(engine, "downgrade", revision)


def revisions() -> list[str]:
    """Return all revisions of this version, the first one first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _migrate(engine: Engine, direction: str, revision: str) -> None:
    sqlite = engine.dialect.name == "sqlite"
    lock: AbstractContextManager[bool] = (
        nullcontext(enter_result=True)
        if sqlite
        else named_lock(engine, "#migrations", _LOCK_SECONDS)
    )
    with _alembic_lock, lock as acquired:
        if not acquired:
            message = "Another process is upgrading the database."
            raise StoreError(message, "Wait until it is finished, then try again.")
        _run_alembic(engine, direction, revision)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(engine: Engine, direction: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # Alembic interpolates "%" in its options.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect() as connection, allow_slow_answers(connection), connection.begin():
        if engine.dialect.name == "sqlite":
            # Other processes wait for this transaction, and a crash leaves nothing half done.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        try:
            getattr(command, direction)(config, revision)
        except CommandError as error:  # It does not know the revision.
            address, reason = database_address(engine.url), "written by a newer version of GeneKin."
            raise StoreError(
                f"The database {address} was {reason}",
                "Upgrade GeneKin to use it.",
                public=f"The database was {reason}",
            ) from error
