"""A run as TSV, CSV or JSON: the columns of the command line, no cell of them a formula."""

import csv
import io
import re
from collections.abc import Sequence

from core.classifier import Call
from core.exports.parts import Download, download
from core.runs.run import Run
from core.sequences.tables import escape_formula
from core.tables import COLUMNS, as_text, row

_MIME = {"tsv": "text/tab-separated-values", "csv": "text/csv", "json": "application/json"}
_TEXTS = ("query", "family", "organism", "hit", "note")
"""The columns whose texts are other people's."""
_HIDDEN_FORMULA = re.compile(r"([;,\t])(?=[\s'\"]*[=+\-@])")
"""One that a spreadsheet would see which parts columns in another way than the file does."""


def table(run: Run, calls: Sequence[Call], file_format: str) -> Download:
    """The calls as ``tsv``, ``csv`` or ``json``, in the order of their queries.

    The columns are :data:`core.tables.COLUMNS`; JSON has all families and hits too. In TSV and CSV
    a text that a spreadsheet would run begins with an apostrophe; CSV begins with the mark by which
    Excel knows UTF-8.
    """
    if file_format == "json":
        text = as_text(calls, file_format)
    else:
        text = "\ufeff" if file_format == "csv" else ""
        text += _inert_table(calls, "\t" if file_format == "tsv" else ",")
    return download(run, f".{file_format}", _MIME[file_format], text)


def inert(cell: str) -> str:
    """The text as no spreadsheet runs it.

    >>> inert("=1+1"), inert("a;=1+1"), inert("gene-1")
    ("'=1+1", "a;'=1+1", 'gene-1')
    """
    return _HIDDEN_FORMULA.sub(r"\1'", escape_formula(cell))


def _inert_table(calls: Sequence[Call], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for call in calls:
        cells = row(call)
        texts = {name: inert(str(cells[name])) for name in _TEXTS if cells[name] is not None}
        writer.writerow(cells | texts)
    return buffer.getvalue()
