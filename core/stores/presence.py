"""Which process a job belongs to, and whether that process is still there."""

import fcntl
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from core.stores.database import plain_errors


class Presence:
    """A name for this user of a database, that others can tell from a dead one's.

    Beside SQLite lies a file that is locked for as long as the process lives, so that its death is
    known at once. A server has no such file: there, only silence tells.

    Raises
    ------
    StoreError
        If the file cannot be made.
    """

    def __init__(self, engine: Engine) -> None:
        self.owner = uuid4().hex
        self._database = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = None
        if self._database:
            with plain_errors(engine.url.render_as_string(), "beginning to keep jobs"):
                self._file = self._path(self.owner).open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_gone(self, owner: str) -> bool:
        """Whether that owner is known to be dead; False where it cannot be known."""
        if not self._database:
            return False
        try:
            with self._path(owner).open("r+") as file:
                # Shared, so that of several who look at once each sees the same.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        self._path(owner).unlink(missing_ok=True)
        return True

    def leave(self) -> None:
        """Be gone, for all others to see."""
        if self._file is not None:
            with suppress(OSError):
                self._path(self.owner).unlink(missing_ok=True)
            self._file.close()

    def _path(self, owner: str) -> Path:
        return Path(f"{self._database}.jobs-{owner}.lock")
