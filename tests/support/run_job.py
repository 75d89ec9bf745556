"""A process with one job, for tests to kill or to let end: ``python -m … MODE [DATABASE_URL]``.

It prints a line once the job is running and its progress is in the table.
"""

import sys
import time

from core.jobs.scheduler import Jobs
from core.progress import Progress
from core.stores.sql.database import Database
from core.stores.sql.jobs import JobTable

LIBRARY = "jobs"


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_forever(progress: Progress) -> None:
    for number in range(1_000_000):
        progress("Waiting", number, 1_000_000)
        time.sleep(0.02)


class PatientJobs(Jobs):
    """Jobs that have enough time to end on a busy machine."""

    def close(self, wait: float = 60.0) -> None:
        super().close(wait)


def start_job(url: str) -> None:
    """Start a job that runs until this process ends, or somebody cancels it."""
    database = Database(url, timeout=10)
    job_id = PatientJobs(database).submit("wait", LIBRARY, "a long wait", "digest", run_forever)
    table = JobTable(database)
    while not ((row := table.get(job_id)) and row.progress.step):
        time.sleep(0.02)
    print_line("running")


def stay(url: str) -> None:
    """Run a job until the process is killed, or its input ends."""
    start_job(url)
    sys.stdin.read()


def leave(url: str) -> None:
    """Exit normally while a job is running."""
    start_job(url)


def stop_in_mid_load() -> None:
    """Run a load as a job that stops once its first vectors are written."""
    from core.library.load import load  # Only here: the other processes start sooner without.
    from core.library.manager import Libraries
    from core.settings import read_settings
    from core.stores.stores import Stores
    from tests.support.synthetic import genes

    libraries = Libraries(Stores(read_settings()))
    jobs = Jobs(libraries.stores.database)

    def work(progress: Progress) -> object:
        def halt(step: str, done: int, total: int) -> None:
            progress(step, done, total)
            if step == "Loading":
                print_line("running")
                time.sleep(600)

        dog = {"dog": genes("dog", 5)}
        return load(libraries, dog, library=LIBRARY, encoder="count", progress=halt)

    jobs.submit("load", LIBRARY, "dog", "digest", work)
    time.sleep(600)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stay", url]:
            stay(url)
        case ["leave", url]:
            leave(url)
        case _:
            stop_in_mid_load()
