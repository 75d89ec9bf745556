"""A run as an Excel workbook: its calls, their hits, its settings, the meaning of columns."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.calls import Call, Status
from core.errors import InputError
from core.runs.alignments import Alignments
from core.runs.call_table import (
    ALIGNMENT_COLUMNS,
    MEANINGS,
    Cell,
    alignment_row,
    call_rows,
    hit_row,
)
from core.runs.exports.downloads import Download, describe_run, make_download
from core.runs.run import Run
from core.sequences.readers.excel import MAX_CELL
from core.sequences.readers.tables import escape_formula

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

CALL_COLUMNS = (
    "query",
    "length",
    "status",
    "family",
    "family_id",
    "confidence",
    "best_guess",
    "best_guess_confidence",
    "hit",
    "organism",
    "identity",
    "coverage",
    "evalue",
    "score",
    "organism_confidence",
    "strand",
    "frame",
    "evidence_start",
    "evidence_end",
    "profile",
    "profile_evalue",
    "unreadable",
    "note",
)
"""Columns of the sheet `calls`: those of all tables, with the best guess apart from the family."""
HIT_COLUMNS = (
    "query",
    "rank",
    "hit",
    "organism",
    "family_id",
    "family",
    *ALIGNMENT_COLUMNS,
    "score",
    "length",
)
"""Columns of the sheet `hits`, with one row per hit; the rank starts at 1."""
MAX_ROWS = 1_000_000
"""Maximum number of rows of a sheet; Excel has 1,048,576."""
MAX_HITS = 10
"""Maximum number of hits per query, the best ones."""

_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NOT_IN_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDTHS = {
    "query": 24,
    "family": 28,
    "best_guess": 28,
    "organism": 18,
    "hit": 18,
    "note": 60,
    "value": 70,
    "meaning": 70,
}
_MEANINGS = {
    **{name: MEANINGS[name] for name in CALL_COLUMNS},
    "family_id": "class number of the family; empty if unknown or invalid",
    "family": "family; unknown or invalid if none is called",
    "confidence": "probability of the family, 0 to 1; empty if unknown or invalid",
    "rank": "rank of a hit, from 1",
}


def export_workbook(
    run: Run, calls: Sequence[Call], alignments: Alignments, link: str = ""
) -> Download:
    """Export the calls as a workbook with the sheets `calls`, `hits`, `run` and `columns`.

    Every cell is text or a number, never a formula.

    Parameters
    ----------
    link
        Address of the run, if known.

    Raises
    ------
    InputError
        If there are more calls than a sheet has rows.
    """
    if len(calls) > MAX_ROWS:
        message = f"{len(calls):,} rows are more than an Excel sheet can hold."
        raise InputError(message, "Download TSV or CSV instead.")
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _fill(book.create_sheet("calls"), CALL_COLUMNS, _call_values(calls, alignments))
    hits = islice(_hit_values(run, calls, alignments), MAX_ROWS)
    _fill(book.create_sheet("hits"), HIT_COLUMNS, hits)
    _fill(book.create_sheet("run"), ("parameter", "value"), describe_run(run, link).items())
    _fill(book.create_sheet("columns"), ("column", "meaning"), _MEANINGS.items())
    buffer = io.BytesIO()
    book.save(buffer)
    return make_download(run, ".xlsx", _MIME, buffer.getvalue())


def _call_values(calls: Sequence[Call], alignments: Alignments) -> Iterator[list[Cell]]:
    for call, row in zip(calls, call_rows(calls, alignments), strict=True):
        if call.status is not Status.CALLED:
            row |= {"family": call.status.value, "family_id": None, "confidence": None}
        yield [row[name] for name in CALL_COLUMNS]


def _hit_values(run: Run, calls: Iterable[Call], alignments: Alignments) -> Iterator[list[Cell]]:
    for index, call in enumerate(calls):
        for rank, hit in enumerate(call.hits[:MAX_HITS], start=1):
            row = hit_row(hit, rank, run.families) | {"query": call.query}
            row |= alignment_row(alignments.get((index, hit.id)))
            yield [row[name] for name in HIT_COLUMNS]


def _fill(
    sheet: "WriteOnlyWorksheet", header: Sequence[str], rows: Iterable[Iterable[Any]]
) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for number, name in enumerate(header, start=1):
        column = sheet.column_dimensions[get_column_letter(number)]  # type: ignore[attr-defined]
        column.width = _WIDTHS.get(name, 12)
    titles = [_text(sheet, name) for name in header]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for values in rows:
        sheet.append([_cell(sheet, value) for value in values])


def _cell(sheet: "WriteOnlyWorksheet", value: Any) -> Any:
    """Return the value, or a text cell if openpyxl might take it for something else."""
    return _text(sheet, value) if isinstance(value, str) and not value.isalnum() else value


def _text(sheet: "WriteOnlyWorksheet", value: str) -> Any:
    """Return a text cell that stays text when it is edited."""
    from openpyxl.cell import WriteOnlyCell

    text = _NOT_IN_XML.sub("\ufffd", value)[:MAX_CELL]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if escape_formula(text) != text:
        cell.quotePrefix = True
    return cell
