"""Owners and access of libraries, sharing of runs, and the tables of sign-ins and the audit."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    inspect,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem

revision = "0003"
down_revision = "0002"

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_TEXT = Text().with_variant(mysql.MEDIUMTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_ID = BigInteger().with_variant(Integer(), "sqlite")

_metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, _metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB")


_table(
    "sign_ins",
    Column("digest", String(64), primary_key=True),
    Column("name", _NAME, nullable=False, index=True),
    Column("began_at", _TIME, nullable=False, index=True),
    Column("ended_at", _TIME, nullable=True),
)

_table(
    "audit",
    Column("id", _ID, primary_key=True),
    Column("at", _TIME, nullable=False, index=True),
    Column("by", _TEXT, nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", _TEXT, nullable=False),
    Column("detail", _TEXT, nullable=False),
)


def _added_columns() -> list[tuple[str, Column[object]]]:
    """Return the new columns with the names of their tables; existing libraries are the lab's."""
    return [
        ("libraries", Column("owner", _NAME, nullable=False, server_default="")),
        ("libraries", Column("access", String(16), nullable=False, server_default="lab")),
        ("runs", Column("shared", Boolean, nullable=False, server_default=false())),
    ]


def upgrade() -> None:
    """Create the tables and add the columns that are missing."""
    inspector = inspect(op.get_bind())
    for name, column in _added_columns():
        if column.name not in {known["name"] for known in inspector.get_columns(name)}:
            op.add_column(name, column)
    _metadata.create_all(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Drop them again, with all that they have."""
    _metadata.drop_all(op.get_bind(), checkfirst=True)
    inspector = inspect(op.get_bind())
    for name, column in _added_columns():
        if column.name in {known["name"] for known in inspector.get_columns(name)}:
            op.drop_column(name, str(column.name))
