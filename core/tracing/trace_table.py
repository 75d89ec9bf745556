"""Trace results as rows, for files and screens. Scripts may rely on the column names."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from core.tracing.composition import OrganismShare, estimate_composition
from core.tracing.tracer import TraceResult

COLUMN_TYPES: Mapping[str, type[str] | type[int] | type[float]] = {
    "query": str,
    "length": int,
    "organism": str,
    "confidence": float,
    "identity": float,
    "gene": str,
    "next": str,
    "note": str,
}
"""Type of the values of each column."""
COLUMNS = tuple(COLUMN_TYPES)
SUMMARY_TYPES: Mapping[str, type[str] | type[int] | type[float]] = {
    "organism": str,
    "queries": int,
    "share": float,
    "low": float,
    "high": float,
}
"""Type of the values of each column of a summary."""
SUMMARY_COLUMNS = tuple(SUMMARY_TYPES)

_Cell = str | int | float | None


def to_row(result: TraceResult) -> dict[str, _Cell]:
    """Return the row of a query, with None in cells that do not apply."""
    names = list(result.organisms)
    return {
        "query": result.query,
        "length": result.length,
        "organism": result.organism or None,
        "confidence": round(result.confidence, 4) if names else None,
        "identity": round(result.identity, 4) if names else None,
        "gene": result.closest[names[0]].name if names else None,
        "next": names[1] if len(names) > 1 else None,
        "note": result.problem or None,
    }


def to_summary_row(part: OrganismShare) -> dict[str, _Cell]:
    """Return the row of an organism's share of a batch."""
    return {
        "organism": part.organism,
        "queries": part.queries,
        "share": round(part.share.mean, 4),
        "low": round(part.share.low, 4),
        "high": round(part.share.high, 4),
    }


def format_results(
    results: Sequence[TraceResult], file_format: str, *, summary: bool = False
) -> str:
    """Return results as TSV or CSV with a header line, or as JSON.

    Parameters
    ----------
    file_format
        ``tsv``, ``csv``, ``json``, or ``ndjson`` for an object in each line.
    summary
        Give one row an organism instead of one a query. JSON has both, and all confidences.
    """
    if file_format == "json":
        document = {
            "queries": list(map(to_object, results)),
            "organisms": [to_summary_row(part) for part in estimate_composition(results)],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if summary:
        return format_composition(estimate_composition(results), file_format)
    if file_format == "ndjson":
        return _format_lines(map(to_object, results))
    return _format_table(COLUMNS, map(to_row, results), file_format)


def format_composition(composition: Iterable[OrganismShare], file_format: str) -> str:
    """Return the shares of organisms as TSV or CSV with a header line, or as lines of JSON.

    Parameters
    ----------
    file_format
        ``tsv``, ``csv`` or ``ndjson``.
    """
    rows = map(to_summary_row, composition)
    if file_format == "ndjson":
        return _format_lines(rows)
    return _format_table(SUMMARY_COLUMNS, rows, file_format)


def to_object(result: TraceResult) -> Mapping[str, object]:
    """Return the row of a query with the confidence of every organism."""
    return to_row(result) | {"organisms": dict(result.organisms)}


def _format_lines(values: Iterable[Mapping[str, object]]) -> str:
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)


def _format_table(
    columns: Sequence[str], rows: Iterable[Mapping[str, _Cell]], file_format: str
) -> str:
    buffer = io.StringIO()
    delimiter = "\t" if file_format == "tsv" else ","
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
