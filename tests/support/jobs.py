"""Jobs for tests: any function as the work of a job, and workers to run it.

``python -m tests.support.jobs dashboard LIBRARY`` is a dashboard without pages, whose child
loads an organism; ``submit`` instead only submits a load.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from core.jobs.child import WorkerChild
from core.jobs.job import Work
from core.jobs.kinds.base import RECORDS, JobContext, JobKind
from core.jobs.kinds.library import LoadArguments
from core.jobs.kinds.registry import KINDS
from core.jobs.queue import JobQueue, JobRequest
from core.jobs.user_jobs import UserJobs
from core.jobs.worker import Worker
from core.library.manager import Libraries
from core.progress import Progress
from core.schema import StrictModel
from core.sequences.record_lines import pack_records
from core.settings import Settings, read_settings
from core.stores.sql.database import Database
from core.stores.sql.job_row import JobRow
from core.stores.stores import Stores
from tests.support.synthetic import genes

PATIENCE = 90.0
"""Seconds to wait for what has to come: a machine may be slow, and stand still at any line."""
LIBRARY = "jobs"
_works: dict[str, Work] = {}


class WorkArguments(StrictModel):
    """Names the work, which is a function of this process."""

    work: str = ""


def work_kind(name: str, *, is_long: bool = False) -> JobKind[WorkArguments]:
    """Return a kind of jobs whose work is given to :func:`submit_work`."""

    def run(_context: JobContext, arguments: WorkArguments, progress: Progress) -> object:
        return _works[arguments.work](progress)

    return JobKind(name, WorkArguments, run, is_long=is_long)


KINDS["test"] = work_kind("test")
KINDS["long test"] = work_kind("long test", is_long=True)


def submit_work(  # noqa: PLR0917
    jobs: JobQueue | UserJobs,
    work: Work = lambda _: None,
    library: str = LIBRARY,
    digest: str = "",
    kind: str = "test",
    title: str = "a title",
    **options,
) -> int:
    """Submit a function as a job; a worker of this process runs it."""
    name = uuid4().hex
    _works[name] = work
    arguments = WorkArguments(work=name)
    options = {"by": "ada"} | options
    return jobs.submit(JobRequest(kind, library, title, digest or name, arguments, **options))


class WorkerThread:
    """A worker in a thread of this process, in the place of a child process."""

    has_failed = False

    def __init__(self, libraries: Libraries, settings: Settings, **options) -> None:
        self.worker = Worker(libraries, settings, **options)
        self._thread = threading.Thread(target=self.worker.run, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self.worker._wake.set()

    def warm(self) -> None:
        """Do nothing: it runs."""

    def close(self) -> None:
        self.worker.stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def start_worker_thread(settings: Settings, libraries: Libraries, jobs: JobQueue) -> WorkerThread:
    """Start a worker as the dashboard would start a child."""
    worker = WorkerThread(libraries, settings)
    jobs.on_submit = worker.wake
    return worker


@contextmanager
def working(libraries: Libraries, **options) -> Iterator[WorkerThread]:
    """Run jobs in a thread until the end of the block."""
    worker = WorkerThread(libraries, Settings(), **options)
    try:
        yield worker
    finally:
        worker.close()


def row_of(jobs: JobQueue, number: int) -> JobRow:
    row = jobs.get(number)
    assert row is not None
    return row


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def ended(jobs: JobQueue, number: int) -> JobRow:
    until(lambda: not row_of(jobs, number).active)
    return row_of(jobs, number)


class Gate:
    """Work that stands still, telling of its progress, until it is let go on."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self.done = 0

    def __call__(self, progress: Progress) -> str:
        self.entered.set()
        while not self.open.is_set():
            self.done += 1
            progress("Standing", self.done, 10_000)
            time.sleep(0.01)
        return "through"

    def is_entered(self, seconds: float = PATIENCE) -> bool:
        return self.entered.wait(seconds)


def _dashboard(library: str) -> None:
    """Have a child load an organism, and print its process id once it is in the midst of it."""
    settings = read_settings()
    with Stores(settings) as stores:
        jobs = JobQueue(stores.database)
        child = WorkerChild(jobs, stores.vectors.server_address)
        jobs.on_submit = child.wake
        if not jobs.active():
            _submit(jobs, library, 6_000)
        until(lambda: child._process and any(map(_is_loading, jobs.active())))
        assert child._process is not None
        print_line(str(child._process.pid))
        if sys.stdin.readline() == "end\n":
            until(lambda: not jobs.active(), 300)
            print_line("done")
        child.close()


def _is_loading(job: JobRow) -> bool:
    return job.progress.step == "Loading" and job.progress.done > 0


def _submit(jobs: JobQueue, library: str, count: int) -> int:
    records = {RECORDS: pack_records({"dog": genes("dog", count)})}
    arguments = LoadArguments(library=library, encoder="count")
    return jobs.submit(JobRequest("load", library, "dog", "dog", arguments, records))


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(mode: str, library: str) -> None:
    if mode == "dashboard":
        _dashboard(library)
        return
    settings = read_settings()
    print_line(str(_submit(JobQueue(Database(settings.labels_url, 20)), library, 40)))
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
