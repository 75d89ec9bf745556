"""Jobs that any process can run: their arguments and files, the workers, and stored results."""

from datetime import UTC, datetime

from alembic import op
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    true,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem

revision = "0004"
down_revision = "0003"

_LETTERS = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BYTES = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_INDEX = "jobs_running_in"

_metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, _metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB")


_jobs = _table(
    "jobs",
    Column("id", Integer, primary_key=True),
    Column("state", String(16)),
    Column("message", _LETTERS),
    Column("hint", _LETTERS),
    Column("finished_at", _TIME),
    Column("under_way", String(64)),
    Column("arguments", _LETTERS),
)
_TABLES = (
    _table(
        "job_files",
        Column("job_id", ForeignKey("jobs.id"), primary_key=True),
        Column("name", String(32), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", _BYTES, nullable=False),
    ),
    _table(
        "workers",
        Column("name", String(64), primary_key=True),
        Column("started_at", _TIME, nullable=False),
        Column("heartbeat", Double, nullable=False),
    ),
    _table(
        "stored_results",
        Column("name", String(64), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", _BYTES, nullable=False),
        Column("used_at", _TIME, nullable=False),
    ),
)


def _columns() -> tuple[Column[object], ...]:
    return (
        Column("running_in", String(64), nullable=True),
        Column("arguments", _LETTERS, nullable=True),
        Column("submitter", String(64), nullable=False, server_default=""),
        Column("awaits", Integer, nullable=True),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("published", Integer, nullable=False, server_default="0"),
        Column("role", String(16), nullable=False, server_default=""),
    )


def upgrade() -> None:
    """Add the columns and tables; what was under way has no arguments to go on with."""
    inspector = inspect(op.get_bind())
    known = {column["name"] for column in inspector.get_columns("jobs")}
    for column in _columns():
        if column.name not in known:
            op.add_column("jobs", column)
    if _INDEX not in {index["name"] for index in inspector.get_indexes("jobs")}:
        op.create_index(_INDEX, "jobs", ["running_in"], unique=True)
    for table in _TABLES:
        table.create(op.get_bind(), checkfirst=True)
    _end_active_jobs(_jobs.c.arguments.is_(None))


def downgrade() -> None:
    """Remove them; the version before cannot go on with what is under way."""
    _end_active_jobs(true())
    for table in reversed(_TABLES):
        table.drop(op.get_bind(), checkfirst=True)
    inspector = inspect(op.get_bind())
    if _INDEX in {index["name"] for index in inspector.get_indexes("jobs")}:
        op.drop_index(_INDEX, "jobs")
    known = {column["name"] for column in inspector.get_columns("jobs")}
    for column in _columns():
        if column.name in known:
            op.drop_column("jobs", str(column.name))


def _end_active_jobs(condition: ColumnElement[bool]) -> None:
    active = _jobs.c.state.in_(("submitting", "queued", "running"))
    values = {
        "state": "lost",
        "under_way": None,
        "finished_at": datetime.now(UTC).replace(tzinfo=None),
        "message": "GeneKin was replaced by another version while this job was running.",
        "hint": "Start it again.",
    }
    op.get_bind().execute(_jobs.update().where(active & condition).values(values))
