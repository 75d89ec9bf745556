"""Services of a server process: opened stores, the queue of jobs, and what runs them."""

import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Thread
from typing import Self

from core.alignment.explanation import explain
from core.classify import classify
from core.cli.loopback import answer_commands
from core.errors import GeneKinError
from core.jobs.child import WorkerChild
from core.jobs.first_load import active_load, start_first_load
from core.jobs.queue import JobQueue
from core.library.manager import Libraries
from core.sequences.limits import Limits
from core.sequences.queries import read_text_queries
from core.sequences.references.examples import make_examples
from core.settings import Settings
from core.stores.availability import wait_once
from core.stores.stores import Stores

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.5
_WARM_UP_SECONDS = 5.0
"""Maximum time that warming up keeps the server from listening."""


@dataclass(frozen=True)
class Services:
    """Stores and jobs of this process, with all rights.

    Attributes
    ----------
    worker
        Runs the jobs; None where separate workers do.
    """

    libraries: Libraries
    jobs: JobQueue
    worker: WorkerChild | None
    commands: ExitStack = field(default_factory=ExitStack)
    """The answering of commands, where the stores are embedded: only this process has them open."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the stores, finish what a crash interrupted, and start to run jobs.

        Raises
        ------
        GeneKinError
            If a store cannot be opened.
        """
        libraries = Libraries(Stores(settings), settings.cache_mb * 1_000_000)
        with wait_once():
            for name in libraries.names():
                try:
                    libraries.reconcile(name, timeout=0)
                except GeneKinError as error:
                    _log.warning("the library %s was not reconciled: %s", name, error)
        jobs = JobQueue(
            libraries.stores.database,
            max_user_jobs=settings.max_user_jobs,
            max_jobs=settings.max_jobs,
        )
        services = cls(libraries, jobs, _start_worker(settings, libraries, jobs))
        if settings.embedded_vectors:
            services.commands.enter_context(answer_commands(libraries, settings))
        if settings.load_human_reference:
            start_first_load(libraries, services.jobs)
        return services

    def close(self) -> None:
        """End the worker, and close the stores."""
        self.commands.close()
        if self.worker:
            self.worker.close()
        self.libraries.stores.close()

    def warm_up(self) -> None:
        """Fill caches and compile kernels, after the first load, before the first query comes.

        Large libraries, and a load that is under way, keep the caller waiting only so long.
        """
        thread = Thread(target=self._warm_up, daemon=True)
        thread.start()
        if active_load(self.jobs) is None:
            thread.join(_WARM_UP_SECONDS)

    def _warm_up(self) -> None:
        try:
            while active_load(self.jobs):
                time.sleep(_POLL_SECONDS)
            queries = read_text_queries(make_examples(), "the examples", Limits())
            for name in self.libraries.names():
                library = self.libraries.open(name)
                calls = classify(library, queries)
                explain(library, queries[0].residues, calls[0])
        except GeneKinError as error:
            _log.warning("the caches were not filled: %s", error)


def _start_worker(settings: Settings, libraries: Libraries, jobs: JobQueue) -> WorkerChild | None:
    """Start to run jobs in a child process, unless separate workers run them."""
    if not settings.worker_is_child:
        return None
    worker = WorkerChild(jobs, libraries.stores.vectors.server_address)
    jobs.on_submit = worker.wake
    return worker
