"""Libraries and their organisms: look, remove, compare."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from core.api.callers import Asking, AskingLong, Caller
from core.api.documentation import library_responses, problems
from core.api.etags import etag_headers, library_digest, matches, not_modified
from core.api.requests import part_of_path
from core.api.schemas import (
    LibraryInfo,
    LibraryList,
    LoadInfo,
    OrganismInfo,
    OrganismList,
    Removed,
    SimilarityInfo,
)
from core.errors import InputError, LibraryError
from core.library.library import Library
from core.library.snapshot import unknown_organism_error
from core.library.summary import LibrarySummary, summarize, summarize_all
from core.similarity import compare_organisms
from core.similarity.organism_pairs import Similarity
from core.stores.sql import LoadRow, OrganismRow

router = APIRouter(prefix="/libraries", tags=["libraries"])

LibraryName = Annotated[
    str, Path(min_length=1, max_length=64, examples=["default"]), BeforeValidator(part_of_path)
]
OrganismName = Annotated[str, Path(min_length=1, max_length=200, examples=["human"])]
_MAX_PAIRS = 200_000_000
"""Pairs of genes that are compared while the caller waits: some seconds."""
_LOCK_SECONDS = 30.0
"""Time to wait for another writer."""


@router.get("", summary="List the libraries", responses=problems(401, 403, 429, 500, 503))
async def list_libraries(caller: AskingLong) -> LibraryList:
    """Describe all libraries that the caller may use, in alphabetical order."""

    def read() -> LibraryList:
        summaries = summarize_all(caller.libraries)
        return LibraryList(libraries=[_describe(item, _digest(caller, item)) for item in summaries])

    return await caller.run_long(read)


@router.get(
    "/{library}",
    summary="Describe a library",
    response_model=LibraryInfo,
    responses=library_responses() | problems(401, 403, 404, 422, 429, 500, 503),
)
async def get_library(
    request: Request, response: Response, caller: AskingLong, library: LibraryName
) -> LibraryInfo | Response:
    """Describe a library with its organisms, and say whether it can be searched."""

    def read() -> LibraryInfo | Response:
        summary = summarize(caller.libraries, library)
        digest = _digest(caller, summary)
        if digest and not summary.unfinished:
            if matches(request, digest):
                return not_modified(digest)
            response.headers.update(etag_headers(digest))
        return _describe(summary, digest)

    return await caller.run_long(read)


@router.delete(
    "/{library}",
    summary="Delete a library",
    responses=problems(401, 403, 404, 409, 422, 429, 500, 503),
)
async def delete_library(caller: AskingLong, library: LibraryName) -> Removed:
    """Delete a library with all its organisms. Needs the role admin."""

    def delete() -> Removed:
        count = caller.libraries.delete(library, timeout=_LOCK_SECONDS)
        return Removed(library=library, sequences=count)

    return await caller.run_long(delete)


@router.get(
    "/{library}/organisms",
    summary="List the organisms of a library",
    response_model=OrganismList,
    responses=library_responses() | problems(401, 403, 404, 409, 422, 500, 503),
)
async def list_organisms(
    request: Request, response: Response, caller: Asking, library: LibraryName
) -> OrganismList | Response:
    """List the organisms that can be searched, with the number of their sequences."""

    def read() -> OrganismList | Response:
        opened = caller.libraries.open(library)
        digest = library_digest(opened)
        if matches(request, digest):
            return not_modified(digest)
        response.headers.update(etag_headers(digest))
        organisms = [_organism(row, opened.loads().get(row.id, [])) for row in opened.organisms()]
        return OrganismList(library=library, digest=digest, organisms=organisms)

    return await caller.run(read)


@router.get(
    "/{library}/organisms/{organism}",
    summary="Count the sequences of an organism",
    response_model=OrganismInfo,
    responses=library_responses() | problems(401, 403, 404, 409, 422, 500, 503),
)
async def get_organism(
    request: Request,
    response: Response,
    caller: Asking,
    library: LibraryName,
    organism: OrganismName,
) -> OrganismInfo | Response:
    """Describe an organism: its sequences by family, and the loads that brought them."""

    def read() -> OrganismInfo | Response:
        opened = caller.libraries.open(library)
        row = _find_organism(opened, organism)
        digest = library_digest(opened)
        if matches(request, digest):
            return not_modified(digest)
        response.headers.update(etag_headers(digest))
        return _organism(row, opened.loads().get(row.id, []))

    return await caller.run(read)


@router.delete(
    "/{library}/organisms/{organism}",
    summary="Remove an organism",
    responses=problems(401, 403, 404, 409, 422, 429, 500, 503),
)
async def remove_organism(
    caller: AskingLong, library: LibraryName, organism: OrganismName
) -> Removed:
    """Remove an organism with all its sequences. Needs the role curator."""

    def remove() -> Removed:
        count = caller.libraries.remove_organism(library, organism, timeout=_LOCK_SECONDS)
        return Removed(library=library, organism=organism, sequences=count)

    return await caller.run_long(remove)


@router.get(
    "/{library}/similarity",
    summary="Compare two organisms",
    response_model=SimilarityInfo,
    responses=library_responses() | problems(401, 403, 404, 409, 413, 422, 429, 500, 503),
)
async def get_similarity(  # noqa: PLR0917
    request: Request,
    response: Response,
    caller: AskingLong,
    library: LibraryName,
    of: Annotated[str, Query(min_length=1, max_length=200, description="Organism of the genes.")],
    to: Annotated[
        str, Query(min_length=1, max_length=200, description="Organism they are compared to.")
    ],
    limit: Annotated[
        int | None, Query(ge=1, le=10_000_000, description="Only the first genes of `of`.")
    ] = None,
) -> SimilarityInfo | Response:
    """Compute the mean best cosine similarity of an organism's genes with another's."""

    def compare() -> SimilarityInfo | Response:
        opened = caller.libraries.open(library)
        digest = library_digest(opened)
        if matches(request, digest):
            return not_modified(digest)
        _check_pairs(opened, of, to, limit)
        result = compare_organisms(opened, of, to, limit)
        response.headers.update(etag_headers(digest))
        return _similarity(library, digest, result)

    return await caller.run_in_turn(compare)


def _digest(caller: Caller, summary: LibrarySummary) -> str | None:
    """Return the digest of a library; None if it cannot be opened."""
    if summary.problem:
        return None
    try:
        return library_digest(caller.libraries.open(summary.name))
    except LibraryError:  # Its first load is under way.
        return None


def _describe(summary: LibrarySummary, digest: str | None) -> LibraryInfo:
    return LibraryInfo(
        name=summary.name,
        encoder=summary.encoder,
        fingerprint=summary.fingerprint,
        index=summary.index,
        threshold=summary.threshold,
        sequences=summary.count,
        families=dict(summary.families),
        added_since_fit=summary.added_since_fit,
        problem=summary.problem,
        unfinished=summary.unfinished,
        digest=digest,
        organisms=[_organism(row, summary.loads[row.name]) for row in summary.organisms],
    )


def _organism(row: OrganismRow, loads: "tuple[LoadRow, ...] | list[LoadRow]") -> OrganismInfo:
    parts = [
        LoadInfo(source=load.source, date=load.date, by=load.by, sequences=load.count)
        for load in loads
    ]
    return OrganismInfo(name=row.name, sequences=row.count, families=row.families, loads=parts)


def _similarity(library: str, digest: str, result: Similarity) -> SimilarityInfo:
    return SimilarityInfo(
        library=library,
        digest=digest,
        of=result.organism,
        to=result.reference,
        **asdict(result.estimate),
    )


def _find_organism(library: Library, organism: str) -> OrganismRow:
    for row in library.organisms():
        if row.name == organism:
            return row
    raise unknown_organism_error(library.name, organism, library.organism_names())


def _check_pairs(library: Library, of: str, to: str, limit: int | None) -> None:
    counts = {row.name: row.count for row in library.organisms()}
    genes = min(counts.get(of, 0), limit or counts.get(of, 0))
    if (pairs := genes * counts.get(to, 0)) > _MAX_PAIRS:
        message = f"These are {pairs:,} pairs of genes; the limit of a request is {_MAX_PAIRS:,}."
        raise InputError(message, "Give a limit, or use the page Similarity.")
