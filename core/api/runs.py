"""Stored runs: list, look, delete."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from core.api.answers import run_page
from core.api.callers import Asking, AskingLong, Caller
from core.api.documentation import Responses, problems, table_content
from core.api.formats import MEDIA_TYPES, Format, Writer, choose_format
from core.api.problems import ProblemError
from core.api.schemas import RunCalls, RunInfo, RunList
from core.library.stored_genes import find_genes
from core.runs import Run
from core.runs.call_table import COLUMNS, call_documents, call_rows
from core.runs.exports.downloads import Download
from core.runs.file_writer import export_run
from core.runs.run import RunKind

router = APIRouter(prefix="/runs", tags=["runs"])

RunId = Annotated[str, Path(max_length=64, examples=["mZ1cB4pXQ0a7rT9uVwYk2g"])]
Start = Annotated[int, Query(ge=0, le=1_000_000_000, description="Number to begin with, from 0.")]
_MAX_LISTED = 1_000
_FILE: Responses = {
    200: {"content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}}}
}
_CALLS: Responses = {200: {"model": RunCalls, "content": table_content()}}


@router.get("", summary="List runs", responses=problems(401, 403, 422, 500, 503))
async def list_runs(
    caller: Asking,
    text: Annotated[
        str, Query(max_length=200, description="Part of a name, library, family, query or user.")
    ] = "",
    start: Start = 0,
    count: Annotated[int, Query(ge=1, le=_MAX_LISTED)] = 50,
) -> RunList:
    """List the caller's own runs and those that others share, the latest first."""

    def read() -> RunList:
        runs = caller.runs
        found = [_describe(run) for run in runs.find(text, start, count)]
        return RunList(total=runs.count(text), runs=found)

    return await caller.run(read)


@router.get("/{run_id}", summary="Describe a run", responses=problems(401, 403, 404, 422, 500, 503))
async def get_run(caller: Asking, run_id: RunId) -> RunInfo:
    """Describe a run: what was asked, of which library, and what became of the queries."""
    return await caller.run(lambda: _describe(caller.runs.get(run_id)))


@router.get(
    "/{run_id}/calls",
    summary="Get the calls of a run",
    responses=_CALLS | problems(401, 403, 404, 422, 429, 500, 503),
)
async def get_calls(  # noqa: PLR0917
    request: Request,
    caller: AskingLong,
    run_id: RunId,
    start: Start = 0,
    count: Annotated[int, Query(ge=1, le=_MAX_LISTED)] = _MAX_LISTED,
    file_format: Annotated[Format | None, Query(alias="format")] = None,
) -> Response:
    """Get the calls of a classification from `start` on, in the order of its queries."""
    chosen = choose_format(file_format, request.headers.get("accept", ""))
    writer = Writer(chosen, COLUMNS, "calls")
    content = await caller.run_long(lambda: _read_calls(caller, run_id, start, count, writer))
    return Response(content, media_type=MEDIA_TYPES[chosen], headers={"Vary": "Accept"})


@router.get(
    "/{run_id}/file",
    summary="Get a run as run file",
    response_class=Response,
    responses=_FILE | problems(401, 403, 404, 422, 429, 500, 503),
)
async def get_run_file(caller: AskingLong, run_id: RunId) -> Response:
    """Get a run with all that its page shows, in one file that opens in any GeneKin."""
    made = await caller.run_in_turn(lambda: _export(caller, run_id))
    name = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return Response(made.data, media_type=made.mime, headers=name)


@router.delete(
    "/{run_id}",
    summary="Delete a run",
    status_code=204,
    responses=problems(401, 403, 404, 422, 500, 503),
)
async def delete_run(caller: Asking, run_id: RunId) -> None:
    """Delete a run with its queries and calls; its links stop working."""
    await caller.run(lambda: caller.runs.delete(run_id))


def _read_calls(caller: Caller, run_id: str, start: int, count: int, writer: Writer) -> bytes:
    runs = caller.runs
    run = runs.get(run_id)
    if run.kind is not RunKind.CLASSIFY:
        detail = f"The run {run.name!r} is a {run.kind}: it has no calls. Ask for its file."
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-calls", detail)
    calls = runs.calls(run, start, count)
    rows = call_rows(calls) if writer.is_table else call_documents(calls, run.families)
    head = writer.head({"run": run.id, "start": start})
    return head + writer.rows(rows) + writer.tail({})


def _export(caller: Caller, run_id: str) -> Download:
    runs = caller.runs
    run = runs.get(run_id)
    database = caller.backend.libraries.stores.database
    return export_run(runs, run, find_genes(database, run.library, caller.access.user))


def _describe(run: Run) -> RunInfo:
    organisms = run.settings.organisms
    return RunInfo(
        id=run.id,
        kind=run.kind,
        name=run.name,
        created_at=run.created_at,
        by=run.by,
        library=run.library,
        encoder=run.encoder,
        contents=run.contents,
        queries=run.queries,
        statuses={status.value: count for status, count in run.statuses.items()},
        families={run.families[number]: count for number, count in run.called.items()},
        organisms=None if organisms is None else list(organisms),
        neighbours=run.settings.neighbours,
        threshold=run.settings.threshold,
        seconds=run.seconds,
        source=run.source,
        shared=run.shared,
        page=run_page(run),
    )
