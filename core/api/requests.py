"""Requests as the routes take them: names with a slash, and HEAD."""

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send


class RequestForms:
    """ASGI middleware: HEAD is answered as GET, and a slash within a name separates nothing.

    Servers decode a path before it is matched, so that ``a%2Fb`` would be two parts of it. Here
    each part is decoded by itself, and its slashes stay encoded until :func:`part_of_path`.
    The server sends no body after HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope = {**scope, "path": _path(scope)}
            if scope["method"] == "HEAD":
                scope["method"] = "GET"
        await self._app(scope, receive, send)


def part_of_path(text: str) -> str:
    """Return the name that a part of a path stands for."""
    return unquote(text)


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        parts = scope["path"].split("/")
    else:
        parts = [unquote(part) for part in raw.decode("ascii").split("/")]
    return "/".join(map(_encode, parts))


def _encode(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")
