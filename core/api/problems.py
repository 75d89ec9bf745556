"""Problems: every error as ``application/problem+json`` (RFC 9457)."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from core.errors import (
    Cancelled,
    ForbiddenError,
    GeneKinError,
    InputError,
    LibraryError,
    LockedError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UnknownLibraryError,
)
from core.jobs.queue import DuplicateJobError, QueueFullError
from core.log_context import current_log_context
from core.turns import BusyError

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:genekin:problem:"
_KINDS: Mapping[type[GeneKinError], tuple[HTTPStatus, str]] = {
    ForbiddenError: (HTTPStatus.FORBIDDEN, "forbidden"),
    NotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    UnknownLibraryError: (HTTPStatus.NOT_FOUND, "unknown-library"),
    DuplicateJobError: (HTTPStatus.CONFLICT, "duplicate-job"),
    Cancelled: (HTTPStatus.CONFLICT, "cancelled"),
    LockedError: (HTTPStatus.CONFLICT, "library-locked"),
    LibraryError: (HTTPStatus.CONFLICT, "library-state"),
    TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
    QueueFullError: (HTTPStatus.TOO_MANY_REQUESTS, "queue-full"),
    InputError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"),
    BusyError: (HTTPStatus.SERVICE_UNAVAILABLE, "busy"),
    UnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable"),
    GeneKinError: (HTTPStatus.INTERNAL_SERVER_ERROR, "store-failed"),
}
"""Status and kind of each class of errors; a subclass stands before its base."""
_RETRY_SECONDS: Mapping[HTTPStatus, int] = {
    HTTPStatus.TOO_MANY_REQUESTS: 5,
    HTTPStatus.SERVICE_UNAVAILABLE: 15,
}
_MAX_ERRORS = 20


class Fault(BaseModel):
    """A value that does not fit its schema."""

    at: str
    message: str


class InvalidRecord(BaseModel):
    """A record that is not valid, and why."""

    record: int = Field(description="Its number, from 1.")
    line: int = Field(description="Line of the file on which it begins, from 1.")
    reasons: list[str]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:genekin:problem:unknown-library",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no library 'mice'.",
                    "hint": "Load an organism into it first.",
                    "request": "5f0c2a7b9d3e4f61",
                }
            ]
        }
    )

    type: str = Field(description="Kind of problem, which stays the same: urn:genekin:problem:….")
    title: str
    status: int
    detail: str
    hint: str | None = Field(None, description="What to do.")
    request: str | None = Field(None, description="Id of the request, as in the log.")
    errors: list[Fault] | None = None
    records: list[InvalidRecord] | None = Field(None, description="The first invalid records.")
    job: int | None = Field(None, description="Id of the job that is meant.")


class ProblemError(Exception):
    """A problem of HTTP itself, which only the API has.

    Parameters
    ----------
    kind
        Stable name of the kind of problem, for programs.
    detail
        What was wrong, and what to do.
    headers
        More headers of the answer.
    members
        More members of the document.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = headers or {}
        self.members = members


def install_handlers(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""
    app.exception_handler(ProblemError)(_answer_problem)
    app.exception_handler(GeneKinError)(_answer_error)
    app.exception_handler(RequestValidationError)(_answer_invalid)
    app.exception_handler(HTTPException)(_answer_http)
    app.exception_handler(Exception)(_answer_bug)


def error_document(error: GeneKinError) -> dict[str, object]:
    """Return the document of an expected error, as its caller may see it."""
    status, kind = _classify(error)
    public = error.redacted()
    return problem_document(status, kind, public.message, hint=public.hint)


def problem_document(
    status: HTTPStatus, kind: str, detail: str, **members: object
) -> dict[str, object]:
    """Return the document of a problem; members without a value are left out."""
    document: dict[str, object] = {
        "type": _PREFIX + kind,
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "request": current_log_context().get("request", ""),
        **members,
    }
    return {name: value for name, value in document.items() if value is not None and value != ""}


def problem_response(
    status: HTTPStatus,
    kind: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    """Return a problem as an answer; one that passes says when to try again."""
    document = problem_document(status, kind, detail, **members)
    retry = {"Retry-After": str(_RETRY_SECONDS[status])} if status in _RETRY_SECONDS else {}
    fixed = {"Cache-Control": "no-store", **retry, **(headers or {})}
    return JSONResponse(document, status, fixed, MEDIA_TYPE)


def _classify(error: GeneKinError) -> tuple[HTTPStatus, str]:
    return next(_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS)


async def _answer_problem(_request: Request, error: ProblemError) -> Response:
    return problem_response(error.status, error.kind, error.detail, error.headers, **error.members)


async def _answer_error(_request: Request, error: GeneKinError) -> Response:
    status, kind = _classify(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s", error.log_text())
    public = error.redacted()
    return problem_response(status, kind, public.message, hint=public.hint)


async def _answer_invalid(_request: Request, error: RequestValidationError) -> Response:
    return invalid_response(error.errors())


def invalid_response(errors: Any) -> Response:
    """Return the answer to values that do not fit their schema, without the values."""
    found = [
        {"at": ".".join(map(str, fault["loc"])), "message": fault["msg"]}
        for fault in errors[:_MAX_ERRORS]
    ]
    detail = "; ".join(f"{fault['at']}: {fault['message']}" for fault in found[:3]) + "."
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(status, "invalid-request", detail, errors=found)


async def _answer_http(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = f"There is nothing at {request.url.path}."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed_methods(request)))
        detail = f"{request.method} is not possible here; {headers['Allow']} is."
    elif status is not HTTPStatus.NOT_FOUND:
        detail = str(error.detail)
    kind = status.phrase.lower().replace(" ", "-")
    return problem_response(status, kind, detail, headers)


def _allowed_methods(request: Request) -> set[str]:
    """Return the methods of all routes at this path, each of which knows its own only."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    found = {
        method.upper()
        for known, methods in request.app.openapi()["paths"].items()
        if compile_path(known)[0].match(path)
        for method in methods
    }
    found = found or {"GET"}  # Of the document itself, which it does not describe.
    return found | {"HEAD"} if "GET" in found else found


async def _answer_bug(_request: Request, _error: Exception) -> Response:
    detail = "Internal error in GeneKin. The log has the details under the request's id."
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", detail)
