"""Entity tags: the digest of a library in its answers, and answers that a client has already."""

import hashlib

from fastapi import Request
from starlette.responses import Response

from core.library.library import Library


def library_digest(library: Library) -> str:
    """Return a digest of all that answers depend on: contents, families, model and threshold."""
    values = f"{library.contents()} {library.threshold}"
    return hashlib.sha256(values.encode()).hexdigest()


def etag_headers(digest: str) -> dict[str, str]:
    """Return the headers of an answer with this digest, which must be asked for each time."""
    return {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache"}


def matches(request: Request, digest: str) -> bool:
    """Return whether a client has the answer with this digest, by ``If-None-Match``."""
    given = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return "*" in tags or f'"{digest}"' in tags


def not_modified(digest: str) -> Response:
    """Return the answer to a client that has it already."""
    return Response(status_code=304, headers=etag_headers(digest))
