"""Command ``worker``: runs the jobs that pages submit."""

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from core.cli.shared import help_examples
from core.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from core.settings import Settings
    from core.stores.stores import Stores

_log = logging.getLogger(__name__)

_NICENESS = 10
"""Priority of a dashboard's own worker: pages come first."""
_IDLE_SECONDS = 300.0
_GRACE_SECONDS = 30.0
"""Seconds that running jobs have to end after SIGTERM; then they are given back."""
_MAX_PAUSE = 30.0


@click.command("worker", epilog=help_examples("worker", "worker --jobs 4"))
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Jobs to run at a time. Default: GENEKIN_WORKER_JOBS.",
)
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=_GRACE_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time for running jobs to end after SIGTERM, before they are given back.",
)
@click.option("--child", is_flag=True, hidden=True, help="Run as the worker of a dashboard.")
def worker_command(jobs: int | None, grace: float, *, child: bool) -> None:
    """Run the jobs of a deployment until SIGTERM; several workers share them."""
    from core.logs import configure_logs  # Imported when run: see core.cli.
    from core.settings import read_settings

    settings = read_settings()
    configure_logs(settings)
    slots = jobs or settings.worker_jobs
    if child:
        _run(settings, slots, 0.0, served_at=_follow_dashboard(), idle=_IDLE_SECONDS)
    elif settings.embedded_vectors:
        message = "Embedded vectors belong to the dashboard, which runs its jobs itself."
        raise InputError(message, "Set GENEKIN_MILVUS_URI to a Milvus server to run a worker.")
    else:
        _run(settings, slots, grace)


def _follow_dashboard() -> str:
    """Lower the priority, and end with the dashboard; return where it serves the vectors."""
    from core.jobs.child import Handover

    os.nice(_NICENESS)
    handover = Handover.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, name="genekin-dashboard", daemon=True).start()
    return handover.served_at


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)  # The vectors went with the dashboard. What is half done is undone when it is back.


def _run(
    settings: "Settings",
    slots: int,
    grace: float,
    *,
    served_at: str = "",
    idle: float | None = None,
) -> None:
    from core.jobs.worker import Worker
    from core.library.manager import Libraries

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stores = _open_stores(settings, served_at, stopped)
    if stores is None:
        return
    with stores:
        libraries = Libraries(stores, settings.cache_mb * 1_000_000)
        worker = Worker(libraries, settings, slots=slots, grace=grace, idle=idle, stopped=stopped)
        worker.run()


def _open_stores(settings: "Settings", served_at: str, stopped: threading.Event) -> "Stores | None":
    """Open the stores, as soon as both answer; return None if the worker is stopped before."""
    from core.stores.stores import Stores

    pause = 1.0
    while not stopped.is_set():
        try:
            return Stores(settings, served_at)
        except UnavailableError as error:
            _log.warning("%s", error.log_text())
            stopped.wait(pause)
            pause = min(2 * pause, _MAX_PAUSE)
    return None
