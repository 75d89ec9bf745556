"""API tokens, and the role of each sign-in at an OpenID provider."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, inspect
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"

_NAME = String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), "mysql", "mariadb")
_TIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

_tokens = Table(
    "api_tokens",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", _NAME, nullable=False),
    Column("owner", _NAME, nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("used_at", _TIME, nullable=True),
    Column("revoked_at", _TIME, nullable=True),
    mysql_charset="utf8mb4",
    mysql_engine="InnoDB",
)


def upgrade() -> None:
    """Create the table; sign-ins that are under way have no role until the user's next action."""
    _tokens.create(op.get_bind(), checkfirst=True)
    if not _has_role():
        column = Column("role", String(16), nullable=False, server_default="")
        op.add_column("sign_ins", column)


def downgrade() -> None:
    """Drop the table, with all tokens, and the role."""
    _tokens.drop(op.get_bind(), checkfirst=True)
    if _has_role():
        op.drop_column("sign_ins", "role")


def _has_role() -> bool:
    inspector = inspect(op.get_bind())
    if not inspector.has_table("sign_ins"):  # On the way back, after one that was cut short.
        return False
    return "role" in {column["name"] for column in inspector.get_columns("sign_ins")}
