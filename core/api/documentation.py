"""Parts of the OpenAPI document that several routes share, and what FastAPI leaves out."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core import __version__
from core.api.formats import MEDIA_TYPES
from core.api.inputs import Records, References
from core.api.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]
_REFERENCE = "#/components/schemas/{model}"
_SCHEME = "token"
_RETRY = {
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer"},
    }
}
_ETAG = {"ETag": {"description": "Digest of the library.", "schema": {"type": "string"}}}
_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be understood, or its body ended early.",
    401: "A token is needed, or the one that was sent is wrong, expired or revoked.",
    403: "The caller's role does not allow this.",
    404: "There is no such thing, or the caller may not see it.",
    405: "This method is not possible here; the header Allow says which are.",
    408: "The body stopped coming.",
    409: "It does not fit the state of the library, or of another request.",
    413: "The body, or what it unpacks to, is too large.",
    415: "A body of this type is not read.",
    422: "A value or the content of the body is invalid; nothing was changed.",
    429: "Too many requests or jobs of this caller.",
    500: "An internal error.",
    503: "The server is busy, or a store cannot be reached.",
}
_FASTA = ">query1\nATGGCTGAAACCCTGTTCTGGACACCTCTCCTCGTGGTTCTCCTG\n"
_REFERENCES = _FASTA.replace(">query1", ">gene1 family=Ion channel")
_FILE_TEXT = "FASTA, FASTQ, a table or Excel; plain, .gz or .zip; whatever the pages take."


def _body(fasta: str, description: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the documentation of a body: a file, or the JSON of a model."""
    content = {
        "text/x-fasta": {"schema": {"type": "string"}, "example": fasta},
        "text/plain": {"schema": {"type": "string"}, "example": fasta},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}},
    }
    return {
        "requestBody": {
            "required": True,
            "description": f"{description}: {_FILE_TEXT} Or JSON.",
            "content": content,
        }
    }


QUESTION_BODY = _body(_FASTA, "The queries", Records)
"""Body of a question."""
LOAD_BODY = _body(_REFERENCES, "The sequences of the organism", References)
"""Body of a load."""
_TAGS = [
    {"name": "questions", "description": "Sequences in, answers out."},
    {"name": "libraries", "description": "Reference sequences: look, load, remove, compare."},
    {"name": "runs", "description": "Stored answers."},
    {"name": "jobs", "description": "Long work in the background."},
    {"name": "evaluations", "description": "Stored benchmarks."},
]
_DESCRIPTION = """Find the gene family of DNA sequences. Errors are problem documents (RFC 9457).

Without sign-in, programs on the same machine need no token; elsewhere, send one in the header
`Authorization: Bearer gk_…`. Each answer of a library has its digest as `ETag`."""


def problems(*statuses: int) -> Responses:
    """Return the documentation of the problems with these statuses."""
    return {
        status: {
            "description": _MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
            **({"headers": _RETRY} if status in {429, 503} else {}),
        }
        for status in statuses
    }


def answer_responses(model: type[BaseModel], *, stored: bool) -> Responses:
    """Return the documentation of the answer to a question, in all its formats."""
    headers: dict[str, Any] = {
        **_ETAG,
        "Genekin-Notes": {
            "description": "Notes on how the body was read, as a JSON list.",
            "schema": {"type": "string"},
        },
    }
    if stored:
        headers["Genekin-Run"] = {
            "description": "Id of the stored run.",
            "schema": {"type": "string"},
        }
        headers["Location"] = {
            "description": "Path of the stored run.",
            "schema": {"type": "string"},
        }
    return {200: {"model": model, "headers": headers, "content": table_content()}}


def table_content() -> dict[str, Any]:
    """Return the documentation of all formats but JSON."""
    return {
        media_type: {"schema": {"type": "string"}}
        for media_type in MEDIA_TYPES.values()
        if media_type != "application/json"
    }


def library_responses() -> Responses:
    """Return the documentation of a library's answers, which a client may have already."""
    return {
        200: {"headers": _ETAG},
        304: {"description": "The client has it already.", "headers": _ETAG},
    }


def openapi_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return a function that makes the OpenAPI document of an application, once."""

    def make() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _make(app)
        return app.openapi_schema

    return make


def _make(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="GeneKin",
        version=__version__,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=_TAGS,
        servers=[{"url": "/api"}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = document.setdefault("components", {})
    _, definitions = models_json_schema(
        [
            (Problem, "serialization"),
            (Records, "validation"),
            (References, "validation"),
        ],
        ref_template=_REFERENCE,
    )
    schemas = components.setdefault("schemas", {})
    schemas |= definitions["$defs"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made on the page API tokens: gk_…",
        }
    }
    # Where users do not sign in, and visitors where they are allowed, need none.
    document["security"] = [{_SCHEME: []}, {}]
    return document
