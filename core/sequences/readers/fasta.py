"""FASTA and FASTQ readers: the header line of each record, and its sequence as written.

Sequences keep their line ends, so that an invalid character can be reported with its line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TextIO, cast

from core.errors import InputError
from core.sequences.alphabet import normalise
from core.sequences.limits import Limits
from core.sequences.readers.tables import check_record_count
from core.sequences.source_file import Row

HEADER = ("header", "sequence")
_FASTQ_BEGINNING = re.compile(r"@[^\n]*\n[A-Za-z.\-*\s]*(?:\n\+|\Z)")


def is_fastq(beginning: str) -> bool:
    """Return True if a text that begins with ``@`` continues as FASTQ does."""
    return _FASTQ_BEGINNING.match(beginning.lstrip()) is not None


@dataclass(frozen=True, slots=True)
class CutRow(Row):
    """A record of which only the beginning of the sequence is kept.

    Attributes
    ----------
    omitted
        Number of bases that are not kept.
    """

    omitted: int = 0


def read_fasta(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """Return the records of a text whose first line that is not blank begins with ``>``.

    Raises
    ------
    InputError
        If there are too many records.
    """
    return _collect(iter_fasta(lines), source, limits)


def iter_fasta(lines: Iterable[str], max_characters: int | None = None) -> Iterator[Row]:
    """Yield the records of a text whose first line that is not blank begins with ``>``.

    Parameters
    ----------
    lines
        Lines with their ends; a long one may come in several pieces.
    max_characters
        Characters of a sequence that are kept; the bases of the others are counted.
    """
    number, start, header, omitted = 0, 0, "", 0
    body: list[str] = []
    size, is_new_line, in_header = 0, True, True
    for line in lines:
        number += is_new_line
        if is_new_line and line.lstrip().startswith(">"):
            if start:
                yield _fasta_row(start, header, body, omitted)
            start, header, body = number, line.strip()[1:].strip(), []
            size, omitted, in_header = 0, 0, True
        elif is_new_line or not in_header:
            in_header = False
            size += len(line)
            if max_characters is None or size <= max_characters:
                body.append(line)
            else:
                omitted += len(normalise(line))
        is_new_line = line.endswith("\n")
    yield _fasta_row(start, header, body, omitted)


def _fasta_row(start: int, header: str, body: list[str], omitted: int) -> Row:
    cells = (header, "".join(body))
    return CutRow(start, cells, omitted) if omitted else Row(start, cells)


def read_fastq(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """Return the records of a FASTQ text, without their qualities.

    Raises
    ------
    InputError
        Naming the line of an invalid record, or if there are too many records.
    """
    return _collect(iter_fastq(lines, source), source, limits)


def iter_fastq(lines: Iterable[str], source: str) -> Iterator[Row]:
    """Yield the records of a FASTQ text, without their qualities.

    Raises
    ------
    InputError
        Naming the line of an invalid record.
    """
    from Bio.SeqIO.QualityIO import FastqGeneralIterator  # Imports slowly.

    counter = _LineCounter(lines)
    start = counter.skipped + 1
    try:
        for header, sequence, _ in FastqGeneralIterator(cast("TextIO", counter)):
            yield Row(start, (header.strip(), sequence))
            start = counter.number  # Biopython reads one line ahead to find the record's end.
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")[:200]
        message = f"{source}, line {start:,}: invalid FASTQ record ({reason})."
        raise InputError(message, "Fix it; the records after it cannot be read.") from None


def _collect(records: Iterable[Row], source: str, limits: Limits) -> list[Row]:
    rows: list[Row] = []
    for row in records:
        rows.append(row)
        check_record_count(len(rows), source, limits)
    return rows


class _LineCounter:
    """A file object for Biopython that counts its lines, without blank lines at the beginning.

    Attributes
    ----------
    skipped
        Number of blank lines at the beginning.
    number
        Number of the line that was read last, from 1.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.skipped = 0
        remaining = iter(lines)
        for line in remaining:
            if not line.isspace():
                remaining = chain([line.lstrip()], remaining)
                break
            self.skipped += 1
        self._remaining = remaining
        self.number = self.skipped

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._remaining)
        self.number += 1
        return line

    def readline(self) -> str:
        return next(self, "")

    def read(self, _size: int) -> str:
        """Return nothing: Biopython only tests whether this is a text file."""
        return ""
