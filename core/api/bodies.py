"""Bodies of requests: read within limits of size and time, and turned into sequences."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from anyio import fail_after
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from core.api.inputs import Records, References
from core.api.problems import ProblemError
from core.api.work import HeldMemory
from core.errors import InputError
from core.schema import describe_fault
from core.sequences.import_source import ImportSource
from core.sequences.limits import Limits
from core.sequences.queries import Queries, make_queries, read_queries

SOURCE = "the body"
"""Name of a body in messages."""
JSON = "application/json"
_SILENT_SECONDS = 60.0
"""Time without a byte after which a request is given up."""
_FORM = "multipart/form-data"
_EXAMPLES: Mapping[type[BaseModel], str] = {
    Records: '{"records": [{"name": "query1", "residues": "ATGC…"}]}',
    References: '{"records": [{"name": "gene1", "residues": "ATGC…", "family": "Kinase"}]}',
}
_Records = TypeVar("_Records", Records, References)


def media_type(request: Request) -> str:
    """Return the media type of a body, without its parameters; empty if it has none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_file(request: Request) -> None:
    """Check that the body of a request can be what it says.

    Raises
    ------
    ProblemError
        If it is a form, or packed for the way.
    """
    given = media_type(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        detail = "Send a packed file as it is, without Content-Encoding: .gz and .zip are read."
        raise _unsupported(detail)
    if given == _FORM:
        detail = "Send the file itself, not a form: curl --data-binary @FILE."
        raise _unsupported(detail)


async def read_body(request: Request, max_bytes: int, memory: HeldMemory) -> bytes:
    """Return the body of a request.

    Parameters
    ----------
    max_bytes
        Its maximum size.
    memory
        What the request may take.

    Raises
    ------
    ProblemError
        If it is larger than allowed, as soon as that is known, or does not come.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    parts: list[bytes] = []
    size = 0
    stream = aiter(request.stream())
    try:
        while True:
            with fail_after(_SILENT_SECONDS):
                part = await anext(stream, None)
            if part is None:
                return b"".join(parts)
            size += len(part)
            if size > max_bytes:
                raise _too_large(max_bytes)
            memory.take(len(part))
            parts.append(part)
    except TimeoutError:
        detail = f"The body stopped coming for {_SILENT_SECONDS:.0f} s."
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, "timeout", detail) from None
    except ClientDisconnect:
        detail = "The connection was closed before the end of the body."
        raise ProblemError(HTTPStatus.BAD_REQUEST, "incomplete", detail) from None


def parse_queries(body: bytes, given: str, limits: Limits) -> Queries:
    """Return the queries of a body: a file, or JSON.

    Parameters
    ----------
    given
        Its media type.

    Raises
    ------
    InputError
        If it cannot be read as a whole.
    """
    if given != JSON:
        return read_queries(body, SOURCE, limits)
    records = _parse(Records, body).records
    return make_queries(((record.name, record.residues) for record in records), limits)


def parse_references(body: bytes, given: str, limits: Limits) -> ImportSource:
    """Return the reference sequences of a body: a file, or JSON.

    Parameters
    ----------
    given
        Its media type.

    Raises
    ------
    InputError
        If it cannot be read as a whole.
    """
    if given == JSON:
        records = _parse(References, body).records
        rows = ((record.name, record.residues, str(record.family)) for record in records)
        return ImportSource.from_records(rows, SOURCE, limits)
    source = ImportSource.from_bytes(body, SOURCE, limits)
    if source.unreadable:
        raise InputError(source.unreadable[0])
    source.require_sequences()
    return source


def _parse(model: type[_Records], body: bytes) -> _Records:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        hint = f"Send {_EXAMPLES[model]}."
        raise InputError(f"The JSON is invalid: {describe_fault(error)}.", hint) from None


def _too_large(max_bytes: int) -> ProblemError:
    detail = f"The body is larger than {max_bytes:,} bytes. Split it."
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)


def _unsupported(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
