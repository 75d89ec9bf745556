"""The SQL database, MySQL or SQLite: its tables, their migrations, and access to them."""

from core.stores.sql.libraries import LibraryLabels
from core.stores.sql.loads import LoadLabels
from core.stores.sql.organisms import OrganismLabels
from core.stores.sql.rows import (
    Identity,
    Label,
    LibraryRow,
    LoadRow,
    OrganismRow,
    SequenceRow,
    Visibility,
)
from core.stores.sql.sequences import SequenceLabels


class LabelStore(LibraryLabels, LoadLabels, OrganismLabels, SequenceLabels):
    """Libraries, families, organisms and sequences.

    Every method may raise :class:`~core.errors.StoreError`.
    """


__all__ = [
    "Identity",
    "Label",
    "LabelStore",
    "LibraryRow",
    "LoadRow",
    "OrganismRow",
    "SequenceRow",
    "Visibility",
]
