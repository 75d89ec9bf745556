"""BLAST results as a table to download: an alignment a row."""

from collections.abc import Iterator

from core.blast_results.families import SubjectLabels
from core.blast_results.results import BlastResults
from core.runs.call_table import Cell, format_rows
from core.runs.exports.downloads import Download, file_name, neutralize_formula

COLUMNS = (
    "query",
    "rank",
    "hit",
    "title",
    "family",
    "organism",
    "identity",
    "columns",
    "evalue",
    "bits",
    "query_start",
    "query_end",
    "hit_start",
    "hit_end",
    "strand",
    "hit_length",
)
"""Columns of the table, in order."""
_TEXT = ("query", "hit", "title", "family", "organism")
_MIME = {"tsv": "text/tab-separated-values", "csv": "text/csv"}


def export_hits(results: BlastResults, labels: SubjectLabels, file_format: str) -> Download:
    """Export the alignments as ``tsv`` or ``csv``; no spreadsheet runs their text as a formula."""
    text = "\ufeff" if file_format == "csv" else ""  # By which Excel recognises UTF-8.
    delimiter = "\t" if file_format == "tsv" else ","
    text += format_rows(_rows(results, labels), COLUMNS, delimiter)
    name = export_name(results, file_format)
    return Download(name, _MIME[file_format], text.encode("utf-8", "replace"))


def export_name(results: BlastResults, file_format: str) -> str:
    """Return the name of the file that :func:`export_hits` makes."""
    return f"{file_name(results.file) or 'blast'}_hits.{file_format}"


def _rows(results: BlastResults, labels: SubjectLabels) -> Iterator[dict[str, Cell]]:
    for query in results.queries:
        for rank, hit in enumerate(query.hits, start=1):
            for part in hit.alignments:
                row: dict[str, Cell] = {
                    "query": query.name,
                    "rank": rank,
                    "hit": hit.name,
                    "title": hit.title,
                    "family": labels.family(hit),
                    "organism": labels.organism(hit),
                    "identity": None if part.identity is None else round(part.identity, 4),
                    "columns": part.columns,
                    "evalue": part.evalue,
                    "bits": part.bits,
                    "query_start": part.query_start,
                    "query_end": part.query_end,
                    "hit_start": part.subject_start,
                    "hit_end": part.subject_end,
                    "strand": part.strand,
                    "hit_length": hit.length,
                }
                yield row | {name: neutralize_formula(str(row[name])) for name in _TEXT}
