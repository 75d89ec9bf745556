"""Run files, written: a run with all that its result pages need, to be opened elsewhere."""

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from pydantic import ValidationError

from core.alignment.explanation import GeneSource
from core.calls import Call, Status
from core.classification.prediction import Hit
from core.classification.profile_evidence import ProfileHit
from core.errors import InputError
from core.runs.exports.downloads import Download, make_download
from core.runs.file_format import (
    ENDING,
    FORMAT,
    KIND,
    MAX_BYTES,
    MAX_HITS,
    MAX_PROBABILITIES,
    MAX_QUERIES,
    MAX_REASON,
    MAX_SHARES,
    FileCall,
    FileClosest,
    FileGene,
    FileHit,
    FileProfile,
    FileQuery,
    FileSettings,
    FileTrace,
    Header,
    count_probabilities,
)
from core.runs.repository import Runs
from core.runs.run import Run, RunKind
from core.runs.serialization import StoredQuery
from core.schema import StrictModel, describe_fault
from core.sequences.families import default_name
from core.sequences.records import clean_name, remove_hidden
from core.settings import MB
from core.tracing import TraceResult

_MIME = "application/gzip"
_LEVEL = 4
"""Of compression: three times as fast as the usual 6, for 5% more."""
_UNNAMED = "unnamed"
_OTHER_FILE_HINT = "Download the table or the JSON file instead."


def export_run(runs: Runs, run: Run, genes: GeneSource | None) -> Download:
    """Export a stored run as a run file.

    Parameters
    ----------
    genes
        As of :func:`export_classification`; not needed for a trace.

    Raises
    ------
    ForbiddenError
        If the user may not see the run.
    InputError
        As :func:`export_classification`; or if the run was deleted.
    StoreError
        If the run or the residues cannot be read.
    """
    _check(fits=run.queries <= MAX_QUERIES)  # Before all of it is read.
    if run.kind is RunKind.TRACE:
        return export_trace(run, runs.traces(run), runs.queries(run))
    return export_classification(run, runs.calls(run), runs.queries(run), genes)


def export_classification(
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
    _check(fits=classification_fits(calls))
    hits = list(dict.fromkeys(hit.id for call in calls for hit in call.hits))
    residues = genes.residues(hits) if genes else {}
    return _export(run, residues, map(_call, queries, calls))


def export_trace(
    run: Run, traces: Sequence[TraceResult], queries: Sequence[StoredQuery]
) -> Download:
    """Export a trace as a run file.

    Parameters
    ----------
    traces, queries
        Of the run, in the same order.

    Raises
    ------
    InputError
        As :func:`export_classification`.
    """
    _check(fits=trace_fits(traces))
    return _export(run, {}, map(_trace, queries, traces))


def classification_fits(calls: Sequence[Call]) -> bool:
    """Return whether a classification is small enough for a run file."""
    return (
        len(calls) <= MAX_QUERIES
        and sum(len(call.hits) for call in calls) <= MAX_HITS
        and sum(len(call.families) + len(call.profiles) for call in calls) <= MAX_SHARES
    )


def trace_fits(traces: Sequence[TraceResult]) -> bool:
    """Return whether a trace is small enough for a run file."""
    return (
        len(traces) <= MAX_QUERIES
        and sum(len(result.closest) for result in traces) <= MAX_HITS
        and count_probabilities(traces) <= MAX_PROBABILITIES
    )


def _check(*, fits: bool) -> None:
    if not fits:
        message = (
            f"The result is too large for a run file: {MAX_QUERIES:,} queries, {MAX_HITS:,} hits,"
            f" or {MAX_BYTES // MB:,} MB are the limits, and {MAX_PROBABILITIES:,} pairs of query"
            " and organism of a trace."
        )
        raise InputError(message, _OTHER_FILE_HINT)


def _export(run: Run, residues: Mapping[int, str], queries: Iterable[FileQuery]) -> Download:
    genes = (FileGene(gene=str(number), residues=text) for number, text in residues.items())
    try:
        data = _pack(chain([_header(run, len(residues))], genes, queries))
    except ValidationError as error:
        message = f"The run {run.name!r} cannot be a run file: {describe_fault(error)}."
        raise InputError(message, _OTHER_FILE_HINT) from None
    return make_download(run, ENDING, _MIME, data)


def _pack(lines: Iterable[StrictModel]) -> bytes:
    buffer = io.BytesIO()
    # Neither name nor date, so that the same run gives the same file.
    with gzip.GzipFile("", "wb", _LEVEL, buffer, mtime=0) as file:
        for line in lines:
            file.write(line.model_dump_json().encode() + b"\n")
            _check(fits=file.tell() <= MAX_BYTES)
    return buffer.getvalue()


def _header(run: Run, genes: int) -> Header:
    settings = run.settings
    return Header(
        kind=KIND,
        format=FORMAT,
        question=run.kind,
        genes=genes,
        queries=run.queries,
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


def _call(query: StoredQuery, call: Call) -> FileCall:
    return FileCall(
        **_query(query, call.query, call.status, call.reason),
        hits=tuple(FileHit(**_hit(hit)) for hit in call.hits),
        family_id=call.family_id,
        family=clean_name(call.family),
        confidence=call.confidence,
        families=dict(call.families),
        organism=clean_name(call.organism),
        organism_confidence=call.organism_confidence,
        strand=call.strand,
        frame=call.frame,
        unreadable=call.unreadable,
        start=call.start,
        end=call.end,
        profiles=tuple(map(_profile, call.profiles)),
    )


def _trace(query: StoredQuery, result: TraceResult) -> FileTrace:
    return FileTrace(
        **_query(query, result.query, result.status, result.problem),
        hits=tuple(
            FileClosest(**_hit(result.closest[organism]), probability=probability)
            for organism, probability in result.organisms.items()
        ),
        identity=result.identity,
    )


def _query(query: StoredQuery, name: str, status: Status, reason: str) -> dict[str, Any]:
    """Return the fields that all queries have."""
    return {
        "name": clean_name(query.name),
        "residues": query.residues.encode("utf-8", "replace").decode(),  # Lone surrogates: "?".
        "query": clean_name(name),
        "status": status,
        "reason": remove_hidden(reason)[:MAX_REASON],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "gene": str(hit.id),
        "organism": clean_name(hit.organism),
        "family": hit.family,
        "name": clean_name(hit.name),
        "score": hit.score,
        "length": hit.length,
    }


def _profile(hit: ProfileHit) -> FileProfile:
    names = {name: clean_name(getattr(hit, name)) for name in ("name", "accession", "description")}
    return FileProfile(**asdict(hit) | names)


def _name(text: str) -> str:
    return clean_name(text) or _UNNAMED
