"""A library as one file: exported, checked, and imported where it is to answer alike."""

from core.library.archive.exporter import export_library
from core.library.archive.importer import import_library

__all__ = ["export_library", "import_library"]
