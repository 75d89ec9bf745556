"""Idempotency keys: which request of a program made which job."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"

_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_table = Table(
    "idempotency_keys",
    MetaData(),
    Column("key", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("used_at", _TIME, nullable=False, index=True),
    Column("job", Integer, nullable=True),
    mysql_charset="utf8mb4",
    mysql_engine="InnoDB",
)


def upgrade() -> None:
    """Create the table."""
    _table.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Drop it again."""
    _table.drop(op.get_bind(), checkfirst=True)
