"""Calls as rows, for files and screens: column names that scripts can rely on."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from core.classify import Call

MEANINGS = {
    "query": "its name",
    "length": "its bases",
    "status": "called, unknown or invalid",
    "family_id": "class number of the best guess whatever the status; empty where it is invalid",
    "family": "the name of that family",
    "confidence": "how likely that family is right, 0 to 1",
    "organism": "the closest organism",
    "hit": "the name of the closest gene that it has",
    "score": "the inner product with it",
    "organism_confidence": "how sure it is that no other organism has a closer one, 0 to 1",
    "strand": "where the evidence stands: + or -",
    "frame": "its reading frame, 1 to 3",
    "unreadable": "share of the letters that are ambiguity codes, 0 to 1",
    "note": "why it is unknown or invalid",
}
"""What each column says of a query; scripts rely on their names and their order."""
COLUMNS = tuple(MEANINGS)

_NEARLY_CERTAIN = 0.99

FORMATS = ("tsv", "csv", "json")


def confidence_phrase(confidence: float) -> str:
    """A confidence in words; nothing is ever quite certain.

    >>> sure(0.974), sure(0.9999)
    ('97% sure', 'more than 99% sure')
    """
    if confidence > _NEARLY_CERTAIN:
        return "more than 99% sure"
    return f"{confidence:.0%} sure"


def call_row(call: Call) -> dict[str, str | int | float | None]:
    """A call as a row; what it does not have is None."""
    closest = call.closest
    return {
        "query": call.query,
        "length": call.length,
        "status": call.status.value,
        "family_id": call.family_id,
        "family": call.family or None,
        "confidence": None if call.family_id is None else round(call.confidence, 4),
        "organism": call.organism or None,
        "hit": closest.name if closest else None,
        "score": round(closest.score, 4) if closest else None,
        "organism_confidence": round(call.organism_confidence, 4) if call.organism else None,
        "strand": call.strand or None,
        "frame": call.frame or None,
        "unreadable": None if call.family_id is None else round(call.unreadable, 4),
        "note": call.reason or None,
    }


def _evidence(call: Call) -> dict[str, object]:
    families = [
        {"family_id": number, "confidence": round(share, 4)}
        for number, share in call.families.items()
    ]
    return {"families": families, "hits": [asdict(hit) for hit in call.hits]}


def format_calls(calls: Sequence[Call], file_format: str) -> str:
    """All calls as TSV or CSV with a header line, or as a JSON list that has the hits too."""
    if file_format == "json":
        rows = [call_row(call) | _evidence(call) for call in calls]
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    buffer = io.StringIO()
    writer = csv.DictWriter(
        buffer, COLUMNS, delimiter="\t" if file_format == "tsv" else ",", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(call_row(call) for call in calls)
    return buffer.getvalue()
