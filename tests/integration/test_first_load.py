"""The human reference loads by itself once, into a database that never had a library."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core import defaults
from core.jobs.first_load import start_first_load, submit_human_reference
from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.sql.job_row import CANCELLED, DONE, QUEUED, JobRow
from core.stores.stores import Stores
from tests.support.jobs import WorkerThread, until, working
from tests.support.synthetic import genes

pytestmark = pytest.mark.usefixtures("small_reference")


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def libraries(request, tmp_path) -> Iterator[Libraries]:
    settings = Settings(home=tmp_path)
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url(f"first_{uuid4().hex}")
        settings = Settings(home=tmp_path, database_url=SecretStr(url))
    with Stores(settings) as stores:
        yield Libraries(stores)


@pytest.fixture
def jobs(libraries) -> Iterator[JobQueue]:
    with working(libraries):
        yield JobQueue(libraries.stores.database)


def ended(jobs: JobQueue) -> list[JobRow]:
    """The jobs, newest first, once all have ended."""
    until(lambda: not jobs.active())
    return jobs.recent()


class TestStartFirstLoad:
    def test_fills_an_empty_database(self, libraries, jobs, small_reference):
        small_reference.set()
        start_first_load(libraries, jobs)
        (job,) = ended(jobs)
        assert (job.kind, job.library, job.state) == ("load", defaults.LIBRARY, DONE)
        assert libraries.open().organism_names() == ["human"]

    def test_loads_once_when_two_processes_start_at_once(self, libraries, jobs, small_reference):
        start_first_load(libraries, jobs)
        start_first_load(libraries, JobQueue(libraries.stores.database))
        assert len(jobs.active()) == 1
        small_reference.set()
        ended(jobs)

    def test_does_nothing_once_a_library_was_deleted(self, libraries, jobs):
        load(libraries, {"dog": genes("dog", 4)}, library="mine", encoder="count")
        libraries.delete("mine")
        start_first_load(libraries, jobs)
        assert jobs.recent() == []

    def test_does_nothing_once_somebody_cancelled_it(self, libraries, jobs, small_reference):
        start_first_load(libraries, jobs)
        jobs.cancel(jobs.active()[0].id)
        small_reference.set()
        assert [job.state for job in ended(jobs)] == [CANCELLED]
        start_first_load(libraries, jobs)
        assert len(jobs.recent()) == 1

    def test_goes_on_after_a_shutdown_cut_it_short(self, libraries, small_reference):
        jobs = JobQueue(libraries.stores.database)
        start_first_load(libraries, jobs)
        worker = WorkerThread(libraries, Settings())
        until(lambda: jobs.active()[0].progress.step)
        threading.Timer(0.2, small_reference.set).start()
        worker.close()
        assert [job.state for job in jobs.recent()] == [QUEUED]
        with working(libraries):
            start_first_load(libraries, jobs)
            assert [job.state for job in ended(jobs)] == [DONE]
        assert libraries.names() == [defaults.LIBRARY]


class TestSubmitHumanReference:
    def test_loads_also_after_a_library_was_deleted(self, libraries, jobs, small_reference):
        load(libraries, {"dog": genes("dog", 4)}, library="mine", encoder="count")
        libraries.delete("mine")
        small_reference.set()
        submit_human_reference(jobs, "Ada")
        (job,) = ended(jobs)
        assert (job.state, job.by) == (DONE, "Ada")

    def test_skips_the_first_load_if_a_library_was_loaded_before_it_starts(
        self, libraries, jobs, small_reference
    ):
        load(libraries, {"dog": genes("dog", 4)}, library="mine", encoder="count")
        submit_human_reference(jobs, only_first=True)
        (job,) = ended(jobs)
        assert job.result == {"said": "A library is there already."}
        assert libraries.names() == ["mine"]
