"""Run files, written: a run with all that its result pages need, to be opened elsewhere."""

import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError

from core.alignment.explanation import GeneSource
from core.calls import Call
from core.errors import InputError
from core.runs.exports.downloads import Download, make_download
from core.runs.file_format import (
    ENDING,
    FORMAT,
    KIND,
    MAX_HITS,
    MAX_QUERIES,
    MAX_REASON,
    FileGene,
    FileHit,
    FileQuery,
    FileSettings,
    Header,
)
from core.runs.run import Run
from core.runs.serialization import StoredQuery
from core.schema import StrictModel, describe_fault
from core.sequences.families import default_name
from core.sequences.records import clean_name, remove_hidden

_MIME = "application/gzip"
_LEVEL = 4
"""Of compression: three times as fast as the usual 6, for 5% more."""
_UNNAMED = "unnamed"
_OTHER_FILE_HINT = "Download the table or the JSON file instead."


def export_run_file(
    run: Run,
    calls: Sequence[Call],
    queries: Sequence[StoredQuery],
    genes: GeneSource | None,
) -> Download:
    """Export a classification as a run file.

    Names lose characters that nobody sees.

    Parameters
    ----------
    calls, queries
        Of the run, in the same order.
    genes
        Where the residues of the hits are; None if they are lost: the file has no alignments then.
        Genes that it does not have are left out.

    Raises
    ------
    InputError
        If the run is too large for a file that can be opened, or has values that no file may have.
    StoreError
        If the residues cannot be read.
    """
    if not fits_run_file(calls):
        message = f"A run file has at most {MAX_QUERIES:,} queries and {MAX_HITS:,} hits."
        raise InputError(message, _OTHER_FILE_HINT)
    hits = list(dict.fromkeys(hit.id for call in calls for hit in call.hits))
    residues = genes.residues(hits) if genes else {}
    try:
        data = _pack(_lines(run, residues, calls, queries))
    except ValidationError as error:
        message = f"The run {run.name!r} cannot be a run file: {describe_fault(error)}."
        raise InputError(message, _OTHER_FILE_HINT) from None
    return make_download(run, ENDING, _MIME, data)


def fits_run_file(calls: Sequence[Call]) -> bool:
    """Return whether a run is small enough for a run file."""
    return len(calls) <= MAX_QUERIES and sum(len(call.hits) for call in calls) <= MAX_HITS


def _pack(lines: Iterable[StrictModel]) -> bytes:
    buffer = io.BytesIO()
    # Neither name nor date, so that the same run gives the same file.
    with gzip.GzipFile("", "wb", _LEVEL, buffer, mtime=0) as file:
        for line in lines:
            file.write(line.model_dump_json().encode() + b"\n")
    return buffer.getvalue()


def _lines(
    run: Run,
    residues: Mapping[int, str],
    calls: Sequence[Call],
    queries: Sequence[StoredQuery],
) -> Iterator[StrictModel]:
    yield _header(run, n_genes=len(residues), n_queries=len(calls))
    for number, letters in residues.items():
        yield FileGene(gene=str(number), residues=letters)
    for query, call in zip(queries, calls, strict=True):
        yield _query(query, call)


def _header(run: Run, *, n_genes: int, n_queries: int) -> Header:
    settings = run.settings
    return Header(
        kind=KIND,
        format=FORMAT,
        genes=n_genes,
        queries=n_queries,
        name=_name(run.name),
        created_at=run.created_at,
        seconds=run.seconds,
        library=_name(run.library),
        encoder=_name(run.encoder),
        fingerprint=run.fingerprint,
        contents=run.contents,
        settings=FileSettings(
            organisms=settings.organisms and tuple(map(_name, settings.organisms)),
            neighbours=settings.neighbours,
            threshold=settings.threshold,
        ),
        families={
            number: clean_name(name) or default_name(number)
            for number, name in run.families.items()
        },
        organisms={_name(name): count for name, count in run.organisms.items()},
        versions={_name(name): clean_name(number) for name, number in run.versions.items()},
    )


def _query(query: StoredQuery, call: Call) -> FileQuery:
    return FileQuery(
        name=clean_name(query.name),
        residues=query.residues.encode("utf-8", "replace").decode(),  # Of lone surrogates: "?".
        query=clean_name(call.query),
        status=call.status,
        family_id=call.family_id,
        family=clean_name(call.family),
        confidence=call.confidence,
        families=dict(call.families),
        hits=tuple(
            FileHit(
                gene=str(hit.id),
                organism=clean_name(hit.organism),
                family=hit.family,
                name=clean_name(hit.name),
                score=hit.score,
                length=hit.length,
            )
            for hit in call.hits
        ),
        organism=clean_name(call.organism),
        organism_confidence=call.organism_confidence,
        strand=call.strand,
        frame=call.frame,
        unreadable=call.unreadable,
        reason=remove_hidden(call.reason)[:MAX_REASON],
        start=call.start,
        end=call.end,
    )


def _name(text: str) -> str:
    return clean_name(text) or _UNNAMED
