"""Profile HMMs of libraries."""

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem

revision = "0007"
down_revision = "0006"

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_TEXT = Text().with_variant(mysql.MEDIUMTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
_BYTES = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_COLUMN = "profiles"

_metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, _metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB")


_table("libraries", Column("id", Integer, primary_key=True))
_TABLES = (
    _table(
        "profile_arrays",
        Column("library_id", ForeignKey("libraries.id"), primary_key=True),
        Column("name", String(64), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", _BYTES, nullable=False),
    ),
    _table(
        "profiles",
        Column("library_id", ForeignKey("libraries.id"), primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("name", _NAME, nullable=False),
        Column("accession", _NAME, nullable=False),
        Column("description", _TEXT, nullable=False),
        Column("length", Integer, nullable=False),
        Column("family", Integer, nullable=True),
        Column("source", _TEXT, nullable=False),
        Column("added_at", DateTime, nullable=False),
        Column("by", _TEXT, nullable=False),
        Column("data", _BYTES, nullable=False),
        UniqueConstraint("library_id", "name"),
    ),
)


def upgrade() -> None:
    """Add the tables, and the column of libraries."""
    if not _has_column():
        column = Column(_COLUMN, String(64), nullable=False, server_default="")
        op.add_column("libraries", column)
    for table in _TABLES:
        table.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Remove them: the version before answers as it would without profiles."""
    for table in reversed(_TABLES):
        table.drop(op.get_bind(), checkfirst=True)
    if _has_column():
        op.drop_column("libraries", _COLUMN)


def _has_column() -> bool:
    columns = inspect(op.get_bind()).get_columns("libraries")
    return _COLUMN in {column["name"] for column in columns}
