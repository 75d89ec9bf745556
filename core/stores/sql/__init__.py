"""The SQL database, MySQL or SQLite: its tables, their migrations, and access to them."""

from core.stores.sql.libraries import LibraryLabels
from core.stores.sql.loads import LoadLabels
from core.stores.sql.organisms import OrganismLabels
from core.stores.sql.profiles import ProfileLabels
from core.stores.sql.rows import (
    Identity,
    Label,
    LibraryRow,
    LoadRow,
    OrganismRow,
    ProfileRow,
    SequenceRow,
    Visibility,
)
from core.stores.sql.sequences import SequenceLabels


class LabelStore(LibraryLabels, LoadLabels, OrganismLabels, ProfileLabels, SequenceLabels):
    """Libraries, families, organisms, profiles and sequences.

    Every method may raise :class:`~core.errors.StoreError`.
    """


__all__ = [
    "Identity",
    "Label",
    "LabelStore",
    "LibraryRow",
    "LoadRow",
    "OrganismRow",
    "ProfileRow",
    "SequenceRow",
    "Visibility",
]
