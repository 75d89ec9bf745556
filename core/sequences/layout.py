"""Layout of a file: which columns, and which parts of a header, hold the parts of a record.

Records are read by it, as entries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from core.sequences.alphabet import normalise
from core.sequences.header_patterns import search_headers
from core.sequences.readers.excel import MAX_CELL
from core.sequences.readers.tables import canonical_header
from core.sequences.records import Problem
from core.sequences.source_file import Format, Row, SourceFile


@dataclass(frozen=True, slots=True)
class Layout:
    r"""Columns and patterns of the parts of a record.

    Attributes
    ----------
    sequence, family, organism, name
        Column of each part, from 0; None where there is none.
    family_pattern, organism_pattern
        Regular expressions (RE2 syntax) whose capture group is the part, such as ``class=(\d+)``;
        empty to take the complete cell.
    """

    sequence: int | None = None
    family: int | None = None
    organism: int | None = None
    name: int | None = None
    family_pattern: str = ""
    organism_pattern: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as written, split into its parts; nothing is checked yet.

    Attributes
    ----------
    position, line
        Its number in the file and the line on which it begins, both from 1.
    name, family, organism
        As written, without spaces around them; empty where the file has none.
    body
        The sequence as written, with line ends.
    body_line
        The line on which the sequence begins.
    problem
        Why it could not be split into its parts, or None.
    """

    position: int
    line: int
    name: str
    family: str
    organism: str
    body: str
    body_line: int
    problem: Problem | None = None

    def line_of_base(self, offset: int) -> int:
        """Return the line of a base, from its offset in the normalised sequence, from 0."""
        line = self.body_line
        for line, text in enumerate(self.body.split("\n"), start=self.body_line):  # noqa: B007
            bases = len(normalise(text))
            if offset < bases:
                break
            offset -= bases
        return line


def column_label(header: Sequence[str], column: int) -> str:
    """Return the name of a column, numbered if one before it has the same name: ``class (2)``."""
    number = header[: column + 1].count(header[column])
    if not header[column]:
        return f"column {column + 1}"
    return header[column] if number == 1 else f"{header[column]} ({number})"


def with_family_pattern(file: SourceFile, layout: Layout, pattern: str) -> Layout:
    """Return the layout with another family pattern; empty to search none."""
    if file.has_header_lines:
        return replace(layout, family=0 if pattern else None, family_pattern=pattern)
    return replace(layout, family_pattern=pattern)


def find_column(file: SourceFile, name: str) -> int:
    """Return the index of the column of that name, from 0.

    Raises
    ------
    InputError
        If there is none.
    """
    labels = [column_label(file.header, column) for column in range(len(file.header))]
    if name in labels:
        return labels.index(name)
    headers = [canonical_header(label) for label in labels]
    if canonical_header(name) in headers:
        return headers.index(canonical_header(name))
    raise InputError(f"{file.name} has no column {name[:40]!r}.", _column_hint(file))


def read_entries(
    file: SourceFile, layout: Layout, families: Sequence[str] | None = None, *, first: int = 1
) -> Iterator[Entry]:
    """Return the records of a file one by one, split into their parts by the layout.

    Parameters
    ----------
    families
        What :func:`read_families` returned, if that is known.
    first
        Number of the first record, where the rows are a part of a larger file.

    Raises
    ------
    InputError
        If the layout does not fit the file, or a pattern is invalid.
    """
    families = read_families(file, layout) if families is None else families
    organisms = _read_parts(file.rows, layout.organism, layout.organism_pattern)
    parts = zip(file.rows, families, organisms, strict=True)
    return (
        Entry(
            position=position,
            line=row.line,
            name=_read_name(file, layout, row),
            family=family,
            organism=organism,
            body=_cell(row, layout.sequence),
            body_line=row.line + (file.format in {Format.FASTA, Format.FASTQ}),
            problem=_find_problem(file, layout, position, row),
        )
        for position, (row, family, organism) in enumerate(parts, start=first)
    )


def read_families(file: SourceFile, layout: Layout) -> list[str]:
    """Return the family of every record as written, empty where there is none.

    Raises
    ------
    InputError
        If the layout does not fit the file, or a pattern is invalid.
    """
    _check_columns(file, layout)
    return _read_parts(file.rows, layout.family, layout.family_pattern)


def _check_columns(file: SourceFile, layout: Layout) -> None:
    if layout.sequence is None:
        raise InputError(f"{file.name}: no sequence column found.", _column_hint(file))
    for column in (layout.sequence, layout.family, layout.organism, layout.name):
        if column is not None and not 0 <= column < len(file.header):
            raise InputError(f"{file.name} has no column {column + 1}.", _column_hint(file))


def _column_hint(file: SourceFile) -> str:
    columns = ", ".join(repr(name[:40]) for name in file.header[:20])
    return " ".join([f"Choose one of its columns: {columns}.", *file.notes])


def _read_parts(rows: Sequence[Row], column: int | None, pattern: str) -> list[str]:
    cells = [_cell(row, column).strip() for row in rows]
    return search_headers(pattern, cells) if pattern and column is not None else cells


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _read_name(file: SourceFile, layout: Layout, row: Row) -> str:
    """Return the first word of a header, or all of a cell."""
    text = _cell(row, layout.name).strip()
    return (text.split(maxsplit=1) or [""])[0] if file.has_header_lines else text


def _find_problem(file: SourceFile, layout: Layout, position: int, row: Row) -> Problem | None:
    """Find a row with more or fewer columns than the header, or a sequence truncated by Excel."""
    cells, columns = len(row.cells), len(file.header)
    record = f"Record {position:,} (line {row.line:,})"
    if file.format is Format.EXCEL:
        if len(_cell(row, layout.sequence)) >= MAX_CELL:
            what = f"has a cell of {MAX_CELL:,} characters, where Excel truncates; use a text file"
            return Problem("cut", f"{record} {what}.")
        if cells < columns:  # Excel keeps no empty cells at the end of a row.
            return None
    if cells == columns or (cells > columns and not any(map(str.strip, row.cells[columns:]))):
        return None
    return Problem("columns", f"{record} has {cells:,} columns; the header has {columns:,}.")
