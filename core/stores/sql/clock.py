"""The clock of a database: one for all processes of a deployment."""

from sqlalchemy import ColumnElement, Double, literal_column

from core.stores.sql.database import Database

_SQLITE = "((julianday('now') - 2440587.5) * 86400.0)"
_MYSQL = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)"


def clock(database: Database) -> ColumnElement[float]:
    """Return the seconds since 1970 by the clock of the server, or of SQLite's machine."""
    return literal_column(_SQLITE if database.engine.dialect.name == "sqlite" else _MYSQL, Double)
