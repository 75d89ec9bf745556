"""From an upload's rows to entries: the parts of each record, where a layout says they stand."""

import re
from collections.abc import Sequence

from core.errors import InputError
from core.sequences.excel import MAX_CELL
from core.sequences.headers import search
from core.sequences.records import Problem
from core.sequences.uploads import Entry, Format, Layout, Row, Upload

_SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,6}){1,2}$")


def organism_of(upload: Upload) -> str:
    """What the file's name says of the organism: a proposal.

    >>> organism_of(Upload("chimpanzee.txt.gz", Format.TABLE))
    'chimpanzee'
    """
    return _SUFFIXES.sub("", upload.name)


def read_entries(upload: Upload, layout: Layout) -> list[Entry]:
    """The records of an upload, their parts told apart as the layout says.

    Raises
    ------
    InputError
        If the layout does not fit the upload, or a pattern cannot be used.
    """
    _check_layout(upload, layout)
    families = _parts(upload.rows, layout.family, layout.family_pattern)
    organisms = _parts(upload.rows, layout.organism, layout.organism_pattern)
    parts = zip(upload.rows, families, organisms, strict=True)
    return [
        Entry(
            position=position,
            line=row.line,
            name=_name(upload, layout, row),
            family=family,
            organism=organism,
            body=_cell(row, layout.sequence),
            body_line=row.line + (upload.format in {Format.FASTA, Format.FASTQ}),
            problem=_problem(upload, layout, position, row),
        )
        for position, (row, family, organism) in enumerate(parts, start=1)
    ]


def _check_layout(upload: Upload, layout: Layout) -> None:
    columns = ", ".join(repr(name[:40]) for name in upload.header[:20])
    if layout.sequence is None:
        message = f"{upload.name} has no column of sequences that could be told."
        raise InputError(message, f"Choose one of its columns: {columns}.")
    chosen = (layout.sequence, layout.family, layout.organism, layout.name)
    for column in chosen:
        if column is not None and not 0 <= column < len(upload.header):
            message = f"{upload.name} has no column {column + 1}."
            raise InputError(message, f"Choose one of its columns: {columns}.")


def _parts(rows: Sequence[Row], column: int | None, pattern: str) -> list[str]:
    cells = [_cell(row, column).strip() for row in rows]
    return search(pattern, cells) if pattern and column is not None else cells


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _name(upload: Upload, layout: Layout, row: Row) -> str:
    """The first word of a header, the whole of a cell."""
    text = _cell(row, layout.name).strip()
    return (text.split(maxsplit=1) or [""])[0] if upload.headed else text


def _problem(upload: Upload, layout: Layout, position: int, row: Row) -> Problem | None:
    """A row of another width than its header; a sequence that Excel has cut."""
    cells, columns = len(row.cells), len(upload.header)
    record = f"Record {position:,} (line {row.line:,})"
    if upload.format is Format.EXCEL:
        if len(_cell(row, layout.sequence)) < MAX_CELL:
            return None
        what = f"has {MAX_CELL:,} characters, where Excel cuts off; give it as text"
        return Problem("cut", f"{record} {what}.")
    if cells == columns or (cells > columns and not any(map(str.strip, row.cells[columns:]))):
        return None
    what = f"has {cells:,} columns where the header has {columns:,}"
    return Problem("columns", f"{record} {what}.")
