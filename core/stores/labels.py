"""The labels: libraries, families, organisms and sequences, in MySQL or SQLite."""

from core.stores.library_labels import LibraryLabels
from core.stores.load_labels import LoadLabels
from core.stores.rows import Identity, Label, LibraryRow, LoadRow, OrganismRow, SequenceRow
from core.stores.sequence_labels import SequenceLabels


class LabelStore(LibraryLabels, LoadLabels, SequenceLabels):
    """What the tables say; every method may raise :class:`~core.errors.StoreError`."""


__all__ = ["Identity", "Label", "LabelStore", "LibraryRow", "LoadRow", "OrganismRow", "SequenceRow"]
