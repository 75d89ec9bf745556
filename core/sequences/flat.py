"""FASTA and FASTQ as rows: the header line of each record, and its sequence as written."""

import re
from collections.abc import Iterator
from typing import TextIO, cast

from Bio.SeqIO.QualityIO import FastqGeneralIterator

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.tables import check_records, lines_of
from core.sequences.uploads import Row

HEADER = ("header", "sequence")
_FASTA_START = re.compile(r"^[^\S\n]*>", re.MULTILINE)
_FASTQ_BEGINNING = re.compile(r"@[^\n]*\n[A-Za-z.\-*\s]*(?:\n\+|\Z)")


def is_fastq(text: str) -> bool:
    """Whether a text that begins with ``@`` goes on as FASTQ does."""
    return _FASTQ_BEGINNING.match(text[:1_000_000].lstrip()) is not None


def read_fasta(text: str, source: str, limits: Limits) -> list[Row]:
    """The records of a text whose first line that is not blank begins with ``>``.

    Raises
    ------
    InputError
        If there are too many.
    """
    rows: list[Row] = []
    starts = [match.start() for match in _FASTA_START.finditer(text)]
    check_records(len(starts), source, limits)
    line = 1 + text.count("\n", 0, starts[0])
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        header, _, body = text[start:end].partition("\n")
        rows.append(Row(line, (header.strip()[1:].strip(), body)))
        line += text.count("\n", start, end)
    return rows


def read_fastq(text: str, source: str, limits: Limits) -> list[Row]:
    """The records of a text that is FASTQ; their qualities are left aside.

    Raises
    ------
    InputError
        Naming the line from which on it is not FASTQ, or if there are too many records.
    """
    body = text.lstrip()
    skipped = text.count("\n", 0, len(text) - len(body))
    lines = _Lines(body.rstrip() + "\n")
    rows: list[Row] = []
    start = 1
    try:
        for header, sequence, _ in FastqGeneralIterator(cast("TextIO", lines)):
            rows.append(Row(start + skipped, (header.strip(), sequence)))
            check_records(len(rows), source, limits)
            start = lines.read_so_far  # It reads one line ahead to see that the record has ended.
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")[:200]
        message = f"{source}: the FASTQ record at line {start + skipped:,} is damaged ({reason})."
        raise InputError(message, "Records after it cannot be told apart; mend it.") from None
    return rows


class _Lines:
    """A file for Biopython that counts its lines."""

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text)
        self.read_so_far = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.read_so_far += 1
        return line

    def readline(self) -> str:
        return next(self, "")

    def read(self, _size: int) -> str:
        """Nothing: Biopython asks whether this is text."""
        return ""
