"""Security of all requests: whom the server is, who may connect, and what its pages may load.

A page of another site may not speak with this server in the name of its visitor: not by its own
origin (cross-site requests), and not by a name of its own that it points here (DNS rebinding).
"""

import base64
import hashlib
import logging
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from core.web.clients import is_loopback, parse_address

_log = logging.getLogger(__name__)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_STREAMLIT_METRICS = "/_stcore/metrics"
_API = "/api/"
_POLICY_VIOLATION = 1008
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Links to runs are known only to whom they were given: other sites never see them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def script_hashes(*documents: str) -> list[str]:
    """Return the hashes by which a policy allows the inline scripts of HTML.

    >>> script_hashes("<script>1</script>")
    ["'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"]
    """
    scripts = (script for document in documents for script in _SCRIPT.findall(document))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def content_security_policy(hashes: Iterable[str]) -> str:
    """Return the policy of the pages: everything from this server, scripts by their hashes.

    Parameters
    ----------
    hashes
        Those of inline scripts, from :func:`script_hashes`. No other inline script runs, so that
        a script in a name or a file stays text.
    """
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *hashes],
        # Streamlit, Vega and Plotly set styles of elements as they draw.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


@dataclass(frozen=True)
class Hosts:
    """Names by which this server may be addressed.

    An address is always one of them, and so are localhost and the machine's own name: an attacker
    needs a name that he can point anywhere.

    Attributes
    ----------
    names
        More of them, such as ``genekin.example.org`` or ``*.example.org``; ``*`` allows all.
    origins
        Origins of other sites that may speak with this server.
    """

    names: Sequence[str] = ()
    origins: Sequence[str] = ()

    def allow(self, host: str | None) -> bool:
        """Return whether a Host header names this server."""
        hostname = _hostname(host)
        if hostname is None:
            return False
        own = socket.gethostname().lower()
        # Nobody can register a name below .local, the domain of networks without a name server.
        if parse_address(hostname) or hostname in {"localhost", own, f"{own}.local"}:
            return True
        return any(_matches(hostname, name.strip().lower().rstrip(".")) for name in self.names)

    def allow_origin(self, origin: str | None, host: str | None) -> bool:
        """Return whether an Origin header names this server, or is missing: not from a page."""
        if origin is None or origin in self.origins:
            return True
        scheme, separator, authority = origin.lower().partition("://")
        return bool(separator) and scheme in {"http", "https"} and authority == (host or "").lower()


def _hostname(host: str | None) -> str | None:
    """Return the name in a Host header, without its port; None if it is not a host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # Raises an error if it is not a number.
    except ValueError:
        return None
    is_host = parts.netloc == host and "@" not in parts.netloc
    return parts.hostname.rstrip(".") if is_host and parts.hostname else None


def _matches(hostname: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return hostname.endswith(pattern[1:]) if pattern.startswith("*.") else hostname == pattern


class SecurityMiddleware:
    """ASGI middleware that refuses foreign hosts and origins, and adds headers to all answers.

    Parameters
    ----------
    app
        The application.
    hosts
        Names and origins that are allowed.
    policy
        The Content-Security-Policy of all answers that do not have one of their own.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, policy: str) -> None:
        self._app = app
        self._hosts = hosts
        self._headers = {**_HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] == "websocket":
            await self._serve_websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve_http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._refusal(scope, is_safe=False):
            await WebSocket(scope, receive, send).close(_POLICY_VIOLATION)
        else:
            await self._app(scope, receive, send)

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        app: ASGIApp = self._app
        if refusal := self._refusal(scope, is_safe=scope["method"] in _SAFE_METHODS):
            app = _refuse(scope, *refusal)
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, *, is_safe: bool) -> tuple[HTTPStatus, str] | None:
        """Return status and text if a request is refused."""
        headers = Headers(scope=scope)
        host = headers.get("host")
        if not self._hosts.allow(host):
            _log.warning("request under a foreign name refused", extra={"host": host})
            text = "This server does not have that name. Its names: server.allowedHosts."
            return HTTPStatus.MISDIRECTED_REQUEST, text
        if not is_safe and not self._hosts.allow_origin(headers.get("origin"), host):
            origin = {"origin": headers.get("origin")}
            _log.warning("request from a page of another site refused", extra=origin)
            return HTTPStatus.FORBIDDEN, "Requests from pages of other sites are refused."
        if scope["path"].endswith(_STREAMLIT_METRICS) and not is_loopback(scope):
            return HTTPStatus.NOT_FOUND, "Not found"
        return None


def _refuse(scope: Scope, status: HTTPStatus, text: str) -> Response:
    """Return the answer to a refused request; programs get a problem (RFC 9457)."""
    if not scope["path"].startswith(_API):
        return PlainTextResponse(f"{text}\n", status)
    kind = status.phrase.lower().replace(" ", "-")
    problem = {"type": f"urn:genekin:problem:{kind}", "title": status.phrase, "status": status}
    problem["detail"] = text
    return JSONResponse(problem, status, media_type="application/problem+json")
