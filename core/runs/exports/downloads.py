"""What the exports share: what a download is, and the facts of a run.

A run as TSV, CSV or JSON: the columns of the command line, no cell of them a formula.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.classify import Call
from core.runs.call_table import COLUMNS, call_row, format_calls
from core.runs.run import Run
from core.sequences.readers.tables import escape_formula

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take away.

    Attributes
    ----------
    mime
        Its media type.
    """

    name: str
    mime: str
    data: bytes


def file_name(text: str) -> str:
    """The text as every system takes it for the name of a file; may be empty.

    >>> file_name("../Ion channel (α)")
    'Ion_channel'
    """
    return _NOT_IN_NAMES.sub("_", text)[:_LONGEST_NAME].strip("_")


def download(run: Run, ending: str, mime: str, data: bytes | str) -> Download:
    """A run as a file that is called after it; text as UTF-8.

    Parameters
    ----------
    ending
        What its name ends in.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")  # Halves of characters are no text.
    day = f"{run.created_at:%Y-%m-%d}"
    return Download("_".join(filter(None, [file_name(run.name), day])) + ending, mime, data)


def facts(run: Run, link: str = "") -> Mapping[str, str]:
    """What has to be known of a run to make it again, by what it is.

    Parameters
    ----------
    link
        Its address, where that is known.
    """
    settings = run.settings
    genes = sum(run.organisms.values())
    organisms = ", ".join(f"{name} ({count:,})" for name, count in run.organisms.items())
    searched = "all organisms" if settings.organisms is None else ", ".join(settings.organisms)
    told = {
        "run": run.name,
        "link": link,
        "date": f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "by": run.by,
        "queries": f"{run.queries:,}",
        "seconds": f"{run.seconds:.3f}",
        "library": f"{run.library} ({genes:,} genes, encoder {run.encoder})",
        "organisms": organisms,
        "fingerprint": run.fingerprint,
        "contents": run.contents,
        "searched": searched,
        "neighbours": f"{settings.neighbours:,}",
        "threshold": f"{settings.threshold:.4g}",
        "versions": ", ".join(f"{name} {number}" for name, number in run.versions.items()),
    }
    return {name: value for name, value in told.items() if value}


_MIME = {"tsv": "text/tab-separated-values", "csv": "text/csv", "json": "application/json"}
_TEXTS = ("query", "family", "organism", "hit", "note")
"""The columns whose texts are other people's."""
_HIDDEN_FORMULA = re.compile(r"([;,\t])(?=[\s'\"]*[=+\-@])")
"""One that a spreadsheet would see which parts columns in another way than the file does."""


def table(run: Run, calls: Sequence[Call], file_format: str) -> Download:
    """The calls as ``tsv``, ``csv`` or ``json``, in the order of their queries.

    The columns are :data:`core.runs.call_table.COLUMNS`; JSON has all families and hits too. In TSV and CSV
    a text that a spreadsheet would run begins with an apostrophe; CSV begins with the mark by which
    Excel knows UTF-8.
    """
    if file_format == "json":
        text = format_calls(calls, file_format)
    else:
        text = "\ufeff" if file_format == "csv" else ""
        text += _inert_table(calls, "\t" if file_format == "tsv" else ",")
    return download(run, f".{file_format}", _MIME[file_format], text)


def neutralize_formula(cell: str) -> str:
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
        cells = call_row(call)
        texts = {
            name: neutralize_formula(str(cells[name])) for name in _TEXTS if cells[name] is not None
        }
        writer.writerow(cells | texts)
    return buffer.getvalue()
