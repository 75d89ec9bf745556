"""A file of queries of any size, before anything of it is read."""

import io
import os
import stat
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

WHOLE_BYTES = 4 << 20
"""Unpacked bytes up to which a file is read as a whole."""
_GZIP_MAGIC, _ZIP_MAGIC = b"\x1f\x8b", b"PK"
_GZIP_BITS = 31
"""zlib's name for gzip."""


class Joined(io.RawIOBase):
    """First bytes that were read of a file, and the others, which are still to be read.

    Attributes
    ----------
    position
        Number of bytes that were read again.
    """

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest
        self.position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Read the next bytes."""
        view = memoryview(buffer)
        data = self._head[self.position : self.position + len(view)] or self._rest.read(len(view))
        view[: len(data)] = data
        self.position += len(data)
        return len(data)


class InputFile:
    """A file or standard input: looked at first, then read from its beginning.

    Attributes
    ----------
    name
        Its name, for messages.
    head
        Its first bytes.
    is_whole
        Whether these are all of it.
    content
        All its bytes, to be read once.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._start = file.tell() if file.seekable() else 0
        self.name = name
        self.head = file.read(WHOLE_BYTES + 1)
        self.is_whole = len(self.head) <= WHOLE_BYTES
        self.content = Joined(self.head, file)

    def searchable(self) -> BinaryIO | None:
        """Return the file itself if any part of it can be read; else None."""
        if self.is_whole:
            return io.BytesIO(self.head)
        return self._file if self._file.seekable() else None

    def read_whole(self, max_bytes: int) -> bytes:
        """Return all of it; of a larger one, `max_bytes` and one more."""
        if self.is_whole:
            return self.head
        if self._file.seekable():
            self._file.seek(self._start + len(self.head))
        return self.head + self._file.read(max(0, max_bytes + 1 - len(self.head)))

    @property
    def is_small(self) -> bool:
        """True if it is small, also unpacked; False for a zip, whose files say more."""
        if not self.is_whole or self.head.startswith(_ZIP_MAGIC):
            return False
        if not self.head.startswith(_GZIP_MAGIC):
            return True
        unpacking = zlib.decompressobj(_GZIP_BITS)
        try:
            unpacked = unpacking.decompress(self.head, WHOLE_BYTES + 1)
        except zlib.error:
            return True
        return len(unpacked) <= WHOLE_BYTES and not unpacking.unused_data

    @property
    def size(self) -> int | None:
        """Number of its bytes; None if that is unknown."""
        try:
            info = os.fstat(self._file.fileno())
        except OSError:  # It is none of the system.
            return None
        return info.st_size - self._start if stat.S_ISREG(info.st_mode) else None

    @property
    def position(self) -> int:
        """Number of bytes that were read."""
        reached = self._file.tell() - self._start if self._file.seekable() else 0
        return max(self.content.position, reached)
