"""Calls as table rows: columns that scripts can rely on, and TSV, CSV and JSON text."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.calls import Call, Status
from core.classification.prediction import Hit
from core.sequences.families import family_name

if TYPE_CHECKING:  # Imports Biopython, and most tables have no alignments.
    from core.alignment.pairwise import Alignment
    from core.runs.alignments import Alignments

Cell = str | int | float | None
CellType = type[str] | type[int] | type[float]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its meaning, its value of a call, and the type of its values."""

    meaning: str
    value: Callable[[Call], Cell]
    type: CellType = str


def _probability(call: Call, value: float) -> float | None:
    """Return a rounded probability; None if the call is invalid."""
    return None if call.status is Status.INVALID else round(value, 4)


def _short(e_value: float) -> float:
    """Return an E-value with the three digits that mean anything."""
    return float(f"{e_value:.2e}")


_COLUMNS: Mapping[str, _Column] = {
    "query": _Column("query name", lambda call: call.query),
    "length": _Column("length in bp", lambda call: call.length, int),
    "status": _Column("called, unknown or invalid", lambda call: call.status.value),
    "family_id": _Column(
        "class number of the most probable family, also if unknown; empty if invalid",
        lambda call: call.family_id,
        int,
    ),
    "family": _Column("name of that family", lambda call: call.family or None),
    "confidence": _Column(
        "probability of that family, 0 to 1",
        lambda call: _probability(call, call.confidence),
        float,
    ),
    "organism": _Column("closest organism", lambda call: call.organism or None),
    "hit": _Column(
        "name of its closest gene", lambda call: call.closest.name if call.closest else None
    ),
    "score": _Column(
        "cosine similarity to that gene",
        lambda call: round(call.closest.score, 4) if call.closest else None,
        float,
    ),
    "organism_confidence": _Column(
        "probability that no other organism has a closer gene, 0 to 1",
        lambda call: round(call.organism_confidence, 4) if call.organism else None,
        float,
    ),
    "strand": _Column("strand of the evidence, + or -", lambda call: call.strand or None),
    "frame": _Column("reading frame of the evidence, 1 to 3", lambda call: call.frame or None, int),
    "unreadable": _Column(
        "share of ambiguous bases, 0 to 1",
        lambda call: _probability(call, call.unreadable),
        float,
    ),
    "note": _Column("why the query is unknown or invalid", lambda call: call.reason or None),
    "best_guess": _Column(
        "most probable family of an unknown query; empty without any evidence",
        lambda call: call.best_guess or None,
    ),
    "best_guess_confidence": _Column(
        "probability of that family, 0 to 1",
        lambda call: round(call.confidence, 4) if call.best_guess else None,
        float,
    ),
    "evidence_start": _Column(
        "first base of the evidence, from 1 on, on the forward strand",
        lambda call: call.start or None,
        int,
    ),
    "evidence_end": _Column("last base of the evidence", lambda call: call.end or None, int),
    "profile": _Column(
        "name of the profile that matches best, in a library with profiles",
        lambda call: call.profiles[0].name if call.profiles else None,
    ),
    "profile_evalue": _Column(
        "matches as good as this that all profiles bring by chance",
        lambda call: _short(call.profiles[0].e_value) if call.profiles else None,
        float,
    ),
}
COLUMNS = tuple(_COLUMNS)
"""Names of the columns of every table, in order; scripts rely on both."""
MEANINGS = {
    **{name: column.meaning for name, column in _COLUMNS.items()},
    "identity": "share of the alignment's columns, gaps included, with the same letter, 0 to 1",
    "coverage": "share of the query's bases in the alignment, 0 to 1",
    "evalue": "alignments with this score or a better one that are expected by chance",
}
"""Meaning of each column."""
ALIGNMENT_COLUMNS = tuple(MEANINGS)[len(COLUMNS) :]
"""Names of the columns of an alignment, in order: in a table of calls, that with the hit."""
COLUMN_TYPES: Mapping[str, CellType] = {
    **{name: column.type for name, column in _COLUMNS.items()},
    **dict.fromkeys(ALIGNMENT_COLUMNS, float),
}
"""Type of the values of each column."""


def call_row(call: Call) -> dict[str, Cell]:
    """Return a call as a row; None stands for an empty cell."""
    return {name: column.value(call) for name, column in _COLUMNS.items()}


def alignment_row(alignment: "Alignment | None") -> dict[str, Cell]:
    """Return the columns of an alignment; empty cells if there is none."""
    if alignment is None:
        return dict.fromkeys(ALIGNMENT_COLUMNS)
    return {
        "identity": round(alignment.identity, 4),
        "coverage": round(alignment.query_coverage, 4),
        "evalue": _short(alignment.evalue),
    }


def call_rows(
    calls: Sequence[Call], alignments: "Alignments | None" = None
) -> Iterable[dict[str, Cell]]:
    """Yield calls as rows, with the columns of their alignments if there are alignments."""
    for index, call in enumerate(calls):
        row = call_row(call)
        if alignments is not None:
            hit = call.closest
            row |= alignment_row(alignments.get((index, hit.id)) if hit else None)
        yield row


def call_documents(
    calls: Sequence[Call], families: Mapping[int, str], alignments: "Alignments | None" = None
) -> Iterator[dict[str, Any]]:
    """Yield calls as rows with all their hits and families, as JSON has them."""
    for index, row in enumerate(call_rows(calls, alignments)):
        yield row | _evidence(index, calls[index], families, alignments)


def format_calls(
    calls: Sequence[Call],
    file_format: str,
    families: Mapping[int, str],
    alignments: "Alignments | None" = None,
) -> str:
    """Format calls as TSV or CSV with a header line, or as JSON with all hits.

    Parameters
    ----------
    file_format
        ``tsv``, ``csv``, ``json`` for a list, or ``ndjson`` for an object in each line.
    families
        Family names by class number.
    alignments
        Alignments of the hits, to add their columns.
    """
    if file_format in {"json", "ndjson"}:
        values = call_documents(calls, families, alignments)
        if file_format == "ndjson":
            return format_lines(values)
        return json.dumps(list(values), indent=2, ensure_ascii=False) + "\n"
    rows = call_rows(calls, alignments)
    columns = COLUMNS if alignments is None else (*COLUMNS, *ALIGNMENT_COLUMNS)
    return format_rows(rows, columns, "\t" if file_format == "tsv" else ",")


def format_rows(rows: Iterable[Mapping[str, Cell]], columns: Sequence[str], delimiter: str) -> str:
    """Format rows as delimited text with a header line."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def format_lines(values: Iterable[Mapping[str, Any]]) -> str:
    """Format objects as JSON, one in each line."""
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)


def hit_row(hit: Hit, rank: int, families: Mapping[int, str]) -> dict[str, Cell]:
    """Return a hit as a row."""
    return {
        "rank": rank,
        "hit": hit.name,
        "organism": hit.organism,
        "family_id": hit.family,
        "family": family_name(families, hit.family),
        "score": round(hit.score, 4),
        "length": hit.length,
    }


def _evidence(
    index: int, call: Call, families: Mapping[int, str], alignments: "Alignments | None"
) -> dict[str, Any]:
    shares = [
        {
            "family_id": number,
            "family": family_name(families, number),
            "confidence": round(share, 4),
        }
        for number, share in call.families.items()
    ]
    hits = []
    for rank, hit in enumerate(call.hits, start=1):
        # JavaScript rounds integers above 2^53.
        row: dict[str, Any] = hit_row(hit, rank, families) | {"id": str(hit.id)}
        if alignments is not None:
            alignment = alignments.get((index, hit.id))
            row |= alignment_row(alignment) | {"alignment": _letters(alignment)}
        hits.append(row)
    if not call.profiles:
        return {"families": shares, "hits": hits}
    return {"families": shares, "hits": hits, "profiles": _profile_rows(call, families)}


def _profile_rows(call: Call, families: Mapping[int, str]) -> list[dict[str, Cell]]:
    """Return the profiles that match a query, best first."""
    return [
        {
            "profile": hit.name,
            "accession": hit.accession or None,
            "description": hit.description or None,
            "family_id": hit.family,
            "family": None if hit.family is None else family_name(families, hit.family),
            "bits": round(hit.score, 1),
            "evalue": _short(hit.e_value),
            "strand": hit.strand,
            "frame": hit.frame,
            "query_start": hit.start,
            "query_end": hit.end,
        }
        for hit in call.profiles
    ]


def _letters(alignment: "Alignment | None") -> dict[str, Cell] | None:
    """Return the positions and the columns of an alignment."""
    if alignment is None:
        return None
    return {
        "strand": alignment.strand,
        "frame": alignment.frame or None,
        "bits": round(alignment.bits, 1),
        "query_start": alignment.query_start,
        "query_end": alignment.query_end,
        "hit_start": alignment.hit_start,
        "hit_end": alignment.hit_end,
        "hit_coverage": round(alignment.hit_coverage, 4),
        "query_letters": alignment.query_letters,
        "midline": alignment.midline,
        "hit_letters": alignment.hit_letters,
    }
