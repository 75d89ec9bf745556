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
from core.sequences.readers.tables import check_extent, has_content
from core.sequences.upload import Row

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_CELL = 32_767
"""Most characters that Excel keeps in a cell; it cuts longer ones without a word."""
_HINT = "Open it in Excel, save it as .xlsx, then give that."
_DAMAGED = (
    # What openpyxl raises on workbooks that Excel did not write; it has no error of its own.
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # What ElementTree's ParseError is.
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_sheet(
    data: bytes, source: str, limits: Limits, sheet: str | None = None
) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of a sheet that are not blank, and the names of all sheets.

    Of formulas, the values that Excel left in the file are read.

    Parameters
    ----------
    sheet
        Which; the first if None.

    Raises
    ------
    InputError
        If it is damaged, has no such sheet, or is too large.
    """
    with _opened(data, source) as workbook:
        names = tuple(each.title for each in workbook.worksheets)
        if not names or (sheet is not None and sheet not in names):
            message = f"{source} has no sheet {sheet!r}." if sheet else f"{source} has no sheets."
            raise InputError(message, f"It has: {', '.join(names)}." if names else _HINT)
        page = workbook[sheet or names[0]]
        page.reset_dimensions()  # What the file claims of its size may be anything.
        rows: list[Row] = []
        for line, values in enumerate(page.iter_rows(values_only=True), start=1):
            row = Row(line, _trimmed(tuple(map(_as_text, values))))
            check_extent(line, row, source, limits)  # Blank rows count: a file can claim billions.
            if has_content(row.cells):
                rows.append(row)
    return rows, names


@contextmanager
def _opened(data: bytes, source: str) -> Iterator["Workbook"]:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of styles and extensions, which are not read.
            workbook = load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            yield workbook
            workbook.close()
    except _DAMAGED:
        message = f"{source} is a damaged Excel file."
        raise InputError(message, _HINT) from None


def _as_text(value: object) -> str:
    """A cell as Excel shows it: whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty cells at the end, which are as many as the widest row has."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]
