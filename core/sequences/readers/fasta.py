"""FASTA and FASTQ as rows: the header line of each record, and its sequence as written."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TextIO, cast

from Bio.SeqIO.QualityIO import FastqGeneralIterator

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.readers.tables import check_records
from core.sequences.upload import Row

HEADER = ("header", "sequence")
_FASTQ_BEGINNING = re.compile(r"@[^\n]*\n[A-Za-z.\-*\s]*(?:\n\+|\Z)")


def is_fastq(beginning: str) -> bool:
    """Whether a text that begins with ``@`` goes on as FASTQ does."""
    return _FASTQ_BEGINNING.match(beginning.lstrip()) is not None


def read_fasta(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """The records of a text whose first line that is not blank begins with ``>``.

    Raises
    ------
    InputError
        If there are too many.
    """
    rows: list[Row] = []
    start, header, body = 0, "", [""]
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith(">"):
            body.append(line)
            continue
        if start:
            rows.append(Row(start, (header, "".join(body))))
        check_records(len(rows) + 1, source, limits)
        start, header, body = number, line.strip()[1:].strip(), []
    return [*rows, Row(start, (header, "".join(body)))]


def read_fastq(lines: Iterable[str], source: str, limits: Limits) -> list[Row]:
    """The records of a text that is FASTQ; their qualities are left aside.

    Raises
    ------
    InputError
        Naming the line from which on it is not FASTQ, or if there are too many records.
    """
    counted = _Lines(lines)
    rows: list[Row] = []
    start = counted.skipped + 1
    try:
        for header, sequence, _ in FastqGeneralIterator(cast("TextIO", counted)):
            rows.append(Row(start, (header.strip(), sequence)))
            check_records(len(rows), source, limits)
            start = counted.number  # It reads one line ahead to see that the record has ended.
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")[:200]
        message = f"{source}: the FASTQ record at line {start:,} is damaged ({reason})."
        raise InputError(message, "Records after it cannot be told apart; mend it.") from None
    return rows


class _Lines:
    """A file for Biopython that counts its lines, from the first on that is not blank.

    Attributes
    ----------
    skipped
        Blank lines at the beginning.
    number
        Of the line that was read last, from 1.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.skipped = 0
        rest = iter(lines)
        for line in rest:
            if not line.isspace():
                rest = chain([line.lstrip()], rest)
                break
            self.skipped += 1
        self._rest = rest
        self.number = self.skipped

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._rest)
        self.number += 1
        return line

    def readline(self) -> str:
        return next(self, "")

    def read(self, _size: int) -> str:
        """Nothing: Biopython asks whether this is text."""
        return ""
