"""The queries of a run as FASTA: all of them, by family, or to be edited and asked again."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from core.classify import Call, Status
from core.runs.exports.downloads import Download, download, file_name
from core.runs.run import Run
from core.runs.serialization import Query

_WIDTH = 70
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive: the same run gives the same archive."""


def fasta(run: Run, queries: Iterable[Query], calls: Iterable[Call]) -> Download:
    """All queries that can be read, each with its answer behind its name."""
    entries = (_entry(query, call) for query, call in _readable(queries, calls))
    return download(run, ".fasta", "text/x-fasta", "".join(entries))


def fasta_by_family(run: Run, queries: Iterable[Query], calls: Iterable[Call]) -> Download:
    """A zip with a FASTA file a family, and one of the unknown queries."""
    files: dict[str, list[str]] = {}
    for query, call in _readable(queries, calls):
        files.setdefault(_file(call), []).append(_entry(query, call))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            text = "".join(files[name]).encode("utf-8", "replace")
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return download(run, "_by_family.zip", "application/zip", buffer.getvalue())


def as_typed(queries: Sequence[Query]) -> str:
    """The queries as a person would type them, to be edited and asked again.

    One without a name is a bare sequence; what cannot be read stays in, to be mended.
    """
    if len(queries) == 1 and not queries[0].name:
        return _wrapped(queries[0].residues)
    return "".join(f">{_word(query.name)}\n{_wrapped(query.residues)}" for query in queries)


def _readable(queries: Iterable[Query], calls: Iterable[Call]) -> Iterator[tuple[Query, Call]]:
    pairs = zip(queries, calls, strict=True)
    return (pair for pair in pairs if pair[1].status is not Status.INVALID)


def _entry(query: Query, call: Call) -> str:
    answer = call.status.value
    if call.status is Status.CALLED:
        answer = f"{' '.join(call.family.split())} {call.confidence:.4f}"
    return f">{_word(call.query)} {answer}\n{_wrapped(query.residues)}"


def _file(call: Call) -> str:
    if call.status is not Status.CALLED:
        return "unknown.fasta"
    return "_".join(filter(None, [f"{call.family_id:02}", file_name(call.family)])) + ".fasta"


def _word(name: str) -> str:
    """The name as the one word that a FASTA header begins with."""
    return "_".join(name.split())


def _wrapped(residues: str) -> str:
    """The residues in lines, none of which looks like a header."""
    if ">" in residues:
        return residues.lstrip("> ") + "\n"
    starts = range(0, len(residues), _WIDTH)
    return "".join(f"{residues[start : start + _WIDTH]}\n" for start in starts)
