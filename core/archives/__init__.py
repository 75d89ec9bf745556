"""A library as one file: exported, checked, and imported where it is to answer alike."""

from core.archives.exporting import export_library
from core.archives.importing import import_library

__all__ = ["export_library", "import_library"]
