"""A process with one job, for tests to kill or to let end: ``python -m … WHAT [DATABASE_URL]``.

It says so once the job is under way, and the table knows how far it is.
"""

import sys
import time
from collections.abc import Callable

from core.jobs.scheduler import Jobs
from core.library.load import load
from core.library.manager import Libraries
from core.settings import read_settings
from core.stores import Stores
from core.stores.sql.database import Database
from core.stores.sql.jobs import JobTable
from tests.support.synthetic import genes

LIBRARY = "jobs"


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def forever(progress: Callable[[str, int, int], None]) -> None:
    for number in range(1_000_000):
        progress("Waiting", number, 1_000_000)
        time.sleep(0.02)


class PatientJobs(Jobs):
    """Jobs that are given the time to end that they need on a machine that is busy."""

    def close(self, wait: float = 60.0) -> None:
        super().close(wait)


def begin(url: str) -> None:
    """Begin a job that goes on until this process ends, or is told to cancel it."""
    database = Database(url, timeout=10)
    number = PatientJobs(database).submit("wait", LIBRARY, "a long wait", "digest", forever)
    table = JobTable(database)
    while not ((row := table.get(number)) and row.progress.doing):
        time.sleep(0.02)
    say("under way")


def stay(url: str) -> None:
    """A job in a process that goes on until it is killed, or its input ends."""
    begin(url)
    sys.stdin.read()


def leave(url: str) -> None:
    """A job that is under way when this process ends as it should."""
    begin(url)


def stop_in_mid_load() -> None:
    """A load as a job, that stands still once its first vectors are written."""
    libraries = Libraries(Stores(read_settings()))
    jobs = Jobs(libraries.stores.database)

    def work(progress: Callable[[str, int, int], None]) -> object:
        def halt(doing: str, done: int, total: int) -> None:
            progress(doing, done, total)
            if doing == "Loading":
                say("under way")
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
