"""Calls as table rows: columns that scripts can rely on, and TSV, CSV and JSON text."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from core.calls import Call, Status

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its meaning, and its value of a call."""

    meaning: str
    value: Callable[[Call], Cell]


def _probability(call: Call, value: float) -> float | None:
    """Return a rounded probability; None if the call is invalid."""
    return None if call.status is Status.INVALID else round(value, 4)


_COLUMNS: Mapping[str, _Column] = {
    "query": _Column("query name", lambda call: call.query),
    "length": _Column("length in bp", lambda call: call.length),
    "status": _Column("called, unknown or invalid", lambda call: call.status.value),
    "family_id": _Column(
        "class number of the most probable family, also if unknown; empty if invalid",
        lambda call: call.family_id,
    ),
    "family": _Column("name of that family", lambda call: call.family or None),
    "confidence": _Column(
        "probability of that family, 0 to 1", lambda call: _probability(call, call.confidence)
    ),
    "organism": _Column("closest organism", lambda call: call.organism or None),
    "hit": _Column(
        "name of its closest gene", lambda call: call.closest.name if call.closest else None
    ),
    "score": _Column(
        "cosine similarity to that gene",
        lambda call: round(call.closest.score, 4) if call.closest else None,
    ),
    "organism_confidence": _Column(
        "probability that no other organism has a closer gene, 0 to 1",
        lambda call: round(call.organism_confidence, 4) if call.organism else None,
    ),
    "strand": _Column("strand of the evidence, + or -", lambda call: call.strand or None),
    "frame": _Column("reading frame of the evidence, 1 to 3", lambda call: call.frame or None),
    "unreadable": _Column(
        "share of ambiguous bases, 0 to 1", lambda call: _probability(call, call.unreadable)
    ),
    "note": _Column("why the query is unknown or invalid", lambda call: call.reason or None),
}
COLUMNS = tuple(_COLUMNS)
"""Names of the columns, in order; scripts rely on both."""
MEANINGS = {name: column.meaning for name, column in _COLUMNS.items()}
"""Meaning of each column."""


def call_row(call: Call) -> dict[str, Cell]:
    """Return a call as a row; None stands for an empty cell."""
    return {name: column.value(call) for name, column in _COLUMNS.items()}


def format_calls(calls: Sequence[Call], file_format: str) -> str:
    """Format calls as TSV or CSV with a header line, or as a JSON list with all hits.

    Parameters
    ----------
    file_format
        ``tsv``, ``csv`` or ``json``.
    """
    if file_format == "json":
        rows = [call_row(call) | _evidence(call) for call in calls]
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    return format_rows(map(call_row, calls), "\t" if file_format == "tsv" else ",")


def format_rows(rows: Iterable[Mapping[str, Cell]], delimiter: str) -> str:
    """Format rows as delimited text with a header line."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _evidence(call: Call) -> dict[str, object]:
    families = [
        {"family_id": number, "confidence": round(share, 4)}
        for number, share in call.families.items()
    ]
    return {"families": families, "hits": [asdict(hit) for hit in call.hits]}
