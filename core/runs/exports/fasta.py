"""Queries of a run as FASTA: all of them, by family, or as text to edit and resubmit."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from core.calls import Call, Status
from core.runs.blast_table import sequence_id
from core.runs.exports.downloads import Download, file_name, make_download
from core.runs.run import Run
from core.runs.serialization import StoredQuery

_LINE_LENGTH = 70
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every file in an archive, such that the same run gives the same archive."""


def export_fasta(run: Run, queries: Iterable[StoredQuery], calls: Iterable[Call]) -> Download:
    """Export all valid queries, with their calls in the headers."""
    entries = (_entry(query, call) for query, call in _valid(queries, calls))
    return make_download(run, ".fasta", "text/x-fasta", "".join(entries))


def export_fasta_by_family(
    run: Run, queries: Iterable[StoredQuery], calls: Iterable[Call]
) -> Download:
    """Export a ZIP archive with a FASTA file per family, and one of the unknown queries."""
    files: dict[str, list[str]] = {}
    for query, call in _valid(queries, calls):
        files.setdefault(_family_file(call), []).append(_entry(query, call))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            text = "".join(files[name]).encode("utf-8", "replace")
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return make_download(run, "_by_family.zip", "application/zip", buffer.getvalue())


def format_queries(queries: Sequence[StoredQuery]) -> str:
    """Format the queries as text to edit and resubmit, invalid ones included.

    A single query without a name is a raw sequence.
    """
    if len(queries) == 1 and not queries[0].name:
        return wrap_residues(queries[0].residues)
    return "".join(
        f">{sequence_id(query.name)}\n{wrap_residues(query.residues)}" for query in queries
    )


def _valid(
    queries: Iterable[StoredQuery], calls: Iterable[Call]
) -> Iterator[tuple[StoredQuery, Call]]:
    pairs = zip(queries, calls, strict=True)
    return (pair for pair in pairs if pair[1].status is not Status.INVALID)


def _entry(query: StoredQuery, call: Call) -> str:
    label = call.status.value
    if call.status is Status.CALLED:
        label = f"{' '.join(call.family.split())} {call.confidence:.4f}"
    return f">{sequence_id(call.query)} {label}\n{wrap_residues(query.residues)}"


def _family_file(call: Call) -> str:
    if call.status is not Status.CALLED:
        return "unknown.fasta"
    return "_".join(filter(None, [f"{call.family_id:02}", file_name(call.family)])) + ".fasta"


def wrap_residues(residues: str) -> str:
    """Wrap the residues; no line looks like a header."""
    if ">" in residues:
        return residues.lstrip("> ") + "\n"
    starts = range(0, len(residues), _LINE_LENGTH)
    return "".join(f"{residues[start : start + _LINE_LENGTH]}\n" for start in starts)
