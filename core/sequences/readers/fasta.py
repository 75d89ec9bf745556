"""FASTA and FASTQ readers: the header line of each record, and its sequence as written.

Sequences keep their line ends, so that an invalid character can be reported with its line.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TextIO, cast

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.readers.tables import check_record_count
from core.sequences.source_file import Row

HEADER = ("header", "sequence")
_FASTQ_BEGINNING = re.compile(r"@[^\n]*\n[A-Za-z.\-*\s]*(?:\n\+|\Z)")


def is_fastq(beginning: str) -> bool:
    """Return True if a text that begins with ``@`` continues as FASTQ does."""
    return _FASTQ_BEGINNING.match(beginning.lstrip()) is not None


def read_fasta(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """Return the records of a text whose first line that is not blank begins with ``>``.

    Raises
    ------
    InputError
        If there are too many records.
    """
    rows: list[Row] = []
    start, header, body = 0, "", [""]
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith(">"):
            body.append(line)
            continue
        if start:
            rows.append(Row(start, (header, "".join(body))))
        check_record_count(len(rows) + 1, source, limits)
        start, header, body = number, line.strip()[1:].strip(), []
    return [*rows, Row(start, (header, "".join(body)))]


def read_fastq(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """Return the records of a FASTQ text, without their qualities.

    Raises
    ------
    InputError
        Naming the line of an invalid record, or if there are too many records.
    """
    from Bio.SeqIO.QualityIO import FastqGeneralIterator  # Imports slowly.

    counter = _LineCounter(lines)
    rows: list[Row] = []
    start = counter.skipped + 1
    try:
        for header, sequence, _ in FastqGeneralIterator(cast("TextIO", counter)):
            rows.append(Row(start, (header.strip(), sequence)))
            check_record_count(len(rows), source, limits)
            start = counter.number  # Biopython reads one line ahead to find the record's end.
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")[:200]
        message = f"{source}, line {start:,}: invalid FASTQ record ({reason})."
        raise InputError(message, "Fix it; the records after it cannot be read.") from None
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
