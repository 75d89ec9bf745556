"""The tables of the labels, alike on MySQL and SQLite.

A load is *pending* until all its vectors are in Milvus, then *ready*; an organism is *pending*
until its first load is ready, and *removing* while it is being removed. What is not ready is
invisible to searches, and whatever a crash leaves pending or removing can be found here.

An organism that is to take the place of another is loaded beside it: a row of its own, pending,
under the name that :func:`incoming` gives, and a partition of its own, which also goes into the
ids of its sequences. So the two share nothing, not even a sequence that is in both, whose family
may have changed. One transaction exchanges the names and states; then the old one is removed as any
other is.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
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
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem

PENDING, READY, REMOVING = "pending", "ready", "removing"

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_LETTERS = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TEXT = Text().with_variant(mysql.MEDIUMTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
"""Of any letters, which are compared one by one."""
TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BYTES = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_ID = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


def incoming(organism: str) -> str:
    """What an organism is called in the tables until it takes the place of another.

    No organism can be called so.
    """
    return f"{organism} (new)"


def outgoing(organism: str) -> str:
    """What an organism is called in the tables once another has taken its place."""
    return f"{organism} (old)"


def made_table(name: str, *parts: SchemaItem) -> Table:
    """A table of the database, as every one is made."""
    return Table(name, metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB")


libraries = made_table(
    "libraries",
    Column("id", Integer, primary_key=True),
    Column("name", _NAME, nullable=False, unique=True),
    Column("collection", String(255), nullable=False),
    Column("encoder", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("index", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("caller", String(64), nullable=False, default=""),
    Column("threshold", Float, nullable=True),
    # A collection that is being made, or one that was left: no search needs it.
    Column("spare", String(255), nullable=True),
    # The last load that the encoder was fitted on.
    Column("fitted_load", Integer, nullable=True),
)


def _arrays(name: str) -> Table:
    return made_table(
        name,
        Column("library_id", ForeignKey("libraries.id"), primary_key=True),
        Column("name", String(64), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", BYTES, nullable=False),
    )


encoder_arrays = _arrays("encoder_arrays")
caller_arrays = _arrays("caller_arrays")

families = made_table(
    "families",
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", _NAME, nullable=False),
)

loads = made_table(
    "loads",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("by", Text, nullable=True),
)

organisms = made_table(
    "organisms",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("name", _NAME, nullable=False),
    Column("state", String(16), nullable=False),
    # In Milvus; the organism's own name, where there is none.
    Column("partition", String(255), nullable=True),
    UniqueConstraint("library_id", "name"),
)

sequences = made_table(
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

jobs = made_table(
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
    Column("cancel_asked", Boolean, nullable=False, default=False),
    Column("submitted_at", TIME, nullable=False),
    Column("started_at", TIME, nullable=True),
    Column("finished_at", TIME, nullable=True),
    Column("heartbeat", Double, nullable=False),
    # What is worked on, while it is; NULLs are never equal, so only jobs under way exclude others.
    Column("under_way", String(64), nullable=True, unique=True),
)
