"""Metrics for Prometheus, at ``/metrics``: numbers only, no name of a library and no sequence.

Each process counts what it does itself; the jobs, which all processes share, are those of the
database.
"""

import hmac
from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core import __version__
from core.events import Event, Question, observe
from core.health import DISK, JOBS, HealthChecks
from core.web.clients import is_private

_QUESTION_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_STORE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Numbers of this process, counted from its events.

    Parameters
    ----------
    checks
        The checks that tell what the stores have.
    """

    def __init__(self, checks: HealthChecks) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        info = Gauge("genekin_info", "Version of GeneKin.", ["version"], registry=self.registry)
        info.labels(__version__).set(1)
        self._questions = Histogram(
            "genekin_question_seconds",
            "Time from a question to its answer.",
            buckets=_QUESTION_BUCKETS,
            registry=self.registry,
        )
        self._queries = Counter(
            "genekin_queries", "Sequences that were classified.", registry=self.registry
        )
        self._calls = Histogram(
            "genekin_store_seconds",
            "Time of a call of a store.",
            ["store"],
            buckets=_STORE_BUCKETS,
            registry=self.registry,
        )
        self._failures = Counter(
            "genekin_store_errors",
            "Calls of a store that failed.",
            ["store"],
            registry=self.registry,
        )
        for store in ("database", "vectors"):  # A series that begins with 0 shows its first error.
            self._calls.labels(store)
            self._failures.labels(store)
        self.registry.register(_Deployment(checks))

    def observe(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, Question):
            self._questions.observe(event.seconds)
            self._queries.inc(event.queries)
        else:
            self._calls.labels(event.store).observe(event.seconds)
            if event.failed:
                self._failures.labels(event.store).inc()

    def text(self) -> bytes:
        """Return all numbers in the format of Prometheus."""
        return generate_latest(self.registry)


class _Deployment(Collector):
    """Figures that are read when they are asked for: health, jobs, disk."""

    def __init__(self, checks: HealthChecks) -> None:
        self._checks = checks

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield a gauge for every check, for the jobs by their state, and for each disk."""
        checks = self._checks.run().checks
        up = GaugeMetricFamily("genekin_up", "1 if a check is passed.", labels=["check"])
        for name, check in checks.items():
            up.add_metric([name], float(check.passed))
        yield up
        jobs = GaugeMetricFamily("genekin_jobs", "Jobs of the deployment.", labels=["state"])
        for state, count in checks[JOBS].numbers.items():
            jobs.add_metric([state], count)
        yield jobs
        disk = GaugeMetricFamily(
            "genekin_disk_free_bytes", "Free on the disk of an embedded store.", labels=["store"]
        )
        for store, free in checks[DISK].numbers.items():
            disk.add_metric([store], free)
        yield disk

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Describe nothing beforehand: registering must not ask the stores."""
        return []


def metrics_routes(checks: HealthChecks, token: Callable[[], SecretStr]) -> list[Route]:
    """Return the route of the metrics, which from now on count what this process does.

    Parameters
    ----------
    token
        Returns the token that a scraper sends as ``Authorization: Bearer``; if it is empty,
        direct requests from private networks need none.
    """
    metrics = Metrics(checks)
    observe(metrics.observe)

    async def serve(request: Request) -> Response:
        if not _is_allowed(request, token().get_secret_value()):
            return PlainTextResponse("Not found\n", 404)
        text = await run_in_threadpool(metrics.text)
        return Response(text, media_type=_CONTENT_TYPE)

    return [Route("/metrics", serve)]


def _is_allowed(request: Request, token: str) -> bool:
    if not token:
        return is_private(request.scope)
    sent = request.headers.get("authorization", "")
    return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
