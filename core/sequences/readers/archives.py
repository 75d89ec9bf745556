"""Archives: what a gzip or a zip holds, read within bounds and never written to disk.

Names inside an archive are labels to show; nothing is ever opened by them.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile

from core.errors import InputError
from core.sequences.limits import Limits
from core.settings import MB

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE = {"mimetype", "word/document.xml", "ppt/presentation.xml", "xl/workbook.bin"}
"""What is packed in documents of LibreOffice, Word, PowerPoint, and in Excel's binary ones."""
_OFFICE_HINT = "Save it as .xlsx or as text, then give that."
_MAX_LABEL = 100
_SMALL = 1_000_000
"""Bytes below which no quotient of sizes is suspicious."""
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # A method of packing that Python does not know.
    OSError,
    RuntimeError,  # A password, found only when reading.
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file with its label, unpacked."""

    label: str
    data: bytes


def label(name: str) -> str:
    r"""The last part of a file's name, made safe to show.

    >>> label("../../etc/pass\u202ewd"), label("C:\\genes\\human.txt"), label("//")
    ('passwd', 'human.txt', 'file')
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last)).strip(" .")[:_MAX_LABEL] or "file"


def is_workbook(data: bytes) -> bool:
    """Whether this is an Excel file (.xlsx), whatever its name, and be it damaged."""
    if not data.startswith(ZIP_MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except _DAMAGED:
        return b"xl/workbook.xml" in data


def unpack(data: bytes, name: str, limits: Limits) -> list[Member]:
    """The files in an upload: itself, what its gzip holds, or the members of its zip.

    An Excel file is packed too, but stays whole.

    Raises
    ------
    InputError
        If it is too large, damaged, locked, or an archive of archives.
    """
    own = label(name)
    _check_size(len(data), own, limits)
    if data.startswith(GZIP_MAGIC):
        return [Member(own, _gunzip(data, own, limits.max_bytes, limits))]
    if data.startswith(ZIP_MAGIC) and not is_workbook(data):
        return _unzip(data, own, limits)
    return [Member(own, data)]


def check_workbook(data: bytes, source: str, limits: Limits) -> None:
    """Check that an Excel file unpacks to no more than is read.

    Raises
    ------
    InputError
        If it is damaged, locked, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive.infolist(), len(data), source, limits)
    except _DAMAGED:
        raise _damaged(source, "Excel file") from None


def _unzip(data: bytes, source: str, limits: Limits) -> list[Member]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _OFFICE.intersection(archive.namelist()):
                raise InputError(f"{source} is an office document.", _OFFICE_HINT)
            infos = [info for info in archive.infolist() if _is_wanted(info)]
            _check_archive(infos, len(data), source, limits)
            members = list(_members(archive, infos, source, limits))
    except _DAMAGED:
        raise _damaged(source, "zip file") from None
    if not members:
        raise InputError(f"{source} is an empty zip file.", "Pack the files again.")
    return members


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    """Whether a person put it there; macOS adds files of its own."""
    parts = info.filename.replace("\\", "/").split("/")
    hidden = parts[-1].startswith(".") or "__MACOSX" in parts
    return not (info.is_dir() or hidden)


def _check_archive(infos: list[zipfile.ZipInfo], packed: int, source: str, limits: Limits) -> None:
    """Check what an archive claims; Python's zipfile never unpacks more than was claimed."""
    if len(infos) > limits.max_members:
        message = f"{source} holds {len(infos):,} files; at most {limits.max_members:,} are read."
        raise InputError(message, "Pack fewer files into one zip.")
    if any(info.flag_bits & 1 for info in infos):
        raise InputError(f"{source} is locked with a password.", "Pack it without one.")
    unpacked = sum(info.file_size for info in infos)
    _check_size(unpacked, source, limits)
    _check_ratio(unpacked, packed, source, limits)


def _members(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], source: str, limits: Limits
) -> Iterator[Member]:
    left = limits.max_bytes
    for info in infos:
        own = label(info.filename)
        data = archive.read(info)
        if data.startswith(GZIP_MAGIC):
            data = _gunzip(data, own, left, limits)
        if data.startswith(ZIP_MAGIC) and not is_workbook(data):
            raise _nested(source)
        left -= len(data)
        if left < 0:
            raise _too_large(source, limits)
        yield Member(own, data)


def _gunzip(data: bytes, source: str, most: int, limits: Limits) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(min(most, max(_SMALL, len(data) * limits.max_ratio)) + 1)
    except (BadGzipFile, EOFError, zlib.error):
        raise _damaged(source, "gzip file") from None
    if len(unpacked) > most:
        raise _too_large(source, limits)
    _check_ratio(len(unpacked), len(data), source, limits)
    archive = unpacked.startswith((GZIP_MAGIC, *ZIP_MAGIC))
    if archive and not is_workbook(unpacked):
        raise _nested(source)
    return unpacked


def _check_size(size: int, source: str, limits: Limits) -> None:
    if size > limits.max_bytes:
        raise _too_large(source, limits)


def _check_ratio(unpacked: int, packed: int, source: str, limits: Limits) -> None:
    if unpacked > max(_SMALL, packed * limits.max_ratio):
        message = f"{source} unpacks to more than {limits.max_ratio:,} times its size."
        raise InputError(message, "No sequences pack so well; give it unpacked if it is right.")


def _too_large(source: str, limits: Limits) -> InputError:
    return InputError(f"{source} holds more than {limits.max_bytes / MB:,.0f} MB.", limits.advice)


def _damaged(source: str, what: str) -> InputError:
    message = f"{source} is a damaged {what}."
    return InputError(message, "Save or pack it again, or give it unpacked.")


def _nested(source: str) -> InputError:
    message = f"{source} is an archive inside an archive."
    return InputError(message, "Pack the files once.")
