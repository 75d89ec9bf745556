"""Requests: each has an id, which its log lines and its answer carry."""

import logging
import re
import time
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.log_context import log_context

_log = logging.getLogger(__name__)
_HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
"""Ids that a proxy may give; others are replaced."""
_FAILED = 500
_QUIET = ("/_stcore/", "/static/", "/media/", "/component/", "/healthz", "/readyz", "/metrics")
"""Paths below which requests are so many that only failures are logged."""


class RequestMiddleware:
    """ASGI middleware that gives every request an id and logs it, without its query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(_HEADER, "")
        request_id = given if _ID.fullmatch(given) else token_hex(8)
        status, started = _FAILED, time.monotonic()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        with log_context(request=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                _log_request(scope, status, time.monotonic() - started)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"]
    if status < _FAILED and path.startswith(_QUIET):
        return
    level = logging.ERROR if status >= _FAILED and path != "/readyz" else logging.INFO
    extra = {
        "method": scope["method"],
        "path": path,
        "status": status,
        "ms": round(seconds * 1_000, 1),
    }
    _log.log(level, "request", extra=extra)
