"""From bytes as they come (plain or gzipped) to text."""

import io
import zlib
from gzip import BadGzipFile, GzipFile
from pathlib import Path

from core.errors import InputError
from core.settings import MB

GZIP_MAGIC = b"\x1f\x8b"


def read_text(path: Path, max_bytes: int) -> str:
    """The text of a file, unpacked if it is gzipped.

    Raises
    ------
    InputError
        If there is no such file, it is too large, or it holds no text.
    """
    return decode(read_bytes(path, max_bytes), path.name, max_bytes)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The content of a file; of one that is larger, no more than one byte more than the most.

    Raises
    ------
    InputError
        If there is no such file, or it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"{path} cannot be read: {reason}."
        raise InputError(message) from None


def decode(data: bytes, source: str, max_bytes: int) -> str:
    r"""The text in `data`, unpacked if it is gzipped, with line ends as ``\\n``.

    Parameters
    ----------
    data
        A file's content.
    source
        The file's name, for messages.
    max_bytes
        Most bytes of text that are read; it bounds what a small gzip can unpack to.

    Raises
    ------
    InputError
        If it is too large, a damaged gzip, or not text.
    """
    if data.startswith(GZIP_MAGIC):
        data = _gunzip(data, source, max_bytes)
    if len(data) > max_bytes:
        message = f"{source} holds more than {max_bytes / MB:,.0f} MB."
        raise InputError(message, "Split it into smaller files, or raise GENEKIN_MAX_FILE_MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        message = f"{source} is not a text file."
        raise InputError(message, "Give FASTA, or a table with the columns sequence and class.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _gunzip(data: bytes, source: str, max_bytes: int) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(max_bytes + 1)
    except (BadGzipFile, EOFError, zlib.error):
        message = f"{source} is a damaged gzip file."
        raise InputError(message, "Pack it again, or give it unpacked.") from None
