"""What tracing found as rows, for files and screens: column names that scripts can rely on."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from core.tracing.tracer import Origin, Traced, origins

COLUMNS = ("query", "length", "organism", "confidence", "identity", "gene", "next", "note")
SUMMARY_COLUMNS = ("organism", "queries", "share", "low", "high")
FORMATS = ("tsv", "csv", "json")

_Cell = str | int | float | None


def row(traced: Traced) -> dict[str, _Cell]:
    """The answer for a query; what it does not have is None."""
    names = list(traced.organisms)
    return {
        "query": traced.query,
        "length": traced.length,
        "organism": traced.organism or None,
        "confidence": round(traced.confidence, 4) if names else None,
        "identity": round(traced.identity, 4) if names else None,
        "gene": traced.closest[names[0]].name if names else None,
        "next": names[1] if len(names) > 1 else None,
        "note": traced.problem or None,
    }


def summary_row(origin: Origin) -> dict[str, _Cell]:
    """How much of a batch comes from an organism."""
    share = origin.share
    return {
        "organism": origin.organism,
        "queries": origin.queries,
        "share": round(share.mean, 4),
        "low": round(share.low, 4),
        "high": round(share.high, 4),
    }


def as_text(traced: Sequence[Traced], file_format: str, *, summary: bool = False) -> str:
    """All answers, or what they are together, as TSV or CSV with a header line, or as JSON.

    JSON has both, and the confidence of every organism.
    """
    if file_format == "json":
        found = {
            "organisms": [summary_row(each) for each in origins(traced)],
            "queries": [row(each) | {"organisms": dict(each.organisms)} for each in traced],
        }
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    delimiter = "\t" if file_format == "tsv" else ","
    if summary:
        return _table(SUMMARY_COLUMNS, map(summary_row, origins(traced)), delimiter)
    return _table(COLUMNS, map(row, traced), delimiter)


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, _Cell]], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
