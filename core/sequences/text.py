"""From bytes to text, in the encodings that biologists' files come in."""

import re
from dataclasses import dataclass

from core.errors import InputError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARK = b"\xff\xfe\0\0"
_BINARY = re.compile("[\0-\x08\x0e-\x1f\x7f]")
_HINT = "Give FASTA, FASTQ, Excel, or a table as text."
LATIN_NOTE = "It is not UTF-8 text; it was read as Latin-1. Look whether names came out right."


@dataclass(frozen=True, slots=True)
class Text:
    r"""A file's text with line ends as ``\\n``, and a note on how it was read, or an empty one."""

    text: str
    note: str = ""


def to_text(data: bytes, source: str) -> Text:
    r"""The text in `data`: UTF-8, UTF-16 with its mark, or else Latin-1 (as Windows writes it).

    Raises
    ------
    InputError
        If it is no text.

    Examples
    --------
    >>> to_text(b">a\r\nACGT\r", "a.fa").text
    '>a\nACGT\n'
    """
    if data.startswith(_UTF16_MARKS) and not data.startswith(_UTF32_MARK):
        return Text(_plain(_strict(data, "utf-16", source), source))
    try:
        return Text(_plain(data.decode("utf-8-sig"), source))
    except UnicodeDecodeError:
        text = _strict(data, "cp1252", source)
    # Nearly all bytes are letters of Latin-1: only control characters tell a binary file.
    if _BINARY.search(text):
        raise _not_text(source)
    return Text(_plain(text, source), LATIN_NOTE)


def _strict(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            message = f"{source} is damaged UTF-16 text."
            raise InputError(message, "Save it as UTF-8 text and give it again.") from None
        raise _not_text(source) from None


def _plain(text: str, source: str) -> str:
    if "\0" in text:
        raise _not_text(source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_text(source: str) -> InputError:
    return InputError(f"{source} is not a text file.", _HINT)
