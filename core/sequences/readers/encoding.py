"""From bytes to text, in the encodings that biologists' files come in."""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from core.errors import InputError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARK = b"\xff\xfe\0\0"
_BINARY = re.compile("[\0-\x08\x0e-\x1f\x7f]")
_ZERO = re.compile("\0")
_PIECE = 1_000_000
_HINT = "Give FASTA, FASTQ, Excel, or a table as text."
LATIN_NOTE = "It is not UTF-8 text; it was read as Latin-1. Look whether names came out right."


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, decoded as it is read: held as a whole it would take up to four times as much.

    Attributes
    ----------
    data
        The file's bytes.
    encoding
        The one that all of them are in.
    note
        On how it is read, or empty.
    """

    data: bytes
    encoding: str
    note: str = ""

    def lines(self) -> TextIO:
        r"""The lines with their ends, each as ``\\n``."""
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding)

    def beginning(self) -> str:
        """The first million characters from the first line on that is not blank; or nothing."""
        lines = self.lines()
        first = next((line for line in lines if not line.isspace()), "")
        return (first + lines.read(_PIECE))[:_PIECE]


def decode(data: bytes, source: str) -> Text:
    r"""The text in `data`: UTF-8, UTF-16 with its mark, or else Latin-1 (as Windows writes it).

    Raises
    ------
    InputError
        If it is no text.

    Examples
    --------
    >>> to_text(b">a\r\nACGT\r", "a.fa").lines().read()
    '>a\nACGT\n'
    """
    if data.startswith(_UTF16_MARKS) and not data.startswith(_UTF32_MARK):
        try:
            _check(data, "utf-16", _ZERO, source)
        except UnicodeDecodeError:
            message = f"{source} is damaged UTF-16 text."
            raise InputError(message, "Save it as UTF-8 text and give it again.") from None
        return Text(data, "utf-16")
    try:
        _check(data, "utf-8-sig", _ZERO, source)
    except UnicodeDecodeError:
        # Nearly all bytes are letters of Latin-1: only control characters tell a binary file.
        try:
            _check(data, "cp1252", _BINARY, source)
        except UnicodeDecodeError:
            raise _not_text(source) from None
        return Text(data, "cp1252", LATIN_NOTE)
    return Text(data, "utf-8-sig")


def _check(data: bytes, encoding: str, foreign: re.Pattern[str], source: str) -> None:
    """Check that all of it is in this encoding, and nothing of it foreign to text."""
    for piece in codecs.iterdecode(_pieces(data), encoding):
        if foreign.search(piece):
            raise _not_text(source)


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def _not_text(source: str) -> InputError:
    return InputError(f"{source} is not a text file.", _HINT)
