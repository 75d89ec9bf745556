"""What was read of an upload, before any of it is judged: rows, and where their parts stand.

From an upload's rows to entries: the parts of each record, where a layout says they stand.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.sequences.records import Problem


class Format(StrEnum):
    """What a file was found to be; the value is what people call it."""

    FASTA = "FASTA"
    FASTQ = "FASTQ"
    TABLE = "table"
    EXCEL = "Excel"
    BARE = "bare sequence"
    FAMILIES = "family names"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it is written: the line on which it begins (from 1), and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that was read.

    Attributes
    ----------
    name
        Its label: the last part of its name, made safe to show. Never used as a path.
    format
        What it was found to be.
    header
        Names of the columns. FASTA and FASTQ have two: ``header`` and ``sequence``.
    rows
        The records in the order of the file.
    notes
        What the person should know about how it was read, in whole sentences.
    sheets
        The sheets of an Excel file, the one that was read among them.
    """

    name: str
    format: Format
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    @property
    def headed(self) -> bool:
        """Whether its records have one header line each, in which their parts are searched."""
        return self.format in {Format.FASTA, Format.FASTQ, Format.BARE}


@dataclass(frozen=True, slots=True)
class Layout:
    r"""Where the parts of a record stand; what a person can change about a proposal.

    Attributes
    ----------
    sequence, family, organism, name
        Columns of the upload, from 0; None where there is none.
    family_pattern, organism_pattern
        Regular expressions (RE2 syntax) whose first group is the part, such as ``class=(\d+)``;
        empty to take the whole cell.
    notes
        What the person should know about a proposal, in whole sentences.
    """

    sequence: int | None = None
    family: int | None = None
    organism: int | None = None
    name: int | None = None
    family_pattern: str = ""
    organism_pattern: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as its source wrote it, its parts told apart; nothing is checked yet.

    Attributes
    ----------
    position, line
        Its place in the file and the line on which it begins, both from 1.
    name, family, organism
        As written, without spaces around them; empty where the source has none.
    body
        The sequence as written, line ends included.
    body_line
        The line on which the sequence begins.
    problem
        Why its parts could not be told apart, or None.
    """

    position: int
    line: int
    name: str
    family: str
    organism: str
    body: str
    body_line: int
    problem: Problem | None = None
