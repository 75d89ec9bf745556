"""Backup: all that a deployment has, in one file, and its restoration into empty stores.

The database alone is written: a library's vectors are what its encoder, which is in the database,
makes of its sequences, so one snapshot of the database is a consistent set of both stores. Vectors
are encoded again when the file is restored.
"""

from core.backup.restore import restore_backup
from core.backup.writer import write_backup

__all__ = ["restore_backup", "write_backup"]
