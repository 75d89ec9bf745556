"""Table of the audit trail: who did what to what, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select

from core.stores.sql.schema import audit
from core.stores.sql.tables import Tables, replace_surrogates, utc_now

_MAX_TEXT = 1_000
"""Maximum number of characters of each text of an entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit trail.

    Attributes
    ----------
    at
        UTC.
    by
        The user; empty for GeneKin itself, and for somebody who is not signed in.
    subject
        The library, run or user.
    detail
        One line; may be empty.
    """

    at: datetime
    by: str
    action: str
    subject: str
    detail: str


class AuditTable(Tables):
    """Access to the audit trail; every method may raise :class:`~core.errors.StoreError`."""

    def add(self, by: str, action: str, subject: str = "", detail: str = "") -> None:
        """Add an entry, dated now."""
        texts = {"by": by, "subject": subject, "detail": detail}
        values = {name: replace_surrogates(text)[:_MAX_TEXT] for name, text in texts.items()}
        with self._begin("writing the audit trail") as connection:
            connection.execute(insert(audit).values(at=utc_now(), action=action, **values))

    def find(self, text: str = "", start: int = 0, count: int = 100) -> list[AuditEntry]:
        """Return `count` of the entries that contain a text, from `start`, the latest first."""
        columns = [audit.c.at, audit.c.by, audit.c.action, audit.c.subject, audit.c.detail]
        query = _filtered(select(*columns), text).order_by(audit.c.id.desc())
        with self._connect("reading the audit trail") as connection:
            rows = connection.execute(query.offset(start).limit(count))
            return [AuditEntry(*row) for row in rows]

    def count(self, text: str = "") -> int:
        """Return the number of entries that contain a text."""
        query = _filtered(select(func.count()).select_from(audit), text)
        with self._connect("counting the audit trail") as connection:
            return int(connection.execute(query).scalar_one())


def _filtered(query: Select[Any], text: str) -> Select[Any]:
    if not text:
        return query
    columns = (audit.c.by, audit.c.action, audit.c.subject, audit.c.detail)
    found = [column.contains(text, autoescape=True) for column in columns]
    return query.where(found[0] | found[1] | found[2] | found[3])
