"""Gzip and zip archives, unpacked within limits and never written to disk.

Names inside an archive are labels to show; nothing is ever opened by them.
"""

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from gzip import BadGzipFile, GzipFile
from typing import BinaryIO, cast

from core.errors import InputError, TooLargeError
from core.sequences.limits import Limits
from core.settings import MB

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
WORKBOOK = "xl/workbook.xml"
"""Member of an Excel file."""
_OFFICE = {"mimetype", "word/document.xml", "ppt/presentation.xml", "xl/workbook.bin"}
"""Members of LibreOffice, Word, PowerPoint and binary Excel documents."""
_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_OFFICE_HINT = "Save it as .xlsx or as text."
_MAX_LABEL = 100
_MIN_SUSPICIOUS = 1_000_000
"""Unpacked bytes below which no compression ratio is suspicious."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # An unknown compression method.
    OSError,
    RuntimeError,  # A password, detected only when reading.
    ValueError,
    struct.error,
)
"""Errors of damaged archives."""


@dataclass(frozen=True, slots=True)
class Member:
    """One unpacked file with its label."""

    label: str
    data: bytes


def safe_label(name: str) -> str:
    r"""Return the last part of a file's name, safe to show.

    >>> safe_label("../../etc/pass\u202ewd"), safe_label("C:\\genes\\human.txt"), safe_label("//")
    ('passwd', 'human.txt', 'file')
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last)).strip(" .")[:_MAX_LABEL] or "file"


def is_workbook(data: bytes) -> bool:
    """Return True for an Excel file (.xlsx), whatever its name, even a damaged one."""
    if not data.startswith(ZIP_MAGIC):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return WORKBOOK in archive.namelist()
    except DAMAGED:
        return WORKBOOK.encode() in data


def unpack(data: bytes, name: str, limits: Limits) -> list[Member]:
    """Return the files in an upload: itself, the content of its gzip, or the members of its zip.

    An Excel file is a zip too, but is not unpacked.

    Raises
    ------
    InputError
        If it is too large, damaged, password-protected, or contains another archive.
    """
    own_label = safe_label(name)
    _check_size(len(data), own_label, limits)
    if data.startswith(GZIP_MAGIC):
        return [Member(own_label, _gunzip(data, own_label, limits.max_bytes, limits))]
    if data.startswith(ZIP_MAGIC) and not is_workbook(data):
        return _unzip(data, own_label, limits)
    return [Member(own_label, data)]


def check_workbook(data: bytes, source: str, limits: Limits) -> None:
    """Check that an Excel file unpacks to no more than the limits allow.

    Raises
    ------
    InputError
        If it is damaged, password-protected, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive.infolist(), len(data), source, limits)
    except DAMAGED:
        raise damaged(source, "Excel file") from None


def _unzip(data: bytes, source: str, limits: Limits) -> list[Member]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = _wanted_members(archive, source)
            _check_archive(infos, len(data), source, limits)
            members = list(_members(archive, infos, source, limits))
    except DAMAGED:
        raise damaged(source, "zip file") from None
    if not members:
        raise _empty(source)
    return members


def open_members(
    archive: zipfile.ZipFile, source: str, limits: Limits
) -> list[tuple[str, Callable[[], BinaryIO]]]:
    """Return the label of each file of a zip of any size, and what opens it; gzip is unpacked.

    Raises
    ------
    InputError
        If it has none or too many, or is password-protected or an office document.
    """
    infos = _wanted_members(archive, source)
    _check_members(infos, source, limits)
    if not infos:
        raise _empty(source)
    return [
        (label, partial(_open_member, archive, info))
        for label, info in zip(_member_labels(infos), infos, strict=True)
    ]


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    member = io.BufferedReader(cast("io.RawIOBase", archive.open(info)))
    if member.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):
        return cast("BinaryIO", GzipFile(fileobj=member))
    return member


def _wanted_members(archive: zipfile.ZipFile, source: str) -> list[zipfile.ZipInfo]:
    if _OFFICE.intersection(archive.namelist()):
        raise InputError(f"{source}: office documents are not supported.", _OFFICE_HINT)
    return [info for info in archive.infolist() if _is_wanted(info)]


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    """Return False for folders, and for files that only operating systems add."""
    parts = info.filename.replace("\\", "/").split("/")
    added = parts[-1].startswith("._") or parts[-1] in _SYSTEM_FILES or "__MACOSX" in parts
    return not (info.is_dir() or added)


def _member_labels(infos: list[zipfile.ZipInfo]) -> list[str]:
    """Return a label for each member: its folders are part of it where two have one name.

    >>> _member_labels([zipfile.ZipInfo("human/a.fa"), zipfile.ZipInfo("dog/a.fa")])
    ['human-a.fa', 'dog-a.fa']
    """
    labels = [safe_label(info.filename) for info in infos]
    counts = Counter(labels)
    paths = (
        "-".join(filter(None, map(str.strip, re.split(r"[\\/]", info.filename)))) for info in infos
    )
    labels = [
        safe_label(path) if counts[label] > 1 else label
        for label, path in zip(labels, paths, strict=True)
    ]
    seen: Counter[str] = Counter()
    for index, label in enumerate(labels):
        seen[label] += 1
        if seen[label] > 1:
            labels[index] = f"{label} ({seen[label]})"
    return labels


def _check_archive(infos: list[zipfile.ZipInfo], packed: int, source: str, limits: Limits) -> None:
    """Check the sizes that an archive claims; Python's zipfile never unpacks more than that."""
    _check_members(infos, source, limits)
    unpacked = sum(info.file_size for info in infos)
    _check_size(unpacked, source, limits)
    _check_ratio(unpacked, packed, source, limits)


def _check_members(infos: list[zipfile.ZipInfo], source: str, limits: Limits) -> None:
    if len(infos) > limits.max_members:
        message = f"{source} contains {len(infos):,} files; the maximum is {limits.max_members:,}."
        raise InputError(message, "Split it into several zip files.")
    if any(info.flag_bits & 1 for info in infos):
        raise InputError(f"{source} is password-protected.", "Remove the password.")


def _members(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], source: str, limits: Limits
) -> Iterator[Member]:
    remaining = limits.max_bytes
    for info, member_label in zip(infos, _member_labels(infos), strict=True):
        data = archive.read(info)
        if data.startswith(GZIP_MAGIC):
            data = _gunzip(data, member_label, remaining, limits)
        if data.startswith(ZIP_MAGIC) and not is_workbook(data):
            raise _nested(source)
        remaining -= len(data)
        if remaining < 0:
            raise too_large(source, limits)
        yield Member(member_label, data)


def _gunzip(data: bytes, source: str, max_bytes: int, limits: Limits) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(min(max_bytes, _max_unpacked(len(data), limits)) + 1)
    except (BadGzipFile, EOFError, zlib.error):
        raise damaged(source, "gzip file") from None
    if len(unpacked) > max_bytes:
        raise too_large(source, limits)
    _check_ratio(len(unpacked), len(data), source, limits)
    check_not_nested(unpacked, source)
    return unpacked


def check_not_nested(unpacked: bytes, source: str) -> None:
    """Check that what was unpacked is not another archive; an Excel file may be.

    Raises
    ------
    InputError
        If it is.
    """
    is_archive = unpacked.startswith((GZIP_MAGIC, *ZIP_MAGIC))
    if is_archive and not is_workbook(unpacked):
        raise _nested(source)


def _check_size(size: int, source: str, limits: Limits) -> None:
    if size > limits.max_bytes:
        raise too_large(source, limits)


def _max_unpacked(packed: int, limits: Limits) -> int:
    """Return the unpacked bytes above which a file is taken for a decompression bomb."""
    return max(_MIN_SUSPICIOUS, packed * limits.max_ratio)


def _check_ratio(unpacked: int, packed: int, source: str, limits: Limits) -> None:
    if unpacked > _max_unpacked(packed, limits):
        message = f"{source} unpacks to more than {limits.max_ratio:,} times its size."
        raise InputError(message, "Sequences never compress so well; use it uncompressed.")


def too_large(source: str, limits: Limits) -> TooLargeError:
    """Return the error for a file above the limit."""
    return TooLargeError(f"{source} is larger than {limits.max_bytes / MB:,.0f} MB.", limits.advice)


def damaged(source: str, what: str) -> InputError:
    """Return the error for a damaged file."""
    message = f"{source} is a damaged {what}."
    return InputError(message, "Compress it again, or use it uncompressed.")


def _empty(source: str) -> InputError:
    return InputError(f"{source} is an empty zip file.", "Add the files to it.")


def _nested(source: str) -> InputError:
    message = f"{source} contains another archive."
    return InputError(message, "Compress the files only once.")
