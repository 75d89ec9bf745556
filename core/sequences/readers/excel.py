"""Excel files: the cells of one sheet as text."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.readers.tables import check_size, has_content
from core.sequences.source_file import Row

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_CELL = 32_767
"""Maximum length of a cell in Excel, which truncates longer ones silently."""
_MAX_NOTE = 200
_HINT = "Open it in Excel and save it as .xlsx."
_DAMAGED = (
    # Errors of openpyxl on workbooks that Excel did not write; it has no error class of its own.
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # Base class of ElementTree's ParseError.
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of an Excel file.

    Attributes
    ----------
    rows
        Its rows that are not blank.
    sheets
        Names of all sheets of the file.
    notes
        Which sheet it is, and what Excel may have changed in it, in full sentences.
    """

    rows: list[Row]
    sheets: tuple[str, ...]
    notes: tuple[str, ...]


def read_sheet(data: bytes, source: str, limits: Limits, sheet: str | None = None) -> Sheet:
    """Read a sheet of an Excel file.

    Formulas are read as the values that Excel stored with them.

    Parameters
    ----------
    sheet
        Name of the sheet; the first visible one if None.

    Raises
    ------
    InputError
        If it is damaged, has no such sheet, or is too large.
    """
    with _open_workbook(data, source) as workbook:
        names = tuple(worksheet.title for worksheet in workbook.worksheets)
        if not names or (sheet is not None and sheet not in names):
            message = f"{source} has no sheet {sheet!r}." if sheet else f"{source} has no sheets."
            raise InputError(message, f"Its sheets: {', '.join(names)}." if names else _HINT)
        visible = [page.title for page in workbook.worksheets if page.sheet_state == "visible"]
        name = sheet or (visible or names)[0]
        worksheet = workbook[name]
        worksheet.reset_dimensions()  # The file may claim any size.
        rows: list[Row] = []
        dates: list[tuple[int, date | datetime]] = []
        for line, values in enumerate(worksheet.iter_rows(values_only=True), start=1):
            row = Row(line, _trim(tuple(map(_as_text, values))))
            check_size(line, row, source, limits)  # Count blank rows: a file can claim billions.
            if has_content(row.cells):
                rows.append(row)
            dates += [(line, value) for value in values if isinstance(value, date)]
    return Sheet(rows, names, (*_describe_dates(dates), *_describe_sheets(name, names)))


def _describe_sheets(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return a note on which of several sheets was read."""
    note = f"Sheet {name!r} of {len(names)} was read: {', '.join(names)}"
    return (f"{note[:_MAX_NOTE]}.",) if len(names) > 1 else ()


def _describe_dates(dates: Sequence[tuple[int, date | datetime]]) -> tuple[str, ...]:
    """Return a note on cells that Excel keeps as dates."""
    if not dates:
        return ()
    line, first = dates[0]
    cells = "1 cell is a date" if len(dates) == 1 else f"{len(dates):,} cells are dates"
    note = f"{cells}, the first in line {line:,}: {first:%Y-%m-%d}. Excel turns names such as"
    return (f"{note} MARCH1 into dates; check them.",)


@contextmanager
def _open_workbook(data: bytes, source: str) -> Iterator["Workbook"]:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Styles and extensions are not read.
            workbook = load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            yield workbook
            workbook.close()
    except _DAMAGED:
        message = f"{source} is a damaged Excel file."
        raise InputError(message, _HINT) from None


def _as_text(value: object) -> str:
    """Return a cell as Excel shows it: integers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _trim(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells without empty ones at the end: openpyxl fills up to the widest row."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]
