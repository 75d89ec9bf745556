"""Downloads: files named after their run, its parameters, and TSV, CSV and JSON tables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.calls import Call
from core.runs.alignments import Alignments
from core.runs.call_table import (
    ALIGNMENT_COLUMNS,
    COLUMNS,
    Cell,
    call_rows,
    format_calls,
    format_rows,
)
from core.runs.run import Run, RunKind, RunSettings
from core.sequences.readers.tables import escape_formula

_MIME = {"tsv": "text/tab-separated-values", "csv": "text/csv", "json": "application/json"}
_TEXT_COLUMNS = ("query", "family", "organism", "hit", "note", "best_guess", "profile")
"""Columns with text of unknown origin."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_MAX_NAME = 60
_HIDDEN_FORMULA = re.compile(r"([;,\t])(?=[\s'\"]*[=+\-@])")
"""Start of a formula in a spreadsheet that splits columns at another character than the file."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to download.

    Attributes
    ----------
    mime
        Media type.
    """

    name: str
    mime: str
    data: bytes


def file_name(text: str) -> str:
    """Return the text as a file name that every system accepts; may be empty.

    >>> file_name("../Ion channel (α)")
    'Ion_channel'
    """
    return _NOT_IN_NAMES.sub("_", text)[:_MAX_NAME].strip("_")


def make_download(run: Run, ending: str, mime: str, data: bytes | str) -> Download:
    """Return a file that is named after its run; text is encoded as UTF-8.

    Parameters
    ----------
    ending
        End of the file name.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")  # Lone surrogates cannot be encoded.
    day = f"{run.created_at:%Y-%m-%d}"
    return Download("_".join(filter(None, [file_name(run.name), day])) + ending, mime, data)


def describe_run(run: Run, link: str = "") -> Mapping[str, str]:
    """Return what is needed to reproduce a run, as text by name; without what is unknown.

    Parameters
    ----------
    link
        Address of the run, if known.
    """
    settings = run.settings
    genes = sum(run.organisms.values())
    organisms = ", ".join(f"{name} ({count:,})" for name, count in run.organisms.items())
    searched = "all organisms" if settings.organisms is None else ", ".join(settings.organisms)
    parameters = {
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
        **(_classification_settings(settings) if run.kind is RunKind.CLASSIFY else {}),
        "versions": ", ".join(f"{name} {number}" for name, number in run.versions.items()),
    }
    return {name: value for name, value in parameters.items() if value}


def _classification_settings(settings: RunSettings) -> Mapping[str, str]:
    return {"neighbours": f"{settings.neighbours:,}", "threshold": f"{settings.threshold:.4g}"}


def export_table(
    run: Run, calls: Sequence[Call], file_format: str, alignments: Alignments
) -> Download:
    """Export the calls as ``tsv``, ``csv`` or ``json``, in the order of their queries.

    The columns are :data:`core.runs.call_table.COLUMNS`, then those of the alignment with the hit;
    JSON has all families and hits too. In TSV and CSV, text that a spreadsheet would run as a
    formula is prefixed by an apostrophe; CSV starts with the byte order mark by which Excel
    recognises UTF-8.
    """
    if file_format == "json":
        text = format_calls(calls, file_format, run.families, alignments)
    else:
        text = "\ufeff" if file_format == "csv" else ""
        rows = map(_neutralize, call_rows(calls, alignments))
        delimiter = "\t" if file_format == "tsv" else ","
        text += format_rows(rows, (*COLUMNS, *ALIGNMENT_COLUMNS), delimiter)
    return make_download(run, f".{file_format}", _MIME[file_format], text)


def neutralize_formula(cell: str) -> str:
    """Return the text such that no spreadsheet runs it.

    >>> neutralize_formula("=1+1"), neutralize_formula("a;=1+1"), neutralize_formula("gene-1")
    ("'=1+1", "a;'=1+1", 'gene-1')
    """
    return _HIDDEN_FORMULA.sub(r"\1'", escape_formula(cell))


def _neutralize(row: dict[str, Cell]) -> dict[str, Cell]:
    for name in _TEXT_COLUMNS:
        if row[name] is not None:
            row[name] = neutralize_formula(str(row[name]))
    return row
