"""Questions about sequences: classify, trace, and search for nearest neighbours."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from core.api.answers import Question, StorableQuestion, respond
from core.api.callers import AskingLong, Caller
from core.api.documentation import QUESTION_BODY, answer_responses, problems
from core.api.formats import Writer, choose_format
from core.api.inputs import ClassifyOptions, QuestionOptions, SearchOptions, TraceOptions
from core.api.question_schemas import Calls, Neighbours, Traces
from core.calls import Call, query_name
from core.classify import classify
from core.runs import Run, RunSettings
from core.runs.alignments import Alignments, align_hits
from core.runs.call_table import (
    ALIGNMENT_COLUMNS,
    COLUMNS,
    call_documents,
    call_rows,
    hit_row,
)
from core.sequences.records import Record
from core.tracing import TraceResult, trace
from core.tracing.composition import OrganismProbabilities
from core.tracing.trace_table import COLUMNS as TRACE_COLUMNS
from core.tracing.trace_table import SUMMARY_COLUMNS, to_object, to_row, to_summary_row

router = APIRouter(tags=["questions"])

HIT_COLUMNS = ("rank", "hit", "organism", "family_id", "family", "score", "length", "id")
NEIGHBOUR_COLUMNS = ("query", *HIT_COLUMNS)
"""Columns of a table of neighbours, one row each."""
_PROBLEMS = problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503)


@router.post(
    "/classify",
    summary="Find the gene family of every query",
    responses=answer_responses(Calls, stored=True) | _PROBLEMS,
    openapi_extra=QUESTION_BODY,
)
async def classify_queries(
    request: Request, caller: AskingLong, options: Annotated[ClassifyOptions, Query()]
) -> Response:
    """Answer with a call for every query, in their order; an invalid one stops no others.

    The columns are those of `python -m core classify`. JSON has all hits and families too.
    """
    return await respond(request, caller, _Classification(caller, options, request))


@router.post(
    "/trace",
    summary="Find the organism of the closest relative of every query",
    responses=answer_responses(Traces, stored=True) | _PROBLEMS,
    openapi_extra=QUESTION_BODY,
)
async def trace_queries(
    request: Request, caller: AskingLong, options: Annotated[TraceOptions, Query()]
) -> Response:
    """Answer with the closest relative of every query, and with the estimated composition."""
    return await respond(request, caller, _Trace(caller, options, request))


@router.post(
    "/search",
    summary="Find the nearest genes of every query",
    responses=answer_responses(Neighbours, stored=False) | _PROBLEMS,
    openapi_extra=QUESTION_BODY,
)
async def search_queries(
    request: Request, caller: AskingLong, options: Annotated[SearchOptions, Query()]
) -> Response:
    """Answer with the neighbours in the vector store, best first, without a prediction."""
    return await respond(request, caller, _Search(caller, options, request))


def _writer(
    options: QuestionOptions, request: Request, columns: Sequence[str], rows_name: str
) -> Writer:
    file_format = choose_format(options.format, request.headers.get("accept", ""))
    return Writer(file_format, columns, rows_name)


class _Classification(StorableQuestion):
    """The calls of queries."""

    def __init__(self, caller: Caller, options: ClassifyOptions, request: Request) -> None:
        columns = (*COLUMNS, *ALIGNMENT_COLUMNS) if options.align else COLUMNS
        writer = _writer(options, request, columns, "calls")
        super().__init__(caller, options.library, writer, is_saved=options.save)
        self._options = options
        self._organisms = tuple(options.organism) or None
        self._calls: list[Call] = []

    def answer(self, batch: Sequence[Record]) -> bytes:
        options = self._options
        calls = classify(
            self.library,
            batch,
            organisms=self._organisms,
            neighbours=options.neighbours,
            threshold=options.threshold,
        )
        if self.is_saved:
            self._calls += calls
        alignments = self._align(batch, calls) if options.align else None
        if self.writer.is_table:
            return self.writer.rows(call_rows(calls, alignments))
        return self.writer.rows(call_documents(calls, self.library.families, alignments))

    def save(self) -> Run:
        threshold = self._options.threshold
        settings = RunSettings(
            self._organisms,
            self._options.neighbours,
            self.library.threshold if threshold is None else threshold,
        )
        return self.caller.runs.store(
            self.library,
            self.queries,
            self._calls,
            settings,
            seconds=self.seconds,
            name=self._options.name,
        )

    def _align(self, batch: Sequence[Record], calls: Sequence[Call]) -> Alignments:
        return align_hits(
            self.library,
            [record.residues for record in batch],
            calls,
            searched=self.library.count_genes(self._organisms),
            closest_only=self.writer.is_table,
        )


class _Trace(StorableQuestion):
    """The closest relatives of queries."""

    def __init__(self, caller: Caller, options: TraceOptions, request: Request) -> None:
        columns = SUMMARY_COLUMNS if options.summary else TRACE_COLUMNS
        writer = _writer(options, request, columns, "queries")
        super().__init__(caller, options.library, writer, is_saved=options.save)
        self._options = options
        self._probabilities = OrganismProbabilities()
        self._traced: list[TraceResult] = []

    def answer(self, batch: Sequence[Record]) -> bytes:
        traced = trace(self.library, batch)
        self._probabilities.add(result.organisms for result in traced)
        if self.is_saved:
            self._traced += traced
        if self._options.summary and self.writer.format != "json":
            return self.writer.rows(self._shares() if self.has_ended else ())
        if self.writer.is_table:
            return self.writer.rows(map(to_row, traced))
        return self.writer.rows(map(to_object, traced))

    def last_facts(self) -> Mapping[str, object]:
        if self.writer.format != "json":
            return {}
        return {"organisms": self._shares()}

    def save(self) -> Run:
        return self.caller.runs.store_trace(
            self.library,
            self.queries,
            self._traced,
            seconds=self.seconds,
            name=self._options.name,
        )

    def _shares(self) -> list[dict[str, Any]]:
        return [to_summary_row(part) for part in self._probabilities.composition()]


class _Search(Question):
    """The nearest genes of queries."""

    def __init__(self, caller: Caller, options: SearchOptions, request: Request) -> None:
        writer = _writer(options, request, NEIGHBOUR_COLUMNS, "queries")
        super().__init__(caller, options.library, writer)
        self._options = options

    def answer(self, batch: Sequence[Record]) -> bytes:
        rows = list(self._rows(batch))
        if self.writer.is_table:
            return self.writer.rows(
                {"query": row["query"], **hit} for row in rows for hit in row["hits"]
            )
        return self.writer.rows(rows)

    def _rows(self, batch: Sequence[Record]) -> Iterator[dict[str, Any]]:
        valid = [record.residues for record in batch if record.problem is None]
        organisms = self._options.organism or None
        found = iter(self.library.search(valid, organisms=organisms, limit=self._options.limit))
        families = self.library.families
        for record in batch:
            hits = [] if record.problem else next(found)
            yield {
                "query": query_name(record),
                "length": len(record.residues),
                "problem": record.problem.message if record.problem else None,
                "hits": [
                    hit_row(hit, rank, families) | {"id": str(hit.id)}
                    for rank, hit in enumerate(hits, start=1)
                ],
            }
