"""The table of milestones, with the first load of a database that has been used before."""

from datetime import UTC, datetime

from alembic import op
from sqlalchemy import Column, DateTime, MetaData, String, Table, inspect, text
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

_milestones = Table(
    "milestones",
    MetaData(),
    Column("name", String(32), primary_key=True),
    Column("reached_at", _TIME, nullable=False),
    mysql_charset="utf8mb4",
    mysql_engine="InnoDB",
)
_FIRST_LOAD = "first load"


def upgrade() -> None:
    """Create the table; record the first load of a database in use."""
    connection = op.get_bind()
    if not inspect(connection).has_table(_milestones.name):
        _milestones.create(connection)
    # Runs and jobs outlive the library that they were made with.
    used = any(
        connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608  # nosec B608
        for table in ("libraries", "runs", "jobs")
    )
    reached = connection.execute(_milestones.select()).first()
    if used and not reached:
        values = {"name": _FIRST_LOAD, "reached_at": datetime.now(UTC).replace(tzinfo=None)}
        connection.execute(_milestones.insert().values(values))


def downgrade() -> None:
    """Drop the table."""
    _milestones.drop(op.get_bind(), checkfirst=True)
