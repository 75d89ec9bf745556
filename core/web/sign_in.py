"""The page where users of the user file sign in: two routes, and the cookie that they set.

The password goes from the browser to these routes and nowhere else. The cookie is a random token
that scripts cannot read; the database has its digest, so all processes of a deployment know it.
"""

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.access.attempts import WINDOW_SECONDS, Attempts
from core.access.sign_ins import SignIns
from core.access.user_file import UserFile
from core.errors import GeneKinError

if TYPE_CHECKING:
    from jinja2 import Template

_log = logging.getLogger(__name__)

PATH = "/auth/sign-in"
_COOKIE, _FORM_COOKIE = "genekin", "genekin-form"
_SECURE = "__Host-"
"""Prefix of a cookie that browsers accept from this very host only, over HTTPS."""
_MAX_BYTES = 10_000
_MAX_CHECKS = 2
"""Passwords checked at once: each takes 64 MB of memory and a tenth of a second."""
_WRONG = "The user name or the password is wrong."
_TOO_MANY = f"Too many failed attempts. Try again in {WINDOW_SECONDS / 60:.0f} minutes."
_EXPIRED = "The form has expired. Sign in again."
_UNAVAILABLE = "Nobody can sign in at the moment. Try again in a minute."
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
}


@dataclass(frozen=True)
class Accounts:
    """The users of a deployment, and their sign-ins.

    Attributes
    ----------
    seconds
        Time after which users must sign in again.
    """

    users: UserFile
    sign_ins: SignIns
    seconds: int


@dataclass
class _SignInPage:
    """The page, and what happens when its form is sent."""

    accounts: Callable[[], Accounts | None]
    attempts: Attempts = field(default_factory=Attempts)
    checks: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MAX_CHECKS))

    async def show(self, request: Request) -> Response:
        """Show the form, with a token that it must be sent with."""
        try:
            return await run_in_threadpool(self._show, request)
        except GeneKinError as error:
            return self._unavailable(request, error)

    async def submit(self, request: Request) -> Response:
        """Check the password; set a new cookie, or show the form again."""
        fields = await _read_form(request)
        if fields is None:
            return PlainTextResponse("Too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            accounts = await run_in_threadpool(self.accounts)
            if accounts is None:
                return PlainTextResponse("Not found", HTTPStatus.NOT_FOUND)
            return await run_in_threadpool(self._sign_in, request, fields, accounts)
        except GeneKinError as error:
            return self._unavailable(request, error)

    def _show(self, request: Request) -> Response:
        accounts, next_path = self.accounts(), request.query_params.get("next", "")
        if accounts is None:
            return PlainTextResponse("Not found", HTTPStatus.NOT_FOUND)
        if accounts.sign_ins.access(session_token(request.cookies), accounts.users):
            return RedirectResponse(safe_path(next_path), HTTPStatus.SEE_OTHER, _HEADERS)
        return _form(request, next_path=next_path)

    def _sign_in(self, request: Request, fields: Mapping[str, str], accounts: Accounts) -> Response:
        name, next_path = fields.get("name", "").strip(), fields.get("next", "")
        if not _is_own_form(request, fields.get("token", "")):
            return _form(request, _EXPIRED, HTTPStatus.FORBIDDEN, name=name, next_path=next_path)
        address = request.client.host if request.client else ""
        with self.checks:
            if not self.attempts.allowed(name, address):
                status = HTTPStatus.TOO_MANY_REQUESTS
                return _form(request, _TOO_MANY, status, name=name, next_path=next_path)
            if not accounts.users.verify(name, fields.get("password", "")):
                self.attempts.fail(name, address)
                known = name if name in {user.name for user in accounts.users.users()} else ""
                accounts.sign_ins.record_failure(known, f"from {address}")
                status = HTTPStatus.UNAUTHORIZED
                return _form(request, _WRONG, status, name=name, next_path=next_path)
        self.attempts.succeed(name)
        if earlier := session_token(request.cookies):  # Another user's, or one set by a stranger.
            accounts.sign_ins.end(earlier)
        token = accounts.sign_ins.begin(name, f"from {address}")
        response = RedirectResponse(safe_path(next_path), HTTPStatus.SEE_OTHER, _HEADERS)
        _set_cookie(request, response, _COOKIE, token, seconds=accounts.seconds)
        _delete_cookie(request, response, _FORM_COOKIE)
        return response

    def _unavailable(self, request: Request, error: GeneKinError) -> Response:
        _log.warning("nobody can sign in: %s", error.log_text())
        return _form(request, _UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE)


def sign_in_routes(accounts: Callable[[], Accounts | None]) -> list[BaseRoute]:
    """Return the routes of the sign-in page.

    Parameters
    ----------
    accounts
        Returns the accounts, or None where users do not sign in with a password.
    """
    page = _SignInPage(accounts)
    return [
        Route(PATH, page.show, methods=["GET"]),
        Route(PATH, page.submit, methods=["POST"]),
    ]


def session_token(cookies: Mapping[str, str]) -> str:
    """Return the token among a browser's cookies; empty if there is none."""
    return cookies.get(_SECURE + _COOKIE) or cookies.get(_COOKIE) or ""


def safe_path(path: str) -> str:
    """Return a path of this server to go to after signing in: never another server's.

    >>> safe_path("/?run=abc"), safe_path("//evil.example"), safe_path("https://evil.example")
    ('/?run=abc', '/', '/')
    """
    parts = urlsplit(path) if path.isprintable() and "\\" not in path else None
    is_local = parts is not None and not parts.scheme and not parts.netloc
    return path if is_local and path.startswith("/") and not path.startswith("//") else "/"


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, the first value of each; None if it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    return {name: values[0] for name, values in fields.items()}


def _is_own_form(request: Request, token: str) -> bool:
    """Return whether a form was made by :func:`_form` for this browser, and sent by its page."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if origin is not None and urlsplit(origin).netloc != host:
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    expected = request.cookies.get(_cookie_name(request, _FORM_COOKIE), "")
    return bool(expected) and hmac.compare_digest(expected.encode(), token.encode())


def _form(
    request: Request,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    *,
    name: str = "",
    next_path: str = "",
) -> Response:
    token = secrets.token_urlsafe()
    html = _template().render(
        problem=problem, name=name, next_path=safe_path(next_path), token=token, path=PATH
    )
    response = HTMLResponse(html, status, _HEADERS)
    _set_cookie(request, response, _FORM_COOKIE, token, same_site="strict")
    return response


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("sign_in.html.j2")


def _is_secure(request: Request) -> bool:
    """Return whether the browser speaks HTTPS, with this server or with a proxy before it."""
    forwarded = request.headers.get("x-forwarded-proto", "")
    return "https" in {request.url.scheme, forwarded.partition(",")[0].strip()}


def _cookie_name(request: Request, name: str) -> str:
    return _SECURE + name if _is_secure(request) else name


def _set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
    same_site: Literal["lax", "strict"] = "lax",
) -> None:
    response.set_cookie(
        _cookie_name(request, name),
        value,
        max_age=seconds,
        httponly=True,
        secure=_is_secure(request),
        samesite=same_site,
    )


def _delete_cookie(request: Request, response: Response, name: str) -> None:
    secure = _is_secure(request)
    response.delete_cookie(_cookie_name(request, name), httponly=True, secure=secure)
