"""Formats of answers: JSON, lines of JSON, TSV and CSV, written piece by piece."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Format(StrEnum):
    """Formats of an answer."""

    JSON = "json"
    TSV = "tsv"
    CSV = "csv"
    NDJSON = "ndjson"


MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {
        Format.JSON: "application/json",
        Format.TSV: "text/tab-separated-values",
        Format.CSV: "text/csv",
        Format.NDJSON: "application/x-ndjson",
    }
)
_ACCEPTED = {
    **{media_type: file_format for file_format, media_type in MEDIA_TYPES.items()},
    "application/jsonl": Format.NDJSON,
    "application/*": Format.JSON,
    "*/*": Format.JSON,
}


def choose_format(wanted: str | None, accept: str) -> Format:
    """Return the format of an answer: the one that is named, else by the header ``Accept``.

    Of several types, the one with the highest weight counts; JSON, if none is known.

    >>> choose_format(None, "text/csv;q=0.5, text/tab-separated-values").value
    'tsv'
    >>> choose_format("csv", "application/json").value, choose_format(None, "text/html").value
    ('csv', 'json')
    """
    if wanted is not None:
        return Format(wanted)
    choices = []
    for part in accept.split(","):
        media_type, *parameters = (text.strip().lower() for text in part.split(";"))
        if media_type in _ACCEPTED:
            choices.append((_weight(parameters), _ACCEPTED[media_type]))
    return max(choices, key=lambda choice: choice[0])[1] if choices else Format.JSON


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class Writer:
    """Writes one answer: what is known first, rows as they come, what is known last.

    Parameters
    ----------
    columns
        Of tables.
    rows_name
        Name of the list of rows in JSON.
    """

    def __init__(self, file_format: Format, columns: Sequence[str], rows_name: str) -> None:
        self.format = file_format
        self._columns = columns
        self._rows_name = rows_name
        self._has_rows = False

    @property
    def is_table(self) -> bool:
        """True if rows have columns only."""
        return self.format in {Format.TSV, Format.CSV}

    def head(self, facts: Mapping[str, object]) -> bytes:
        """Return the beginning: the facts in JSON, the header line of a table."""
        if self.is_table:
            return self._table([dict(zip(self._columns, self._columns, strict=True))])
        if self.format is Format.NDJSON:
            return b""
        return f"{to_json(facts)[:-1]}, {to_json(self._rows_name)}: [\n".encode()

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> bytes:
        """Return some rows."""
        if self.is_table:
            return self._table(rows)
        lines = [to_json(row) for row in rows]
        if self.format is Format.NDJSON:
            return "".join(f"{line}\n" for line in lines).encode()
        text = ",\n".join(lines)
        first = not self._has_rows
        self._has_rows |= bool(lines)
        return (text if first or not lines else f",\n{text}").encode()

    def tail(self, facts: Mapping[str, object]) -> bytes:
        """Return the end; of JSON, with more facts."""
        if self.format is not Format.JSON:
            return b""
        more = "".join(f", {to_json(name)}: {to_json(value)}" for name, value in facts.items())
        return f"\n]{more}}}\n".encode()

    def _table(self, rows: Iterable[Mapping[str, Any]]) -> bytes:
        buffer = io.StringIO()
        delimiter = "\t" if self.format is Format.TSV else ","
        writer = csv.DictWriter(
            buffer, self._columns, extrasaction="ignore", delimiter=delimiter, lineterminator="\n"
        )
        writer.writerows(rows)
        return buffer.getvalue().encode("utf-8", "replace")


def to_json(value: object) -> str:
    """Return JSON of one line, which any client can decode."""
    return json.dumps(value, allow_nan=False)
