"""Archives: a library exported into one file, and imported where it answers alike."""

from core.library.archive.exporter import export_library
from core.library.archive.importer import import_library

__all__ = ["export_library", "import_library"]
