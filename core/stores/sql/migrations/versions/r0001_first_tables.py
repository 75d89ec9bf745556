"""The tables of version 0.1.0.

A database of that version has no revision, and an even older one lacks columns, indexes or tables:
only what is missing is created.
"""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Double,
    Float,
    ForeignKey,
    Index,
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
from sqlalchemy.schema import CreateColumn, SchemaItem

revision = "0001"
down_revision = None

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_LETTERS = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
# Compared byte by byte: case and accents matter.
_TEXT = Text().with_variant(mysql.MEDIUMTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BYTES = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_KEY = String(32).with_variant(mysql.VARCHAR(32, collation="utf8mb4_bin"), "mysql", "mariadb")
_ID = BigInteger().with_variant(Integer(), "sqlite")

_metadata = MetaData()


def upgrade() -> None:
    """Create what is missing of the tables."""
    connection = op.get_bind()
    existing = inspect(connection).get_table_names()
    for table in _metadata.sorted_tables:
        if table.name not in existing:
            table.create(connection)
            continue
        _add_missing_columns(connection, table)
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _add_missing_columns(connection: Connection, table: Table) -> None:
    known = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in known:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            statement = f"ALTER TABLE {table.name} ADD COLUMN {definition}"
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, _metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB")


_table(
    "libraries",
    Column("id", Integer, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("collection", String(255), nullable=False),
    Column("encoder", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("index", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("threshold", Float, nullable=True),
    Column("spare", String(255), nullable=True),
    Column("fitted_load", Integer, nullable=True),
)


def _arrays(name: str) -> Table:
    return _table(
        name,
        Column("library_id", ForeignKey("libraries.id"), primary_key=True),
        Column("name", String(64), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", _BYTES, nullable=False),
    )


_arrays("encoder_arrays")
_arrays("caller_arrays")

_table(
    "families",
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", _NAME, nullable=False),
)

_table(
    "loads",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("by", Text, nullable=True),
)

_table(
    "organisms",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("name", _NAME, nullable=False),
    Column("state", String(16), nullable=False),
    Column("partition", String(255), nullable=True),
    UniqueConstraint("library_id", "name"),
)

_table(
    "sequences",
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("organism_id", ForeignKey("organisms.id"), nullable=False),
    Column("load_id", ForeignKey("loads.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("family", Integer, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("residues", _LETTERS, nullable=False),
    Column("has_vector", Boolean, nullable=False),
    Index("sequences_in_order", "organism_id", "load_id", "position"),
    Index("sequences_of_load", "load_id"),
    Index("sequences_by_family", "library_id", "load_id", "organism_id", "family"),
)

_table(
    "jobs",
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("library", _NAME, nullable=False),
    Column("title", _LETTERS, nullable=False),
    Column("digest", _LETTERS, nullable=False),
    Column("by", _LETTERS, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("doing", _LETTERS, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("rate", Double, nullable=True),
    Column("seconds_left", Double, nullable=True),
    Column("message", _LETTERS, nullable=False),
    Column("hint", _LETTERS, nullable=False),
    Column("result", _LETTERS, nullable=False),
    Column("cancel_asked", Boolean, nullable=False),
    Column("submitted_at", _TIME, nullable=False),
    Column("started_at", _TIME, nullable=True),
    Column("finished_at", _TIME, nullable=True),
    Column("heartbeat", Double, nullable=False),
    Column("under_way", String(64), nullable=True, unique=True),
)

_table(
    "runs",
    Column("id", _KEY, primary_key=True),
    Column("name", _TEXT, nullable=False),
    Column("found_by", _TEXT, nullable=False),
    Column("created_at", _TIME, nullable=False, index=True),
    Column("by", _TEXT, nullable=False),
    Column("library", _TEXT, nullable=False),
    Column("encoder", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("contents", String(64), nullable=False),
    Column("queries", Integer, nullable=False),
    Column("about", JSON, nullable=False),
)

_table(
    "run_parts",
    Column("run_id", _KEY, ForeignKey("runs.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
)

_table(
    "evaluations",
    Column("id", Integer, primary_key=True),
    Column("name", _TEXT, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("by", _TEXT, nullable=False),
    Column("source", _TEXT, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("machine", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("report", _BYTES, nullable=False),
)
