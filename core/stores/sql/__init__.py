"""The labels: libraries, families, organisms and sequences, in MySQL or SQLite."""

from core.stores.sql.libraries import LibraryLabels
from core.stores.sql.loads import LoadLabels
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


class LabelStore(LibraryLabels, LoadLabels, SequenceLabels):
    """What the tables say; every method may raise :class:`~core.errors.StoreError`."""


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
