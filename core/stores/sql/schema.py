"""Tables of the database, alike on MySQL and SQLite.

A load is *pending* until all its vectors are in Milvus, then *ready*; an organism is *pending*
until its first load is ready, and *removing* while it is being removed. Searches see only what is
ready, and whatever a crash leaves pending or removing can be found here.

An organism that will replace another is loaded beside it: its own pending row, under the name
returned by :func:`incoming`, and its own partition, which is also part of the ids of its sequences.
So the two share nothing, not even a sequence that both contain, whose family may have changed. One
transaction swaps names and states; then the old organism is removed like any other.

Every change of a table needs a revision in :mod:`core.stores.sql.migrations`.
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
    false,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import SchemaItem

PENDING, READY, REMOVING = "pending", "ready", "removing"

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_LETTERS = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
# Compared byte by byte: case and accents matter.
_TEXT = Text().with_variant(mysql.MEDIUMTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BYTES = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_KEY = String(32).with_variant(mysql.VARCHAR(32, collation="utf8mb4_bin"), "mysql", "mariadb")
_ID = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()
"""All tables."""


def incoming(organism: str) -> str:
    """Return the name in the tables of an organism that will replace another.

    No organism can have such a name.
    """
    return f"{organism} (new)"


def outgoing(organism: str) -> str:
    """Return the name in the tables of an organism that was replaced."""
    return f"{organism} (old)"


def _table(name: str, *parts: SchemaItem, backup: bool = True) -> Table:
    """Declare a table; a backup has it, unless its rows only say what is going on."""
    info = {"backup": backup}
    return Table(name, metadata, *parts, mysql_charset="utf8mb4", mysql_engine="InnoDB", info=info)


libraries = _table(
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
    # A collection under construction or to be dropped: no search uses it.
    Column("spare", String(255), nullable=True),
    # The last load in the training set of the encoder.
    Column("fitted_load", Integer, nullable=True),
    # The user who created it; empty: nobody.
    Column("owner", _NAME, nullable=False, server_default=""),
    # Who may use it: private, lab or public.
    Column("access", String(16), nullable=False, server_default="lab"),
    # Digest of its profile HMMs and of what was learned about them; empty: it has none.
    Column("profiles", String(64), nullable=False, server_default=""),
)


def _arrays(name: str) -> Table:
    return _table(
        name,
        Column("library_id", ForeignKey("libraries.id"), primary_key=True),
        Column("name", String(64), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("data", _BYTES, nullable=False),
    )


encoder_arrays = _arrays("encoder_arrays")
caller_arrays = _arrays("caller_arrays")
profile_arrays = _arrays("profile_arrays")

# Profile HMMs, in the order of their numbers, which is that of the arrays.
profiles = _table(
    "profiles",
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", _NAME, nullable=False),
    Column("accession", _NAME, nullable=False),
    Column("description", _TEXT, nullable=False),
    Column("length", Integer, nullable=False),
    # Class number that a user gave to it; NULL: to be learned.
    Column("family", Integer, nullable=True),
    Column("source", _TEXT, nullable=False),
    Column("added_at", DateTime, nullable=False),
    Column("by", _TEXT, nullable=False),
    # The text of its file, compressed.
    Column("data", _BYTES, nullable=False),
    UniqueConstraint("library_id", "name"),
)

families = _table(
    "families",
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", _NAME, nullable=False),
)

loads = _table(
    "loads",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("by", Text, nullable=True),
)

organisms = _table(
    "organisms",
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("name", _NAME, nullable=False),
    Column("state", String(16), nullable=False),
    # In Milvus; NULL: the organism's name.
    Column("partition", String(255), nullable=True),
    UniqueConstraint("library_id", "name"),
)

sequences = _table(
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

# What has happened once in this database, and stays true whatever is deleted.
milestones = _table(
    "milestones",
    Column("name", String(32), primary_key=True),
    Column("reached_at", _TIME, nullable=False),
)

jobs = _table(
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
    Column("submitted_at", _TIME, nullable=False),
    Column("started_at", _TIME, nullable=True),
    Column("finished_at", _TIME, nullable=True),
    Column("heartbeat", Double, nullable=False),
    # Digest of the work of an active job; NULLs are never equal, so finished jobs exclude nothing.
    Column("under_way", String(64), nullable=True, unique=True),
    # Digest of the library of a running job: no two jobs of a library run at a time.
    Column("running_in", String(64), nullable=True),
    # Arguments of the job's kind as JSON; NULL: a job of an earlier version.
    Column("arguments", _LETTERS, nullable=True),
    # Whose turn it is: the user, or the session of one who has not signed in.
    Column("submitter", String(64), nullable=False, server_default=""),
    # A job that must end before this one starts.
    Column("awaits", Integer, nullable=True),
    # How often a worker has started it, and how often it has published results so far.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("published", Integer, nullable=False, server_default="0"),
    # Role of the user when it was submitted.
    Column("role", String(16), nullable=False, server_default=""),
    Index("jobs_running_in", "running_in", unique=True),
    backup=False,
)

# Input of a job, and what it has published so far; deleted when it ends.
job_files = _table(
    "job_files",
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
)

workers = _table(
    "workers",
    Column("name", String(64), primary_key=True),
    Column("started_at", _TIME, nullable=False),
    Column("heartbeat", Double, nullable=False),
    backup=False,
)

# Results that any process can read instead of computing them again.
stored_results = _table(
    "stored_results",
    Column("name", String(64), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
    Column("used_at", _TIME, nullable=False),
    backup=False,
)

runs = _table(
    "runs",
    Column("id", _KEY, primary_key=True),
    Column("name", _TEXT, nullable=False),
    # Case-folded: the name, a line break, and everything else a search matches.
    Column("found_by", _TEXT, nullable=False),
    Column("created_at", _TIME, nullable=False, index=True),
    Column("by", _TEXT, nullable=False),
    Column("library", _TEXT, nullable=False),
    Column("encoder", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("contents", String(64), nullable=False),
    Column("queries", Integer, nullable=False),
    Column("about", JSON, nullable=False),
    # Whether others than its user may open it by its link.
    Column("shared", Boolean, nullable=False, server_default=false()),
)

run_parts = _table(
    "run_parts",
    Column("run_id", _KEY, ForeignKey("runs.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
)

evaluations = _table(
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

# A sign-in is found by the digest of its token, which only the browser has.
sign_ins = _table(
    "sign_ins",
    Column("digest", String(64), primary_key=True),
    Column("name", _NAME, nullable=False, index=True),
    Column("began_at", _TIME, nullable=False, index=True),
    Column("ended_at", _TIME, nullable=True),
    # That the provider's claims gave; empty: the file of users has it.
    Column("role", String(16), nullable=False, server_default=""),
)

# An API token is found by its digest; only the program has the token. No backup has them: restored,
# one that was revoked since would work again.
api_tokens = _table(
    "api_tokens",
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", _NAME, nullable=False),
    # The user whose rights it gives; empty: the only user of an open dashboard.
    Column("owner", _NAME, nullable=False, index=True),
    # The highest role that it gives.
    Column("role", String(16), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("used_at", _TIME, nullable=True),
    Column("revoked_at", _TIME, nullable=True),
    backup=False,
)

audit = _table(
    "audit",
    Column("id", _ID, primary_key=True),
    Column("at", _TIME, nullable=False, index=True),
    Column("by", _TEXT, nullable=False),
    Column("action", String(32), nullable=False),
    # A library, a run or a user.
    Column("subject", _TEXT, nullable=False),
    Column("detail", _TEXT, nullable=False),
)

# What a program sends twice, after a lost answer, is done once.
idempotency_keys = _table(
    "idempotency_keys",
    # Digest of the key and its user.
    Column("key", String(64), primary_key=True),
    # Digest of the request.
    Column("request", String(64), nullable=False),
    Column("used_at", _TIME, nullable=False, index=True),
    # The job that it made; NULL until it has.
    Column("job", Integer, nullable=True),
    backup=False,
)
