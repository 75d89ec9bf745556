"""Text encodings: UTF-8, UTF-16 with a byte order mark, and Windows-1252 for everything else.

Statistical detectors guess code pages from the few accents of a file, and guess wrong: they need
prose. Here a file that is no Unicode is read as Windows-1252, with a note for the user.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from core.errors import InputError

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARK = b"\xff\xfe\0\0"
_BINARY = re.compile("[\0-\x08\x0e-\x1f\x7f]")
_ZERO = re.compile("\0")
_CHUNK = 1_000_000
_HINT = "Use FASTA, FASTQ, Excel, or a table as text."
LATIN_NOTE = "Not UTF-8: read as Latin-1 (Windows-1252). Check names with special characters."


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a file, decoded while it is read: a full string could take four times the memory.

    Attributes
    ----------
    data
        Bytes of the file.
    encoding
        Encoding of all of them.
    note
        What the user should know about it, or empty.
    """

    data: bytes
    encoding: str
    note: str = ""

    def lines(self) -> TextIO:
        r"""Return the lines, which all end in ``\\n``."""
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding)

    def beginning(self) -> str:
        """Return up to a million characters, from the first line that is not blank."""
        lines = self.lines()
        first = next((line for line in lines if not line.isspace()), "")
        return (first + lines.read(_CHUNK))[:_CHUNK]


def decode(data: bytes, source: str) -> Text:
    r"""Detect the encoding: UTF-8, UTF-16 with a byte order mark, or else Windows-1252.

    Raises
    ------
    InputError
        If it is a binary file, or damaged UTF-16.

    Examples
    --------
    >>> decode(b">a\r\nACGT\r", "a.fa").lines().read()
    '>a\nACGT\n'
    """
    if data.startswith(UTF16_MARKS) and not data.startswith(_UTF32_MARK):
        try:
            _check(data, "utf-16", _ZERO, source)
        except UnicodeDecodeError:
            message = f"{source} is damaged UTF-16 text."
            raise InputError(message, "Save it again as UTF-8 text.") from None
        return Text(data, "utf-16")
    try:
        _check(data, "utf-8-sig", _ZERO, source)
    except UnicodeDecodeError:
        # Nearly all bytes are letters of Latin-1: only control characters reveal a binary file.
        try:
            _check(data, "cp1252", _BINARY, source)
        except UnicodeDecodeError:
            raise not_text(source) from None
        return Text(data, "cp1252", LATIN_NOTE)
    return Text(data, "utf-8-sig")


def _check(data: bytes, encoding: str, forbidden: re.Pattern[str], source: str) -> None:
    """Check that the data are in this encoding and have no forbidden characters."""
    for chunk in codecs.iterdecode(_chunks(data), encoding):
        if forbidden.search(chunk):
            raise not_text(source)


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def not_text(source: str) -> InputError:
    """Return the error for a file that is not text."""
    return InputError(f"{source} is not a text file.", _HINT)
