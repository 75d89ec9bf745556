"""A file as it was read: its format and its rows, before anything is checked."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """Format of a file, detected from its content."""

    FASTA = "FASTA"
    FASTQ = "FASTQ"
    TABLE = "table"
    EXCEL = "Excel"
    BARE = "bare sequence"
    FAMILIES = "family names"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as written: the line on which it begins (from 1), and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that was read.

    Attributes
    ----------
    name
        The last part of its name, safe to show. Never used as a path.
    format
        Its format.
    header
        Names of the columns. FASTA and FASTQ have two: ``header`` and ``sequence``.
    rows
        The records in the order of the file.
    notes
        What the user should know about how it was read, in full sentences.
    sheets
        Names of all sheets of an Excel file.
    """

    name: str
    format: Format
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    @property
    def has_header_lines(self) -> bool:
        """True if every record has one header line, which is searched for family and organism."""
        return self.format in {Format.FASTA, Format.FASTQ, Format.BARE}
