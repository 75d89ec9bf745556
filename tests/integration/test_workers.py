"""Workers in processes of their own, which are killed, and whose servers are."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.classify import classify
from core.jobs import child, silence
from core.jobs.child import WorkerChild
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.library import LoadArguments
from core.jobs.queue import JobQueue, JobRequest
from core.library.manager import Libraries
from core.sequences.record_lines import pack_records
from core.settings import Settings
from core.stores.sql.job_row import CANCELLED, DONE, QUEUED, RUNNING
from core.stores.stores import Stores
from tests.conftest import PROJECT
from tests.support.contents import contents, require_agreement
from tests.support.jobs import row_of, until, working
from tests.support.services import MariaDB, mariadb_missing, require
from tests.support.synthetic import genes

PATIENCE = 300.0
MANY = 6_000
"""Genes of a load that takes some seconds."""


@contextmanager
def process(settings: Settings, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a Python module on these stores, until the end of the block."""
    environment = {
        "GENEKIN_HOME": str(settings.home),
        "GENEKIN_MILVUS_URI": settings.milvus_uri,
        "GENEKIN_DATABASE_URL": settings.database_url.get_secret_value(),
        "GENEKIN_STORE_TIMEOUT": "20",
    }
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def submit_load(
    jobs: JobQueue, library: str, organism: str, count: int, *, encoder: str = "count"
) -> int:
    records = {RECORDS: pack_records({organism: genes(organism, count)})}
    arguments = LoadArguments(library=library, encoder=encoder)
    return jobs.submit(JobRequest("load", library, organism, organism, arguments, records))


def is_loading(jobs: JobQueue, number: int) -> bool:
    row = row_of(jobs, number)
    assert row.active, row.message
    return row.state == RUNNING and row.progress.step == "Loading" and row.progress.done > 0


def done(jobs: JobQueue, number: int) -> None:
    until(lambda: not row_of(jobs, number).active, PATIENCE)
    row = row_of(jobs, number)
    assert (row.state, row.message) == (DONE, "")


def require_loaded(libraries: Libraries, library: str, **organisms: int) -> None:
    """Check that a library has so many genes of each organism, in both stores, and no more."""
    found = contents(libraries, library)
    require_agreement(found)
    assert {name: len(rows) for name, rows in found.sequences.items()} == organisms
    assert found.pending == []


@pytest.fixture
def name(libraries) -> str:
    return f"workers {uuid4().hex[:8]}"


@pytest.fixture
def jobs(libraries) -> JobQueue:
    return JobQueue(libraries.stores.database)


class Servers:
    """Tests on a Milvus server and MariaDB that all tests share."""

    @pytest.fixture
    def settings(self, milvus_server, mariadb, tmp_path) -> Settings:
        url = mariadb.url(f"workers_{uuid4().hex}")
        return Settings(
            home=tmp_path,
            milvus_uri=milvus_server.uri,
            database_url=SecretStr(url),
            store_timeout=20,
        )

    @pytest.fixture
    def libraries(self, settings) -> Iterator[Libraries]:
        with Stores(settings) as stores:
            yield Libraries(stores)


@pytest.mark.mariadb
@pytest.mark.milvus_server
class TestWorkers(Servers):
    def test_one_that_is_killed_in_mid_load_is_replaced_by_another(
        self, settings, libraries, jobs, name, monkeypatch
    ):
        with process(settings, "core", "worker") as worker:
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            worker.kill()
        assert row_of(jobs, number).state == RUNNING
        assert contents(libraries, name).pending
        monkeypatch.setattr(silence, "LOST_AFTER", 5.0)

        with working(libraries):
            done(jobs, number)
        assert row_of(jobs, number).attempts == 2
        require_loaded(libraries, name, dog=MANY)

    def test_one_that_is_frozen_loses_its_job_and_does_no_harm(
        self, settings, libraries, jobs, name, monkeypatch
    ):
        monkeypatch.setattr(silence, "LOST_AFTER", 5.0)
        with process(settings, "core", "worker") as worker:
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            worker.send_signal(signal.SIGSTOP)
            with working(libraries):
                until(lambda: row_of(jobs, number).attempts == 2, PATIENCE)
                worker.send_signal(signal.SIGCONT)
                done(jobs, number)
        require_loaded(libraries, name, dog=MANY)

    def test_two_run_the_jobs_of_a_library_in_their_order(self, settings, libraries, jobs, name):
        with process(settings, "core", "worker"), process(settings, "core", "worker"):
            numbers = [submit_load(jobs, name, f"animal_{n}", 40) for n in range(6)]
            other = submit_load(jobs, f"{name} 2", "dog", 40)
            for number in (*numbers, other):
                done(jobs, number)

        rows = [row_of(jobs, number) for number in numbers]
        for row, following in pairwise(rows):
            assert row.finished_at is not None
            assert following.started_at is not None
            assert row.finished_at <= following.started_at
        require_loaded(libraries, name, **{f"animal_{n}": 40 for n in range(6)})

    def test_a_job_is_cancelled_from_another_process(self, settings, libraries, jobs, name):
        with process(settings, "core", "worker"):
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            assert jobs.cancel(number)
            until(lambda: not row_of(jobs, number).active, PATIENCE)

        assert row_of(jobs, number).state == CANCELLED
        assert libraries.names() == []

    def test_sigterm_gives_back_what_takes_too_long(self, settings, libraries, jobs, name):
        with process(settings, "core", "worker", "--grace", "0") as worker:
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            worker.terminate()
            assert worker.wait(PATIENCE) == 0
        row = row_of(jobs, number)
        assert (row.state, row.attempts) == (QUEUED, 0)
        assert not jobs.has_worker()

        with working(libraries):
            done(jobs, number)
        require_loaded(libraries, name, dog=MANY)

    def test_a_job_goes_on_without_the_page_that_submitted_it(
        self, settings, libraries, jobs, name
    ):
        with process(settings, "tests.support.jobs", "submit", name) as page:
            assert page.stdout is not None
            number = int(page.stdout.readline())
            page.kill()
        with process(settings, "core", "worker"):
            done(jobs, number)
        require_loaded(libraries, name, dog=40)


class OwnServers(Servers):
    """Tests on servers of their own, which they kill."""

    @pytest.fixture
    def settings(self, own_milvus, own_mariadb, tmp_path) -> Settings:
        return Settings(
            home=tmp_path,
            milvus_uri=own_milvus.uri,
            database_url=SecretStr(own_mariadb.url("workers")),
            store_timeout=20,
        )


@pytest.mark.mariadb
@pytest.mark.milvus_server
class TestServersKilled(OwnServers):
    @pytest.mark.parametrize("server", ["own_milvus", "own_mariadb"])
    def test_a_job_is_done_when_a_server_is_back(self, request, settings, libraries, name, server):
        jobs = JobQueue(libraries.stores.database)
        with process(settings, "core", "worker"):
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            request.getfixturevalue(server).kill()
            time.sleep(5)
            request.getfixturevalue(server).start()
            done(jobs, number)
        require_loaded(libraries, name, dog=MANY)


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """File with the offset of a database's clock, such as "+2d"."""
    file = tmp_path / "offset"
    file.write_text("+0\n", encoding="ascii")
    return file


@pytest.fixture
def shifted_mariadb(tmp_path, clock_file, monkeypatch) -> Iterator[MariaDB]:
    """A MariaDB server whose clock is set by a file."""
    faketime = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    require(mariadb_missing())
    require(None if faketime else "libfaketime is not installed (Debian: faketime)")
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", str(faketime))
        environment.setenv("FAKETIME_TIMESTAMP_FILE", str(clock_file))
        environment.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")  # As when a clock is set.
        environment.setenv("FAKETIME_NO_CACHE", "1")
        server = MariaDB(tmp_path / "mariadb").start()
    yield server
    server.stop()


@pytest.mark.mariadb
@pytest.mark.milvus_server
class TestClockSet(Servers):
    @pytest.fixture
    def settings(self, shifted_mariadb, milvus_server, tmp_path) -> Settings:
        return Settings(
            home=tmp_path,
            milvus_uri=milvus_server.uri,
            database_url=SecretStr(shifted_mariadb.url("workers")),
            store_timeout=20,
        )

    @pytest.mark.parametrize("offset", ["+2d", "-2d"])
    def test_a_job_goes_on_once(  # noqa: PLR0917
        self, settings, libraries, jobs, name, clock_file, offset
    ):
        with process(settings, "core", "worker"), process(settings, "core", "worker"):
            number = submit_load(jobs, name, "dog", MANY)
            until(lambda: is_loading(jobs, number), PATIENCE)
            before = database_time(libraries)
            clock_file.write_text(f"{offset}\n", encoding="ascii")
            until(lambda: abs(database_time(libraries) - before) > timedelta(days=1))
            assert row_of(jobs, number).state == RUNNING
            done(jobs, number)
            done(jobs, submit_load(jobs, name, "cat", 40))
        assert row_of(jobs, number).attempts == 1
        require_loaded(libraries, name, cat=40, dog=MANY)


def database_time(libraries: Libraries) -> datetime:
    with libraries.stores.database.connect("reading the time") as connection:
        time_now: datetime = connection.scalar(text("SELECT utc_timestamp()"))
        return time_now


class TestChild:
    """The child process of a dashboard with embedded stores."""

    @pytest.fixture
    def settings(self, tmp_path) -> Settings:
        return Settings(home=tmp_path)

    @contextmanager
    def dashboard(self, settings: Settings) -> Iterator[tuple["subprocess.Popen[str]", int]]:
        """Run a dashboard without pages; yield it, and the process id of its worker."""
        with process(settings, "tests.support.jobs", "dashboard", "lab") as started:
            assert started.stdout is not None
            yield started, int(started.stdout.readline())

    def test_goes_with_its_dashboard_which_finds_its_job_again(self, settings):
        with self.dashboard(settings) as (dashboard, worker):
            dashboard.kill()
            dashboard.wait()
            until(lambda: not is_alive(worker))
        with Stores(settings) as stores:
            (row,) = JobQueue(stores.database).active()
            assert row.state == RUNNING

        with self.dashboard(settings) as (dashboard, _):
            assert dashboard.communicate("end\n", timeout=PATIENCE)[0] == "done\n"
        with Stores(settings) as stores:
            require_loaded(Libraries(stores), "lab", dog=MANY)
            (row,) = JobQueue(stores.database).recent()
            assert row.attempts == 2

    def test_is_started_again_when_it_is_killed(self, settings):
        with self.dashboard(settings) as (dashboard, worker):
            own = os.getpriority(os.PRIO_PROCESS, 0)
            assert os.getpriority(os.PRIO_PROCESS, worker) == min(19, own + 10)
            os.kill(worker, signal.SIGKILL)
            assert dashboard.communicate("end\n", timeout=PATIENCE)[0] == "done\n"
        with Stores(settings) as stores:
            require_loaded(Libraries(stores), "lab", dog=MANY)
            (row,) = JobQueue(stores.database).recent()
            assert row.attempts == 2

    def test_that_cannot_start_is_told(self, settings, monkeypatch, tmp_path):
        monkeypatch.setattr(child, "_PROJECT", tmp_path)  # Without the module to run.
        monkeypatch.setattr(child, "_POLL_SECONDS", 0.05)
        with Stores(settings) as stores:
            jobs = JobQueue(stores.database)
            submit_load(jobs, "lab", "dog", 4)
            worker = WorkerChild(jobs, stores.vectors.server_address)
            until(lambda: worker.has_failed, PATIENCE)
            worker.close()

    def test_what_it_changes_is_seen_by_the_pages(self, settings, monkeypatch):
        monkeypatch.setenv("GENEKIN_HOME", str(settings.home))  # The child inherits it.
        with Stores(settings) as stores:
            libraries, jobs = Libraries(stores), JobQueue(stores.database)
            worker = WorkerChild(jobs, stores.vectors.server_address)
            jobs.on_submit = worker.wake
            try:
                done(jobs, submit_load(jobs, "lab", "dog", 40))
                assert libraries.open("lab").organism_names() == ["dog"]
                done(jobs, submit_load(jobs, "lab", "human", 40))
                assert libraries.open("lab").organism_names() == ["dog", "human"]
                libraries.delete("lab")
                # Another library, in a collection of the same name.
                done(jobs, submit_load(jobs, "lab", "cat", 40, encoder="translated"))
                library = libraries.open("lab")
                calls = classify(library, genes("cat", 3))
            finally:
                worker.close()

        assert (library.encoder.name, library.organism_names()) == ("translated", ["cat"])
        assert {hit.organism for call in calls for hit in call.hits} == {"cat"}
        assert [round(call.hits[0].score, 3) for call in calls] == [1.0, 1.0, 1.0]

    def test_is_not_started_without_a_job(self, settings):
        with Stores(settings) as stores:
            worker = WorkerChild(JobQueue(stores.database), stores.vectors.server_address)
            worker.wake()
            time.sleep(2)
            assert not is_running(worker)
            worker.warm()
            until(lambda: is_running(worker))
            worker.close()
            assert not is_running(worker)

    def test_separate_workers_are_for_servers(self, settings):
        with process(settings, "core", "worker") as worker:
            assert worker.wait(PATIENCE) == 2

    def test_gives_its_job_back_when_the_dashboard_is_closed(self, settings):
        with self.dashboard(settings) as (dashboard, worker):
            dashboard.communicate("close\n", timeout=PATIENCE)
            assert not is_alive(worker)
        with Stores(settings) as stores:
            (row,) = JobQueue(stores.database).recent()
            assert (row.state, row.attempts) == (QUEUED, 0)
            assert contents(Libraries(stores), "lab").pending == []


def is_running(worker: WorkerChild) -> bool:
    return worker._process is not None and worker._process.poll() is None


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
