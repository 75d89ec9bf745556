"""Routes of health: ``/healthz``, this process answers; ``/readyz``, it can answer questions.

An orchestrator starts a process anew that fails the first, and sends nobody to one that fails the
second. Neither says an address or a name.
"""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import __version__
from core.health import Check, HealthChecks

_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(checks: HealthChecks) -> list[Route]:
    """Return the routes.

    Parameters
    ----------
    checks
        What a process needs to be ready.
    """

    async def alive(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "version": __version__}, headers=_NO_STORE)

    async def ready(_request: Request) -> JSONResponse:
        health = await run_in_threadpool(checks.run)
        status = HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE
        found = {name: _describe(check) for name, check in health.checks.items()}
        return JSONResponse({"ready": health.ready, "checks": found}, status, _NO_STORE)

    return [Route("/healthz", alive), Route("/readyz", ready)]


def _describe(check: Check) -> dict[str, object]:
    described = {"ok": check.passed, "ms": round(check.seconds * 1_000, 1)}
    return described | ({"problem": check.problem} if check.problem else {})
