"""Queries of files of any size, read one after the other in little memory.

FASTA, FASTQ and tables are read as they come, plain, gzipped or in a zip. What has to be seen as a
whole (Excel, UTF-16, a zip that cannot be searched) is left to :mod:`core.sequences.queries`, with
its limits.
"""

import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from gzip import GzipFile
from itertools import chain, islice
from typing import BinaryIO, cast

from core.errors import InputError
from core.sequences.input_file import WHOLE_BYTES, InputFile, Joined
from core.sequences.layout_proposal import SAMPLE_ROWS
from core.sequences.limits import Limits
from core.sequences.queries import UNREADABLE, QueryReader
from core.sequences.readers.archives import (
    DAMAGED,
    GZIP_MAGIC,
    WORKBOOK,
    ZIP_MAGIC,
    Member,
    check_not_nested,
    damaged,
    open_members,
    safe_label,
    too_large,
)
from core.sequences.readers.detection import detect_text, make_table, read_member
from core.sequences.readers.encoding import LATIN_NOTE, UTF16_MARKS, decode, not_text
from core.sequences.readers.fasta import HEADER, iter_fasta, iter_fastq
from core.sequences.readers.tables import check_size, iter_rows, restore_rows
from core.sequences.readers.unsupported import refuse_binary_format
from core.sequences.records import Problem, Record
from core.sequences.source_file import Format, Row, SourceFile

_CHARACTERS_PER_BASE = 16
"""Characters of a record that are kept in memory, for each base of the longest valid sequence."""
_BUFFER_BYTES = 1 << 18
_LETTERS = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", errors="surrogateescape")
    for byte in range(0x80, 0x100)
}
"""Letters of Windows-1252 by the surrogate that stands for a byte that is not UTF-8."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class QueryStream:
    """Queries in the order of their files, invalid ones included; to be read once.

    Attributes
    ----------
    count
        Number of queries that were read.
    unreadable
        Messages about files that cannot be read.
    invalid
        Number of other records that are invalid.
    first_invalid
        Message about the first of them.
    """

    def __init__(self, files: Sequence["_File"], limits: Limits) -> None:
        self._files = files
        self._limits = limits
        self._several = several = len(files) > 1
        self._error: InputError | None = None
        self._reader = QueryReader(limits, several=several, keep_long=False)
        self.count = 0
        self.unreadable: list[str] = []
        self.invalid = 0
        self.first_invalid = ""

    @property
    def notes(self) -> list[str]:
        """Notes for the user on how the files were read, in full sentences."""
        return self._reader.notes

    def __iter__(self) -> Iterator[Record]:
        """Yield the queries.

        Raises
        ------
        InputError
            If the file cannot be read, or not to its end; of a zip, if no file can be read.
        """
        for file in self._files:
            for record in self._read(file):
                self.count += 1
                if record.problem is not None:
                    self._count_invalid(record.problem)
                yield record
        self._reader.require_readable(self._error)

    def _read(self, file: "_File") -> Iterator[Record]:
        opened: _OpenedFile | None = None
        try:
            opened = file.open()
            yield from self._reader.read(*opened.read(self._limits))
        except InputError as error:
            if not self._several:
                raise
            self._error = self._error or error
            yield self._reader.unreadable(file.label, str(error))
        if opened:
            prefix = f"{file.label}: " if self._several else ""
            self.notes.extend(f"{prefix}{note}" for note in opened.notes)

    def _count_invalid(self, problem: Problem) -> None:
        if problem.code == UNREADABLE:
            self.unreadable.append(problem.message)
            return
        self.invalid += 1
        self.first_invalid = self.first_invalid or problem.message


def open_stream(file: InputFile, limits: Limits) -> QueryStream | None:
    """Return the queries of a large file; None if the file is to be read as a whole.

    Raises
    ------
    InputError
        If the file is damaged, or an archive that is not supported.
    """
    limits = replace(limits, max_records=sys.maxsize, max_invalid=sys.maxsize)
    label = safe_label(file.name)
    if file.head.startswith(ZIP_MAGIC):
        return _open_zip(file, label, limits)
    content: BinaryIO = io.BufferedReader(file.content, _BUFFER_BYTES)
    kind = "file"
    if file.head.startswith(GZIP_MAGIC):
        content, kind = cast("BinaryIO", GzipFile(fileobj=content)), "gzip file"
    opened = _OpenedFile(label, lambda: content, kind)
    if opened.is_whole and file.is_whole:
        return None
    return QueryStream([_File(label, lambda: opened)], limits)


def _open_zip(file: InputFile, label: str, limits: Limits) -> QueryStream | None:
    searchable = file.searchable()
    if searchable is None:
        return None
    try:
        archive = zipfile.ZipFile(searchable)
    except DAMAGED:
        raise damaged(label, "zip file") from None
    small = file.is_whole and sum(info.file_size for info in archive.infolist()) <= WHOLE_BYTES
    if small or WORKBOOK in archive.namelist():
        return None
    files = [
        _File(name, partial(_OpenedFile, name, open_member, "zip file"))
        for name, open_member in open_members(archive, label, limits)
    ]
    return QueryStream(files, limits)


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read: its name in messages, and what opens it."""

    label: str
    open: Callable[[], "_OpenedFile"]


class _OpenedFile:
    """One file, unpacked while it is read.

    Parameters
    ----------
    kind
        What to call it if it is damaged.

    Attributes
    ----------
    label
        Its name in messages.
    notes
        What the user should know about its encoding, once it was read.
    """

    def __init__(self, label: str, open_content: Callable[[], BinaryIO], kind: str) -> None:
        self.label = label
        self._kind = kind
        self._size = 0
        self.notes: list[str] = []
        with self._naming_damage():
            self._content = open_content()
            self._head = self._content.read(WHOLE_BYTES + 1)

    @property
    def is_whole(self) -> bool:
        """True if it is small enough to be read as a whole."""
        return len(self._head) <= WHOLE_BYTES

    def read(self, limits: Limits) -> tuple[SourceFile, Iterable[Row]]:
        """Return what the file is, with its first rows, and all its rows.

        Raises
        ------
        InputError
            If it cannot be read, now or while the rows are.
        """
        if self.is_whole or self._head.startswith((GZIP_MAGIC, *ZIP_MAGIC, *UTF16_MARKS)):
            return self._read_whole(limits)
        refuse_binary_format(self._head, self.label)
        text = decode(self._head[: self._head.rfind(b"\n") + 1] or self._head, self.label)
        text_format, delimiter = detect_text(text.beginning(), self.label)
        if text_format is Format.BARE:
            return self._read_whole(limits)
        max_characters = _CHARACTERS_PER_BASE * limits.max_record_bases
        pieces = self._pieces(max_characters)
        if text_format is Format.TABLE:
            rows = iter_rows(self._lines(pieces, max_characters), delimiter, self.label)
            return self._make_table(_checked(self._restore(rows), self.label, limits))
        if text_format is Format.FASTA:
            rows = self._restore(iter_fasta(pieces, max_characters))
        else:
            lines = self._lines(pieces, max_characters)
            rows = self._restore(iter_fastq(lines, self.label))
        sample = tuple(islice(rows, SAMPLE_ROWS))
        return SourceFile(self.label, text_format, HEADER, sample), chain(sample, rows)

    def _make_table(self, rows: Iterator[Row]) -> tuple[SourceFile, Iterable[Row]]:
        sample = list(islice(rows, SAMPLE_ROWS + 1))
        file = make_table(sample, self.label, Format.TABLE)
        others = (restored for row in rows for restored in restore_rows(file.header, [row]))
        return file, chain(file.rows, others)

    def _read_whole(self, limits: Limits) -> tuple[SourceFile, Iterable[Row]]:
        with self._naming_damage():
            rest = self._content.read(max(0, limits.max_bytes + 1 - len(self._head)))
        data = self._head + rest
        if len(data) > limits.max_bytes:
            raise too_large(self.label, limits)
        check_not_nested(data, self.label)
        file = read_member(Member(self.label, data), limits)
        return file, file.rows

    def _pieces(self, max_characters: int) -> Iterator[str]:
        """Yield lines, long ones in several pieces; bytes that are not UTF-8 are surrogates."""
        joined = io.BufferedReader(Joined(self._head, self._content), _BUFFER_BYTES)
        self._head = b""
        text = io.TextIOWrapper(joined, "utf-8-sig", errors="surrogateescape")
        with self._naming_damage():
            yield from iter(partial(text.readline, max_characters), "")

    def _lines(self, pieces: Iterable[str], max_characters: int) -> Iterator[str]:
        """Yield lines, of records that fit into memory."""
        for line in pieces:
            self._size += len(line)
            if self._size > max_characters:
                message = f"{self.label} has a record of more than {max_characters:,} characters."
                raise InputError(message, "Check its line ends and quotation marks.")
            yield line

    def _restore(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield rows, with letters in the place of bytes that are not UTF-8."""
        for row in rows:
            self._size = 0
            if all(cell.isascii() and "\0" not in cell for cell in row.cells):
                yield row
            else:
                yield replace(row, cells=tuple(map(self._restore_cell, row.cells)))

    def _restore_cell(self, cell: str) -> str:
        letters = cell.translate(_LETTERS)
        if "\0" in letters or _SURROGATE.search(letters):
            raise not_text(self.label)
        if letters != cell and not self.notes:
            self.notes.append(LATIN_NOTE)
        return letters

    @contextmanager
    def _naming_damage(self) -> Iterator[None]:
        """Name the file whose bytes cannot be read."""
        try:
            yield
        except DAMAGED as error:
            if isinstance(error, OSError) and error.strerror:
                message = f"{self.label} cannot be read: {error.strerror}."
                raise InputError(message) from None
            raise damaged(self.label, self._kind) from None


def _checked(rows: Iterable[Row], source: str, limits: Limits) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        check_size(count, row, source, limits)
        yield row
