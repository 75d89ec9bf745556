"""Excel files: the cells of one sheet as text."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import InputError
from core.sequences.limits import Limits
from core.sequences.readers.tables import check_size, has_content
from core.sequences.source_file import Row

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_CELL = 32_767
"""Maximum length of a cell in Excel, which truncates longer ones silently."""
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


def read_sheet(
    data: bytes, source: str, limits: Limits, sheet: str | None = None
) -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows of a sheet that are not blank, and the names of all sheets.

    Formulas are read as the values that Excel stored with them.

    Parameters
    ----------
    sheet
        Name of the sheet; the first if None.

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
        worksheet = workbook[sheet or names[0]]
        worksheet.reset_dimensions()  # The file may claim any size.
        rows: list[Row] = []
        for line, values in enumerate(worksheet.iter_rows(values_only=True), start=1):
            row = Row(line, _trim(tuple(map(_as_text, values))))
            check_size(line, row, source, limits)  # Count blank rows: a file can claim billions.
            if has_content(row.cells):
                rows.append(row)
    return rows, names


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
