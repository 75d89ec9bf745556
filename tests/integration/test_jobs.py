"""Jobs: followed and cancelled from any process, and undone completely."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from core.errors import Cancelled, GeneKinError, InputError, StoreError
from core.jobs import scheduler as module
from core.jobs.job import Work
from core.jobs.scheduler import Jobs
from core.library import writer
from core.library.load import load
from core.library.manager import Libraries
from core.progress import Progress
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.jobs import CANCELLED, DONE, FAILED, LOST, QUEUED, RUNNING, JobRow
from core.stores.stores import Stores
from tests.conftest import PROJECT
from tests.support.contents import NOTHING, contents, require_agreement
from tests.support.run_job import LIBRARY, PatientJobs
from tests.support.synthetic import genes

PATIENCE = 90.0
"""Seconds to wait for what has to come: a machine may be slow, and stand still at any line."""


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labels.sqlite'}"
    return str(request.getfixturevalue("mariadb").url(f"jobs_{uuid4().hex}"))


@contextmanager
def jobs_of(url: str, workers: int = 2) -> Iterator[Jobs]:
    database = Database(url, timeout=10)
    with PatientJobs(database, workers) as jobs:
        yield jobs
    database.close()


@pytest.fixture
def jobs(url) -> Iterator[Jobs]:
    with jobs_of(url) as jobs:
        yield jobs


@pytest.fixture
def elsewhere(url) -> Iterator[Jobs]:
    """The jobs as another process of the deployment sees them."""
    with jobs_of(url) as jobs:
        yield jobs


@pytest.fixture
def libraries(tmp_path) -> Iterator[Libraries]:
    with Stores(Settings(home=tmp_path)) as stores:
        yield Libraries(stores)


def submit(jobs: Jobs, work: Work, library: str = LIBRARY, digest: str = "") -> int:
    return jobs.submit("test", library, "a title", digest or uuid4().hex, work, by="ada")


def row_of(jobs: Jobs, number: int) -> JobRow:
    row = jobs.get(number)
    assert row is not None
    return row


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def ended(jobs: Jobs, number: int) -> JobRow:
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


class TestSubmit:
    def test_the_result_is_kept_for_all(self, jobs, elsewhere):
        number = submit(jobs, lambda _: {"added": 7})

        row = ended(elsewhere, number)
        assert (row.state, row.result, row.message) == (DONE, {"added": 7}, "")
        assert (row.kind, row.library, row.title, row.by) == ("test", LIBRARY, "a title", "ada")
        assert row.started_at is not None
        assert row.finished_at is not None
        assert row.submitted_at <= row.started_at <= row.finished_at

    def test_a_report_is_kept_as_a_dict(self, jobs):
        @dataclass(frozen=True)
        class Report:
            names: tuple[str, ...]
            where: Path
            share: object

        number = submit(jobs, lambda _: Report(("a", "b"), Path("x"), np.float32(0.5)))

        assert ended(jobs, number).result == {"names": ["a", "b"], "where": "x", "share": "0.5"}

    def test_the_same_is_refused_while_it_is_under_way(self, jobs, elsewhere):
        gate = Gate()
        number = submit(jobs, gate, digest="same")
        waiting = submit(jobs, lambda _: None, digest="waits")

        for process in (jobs, elsewhere):
            for digest in ("same", "waits"):
                with pytest.raises(InputError) as raised:
                    submit(process, gate, digest=digest)
                assert str(raised.value).startswith("This job is already running. ")
        submit(elsewhere, lambda _: None, library="another", digest="same")
        gate.open.set()
        ended(jobs, number)
        ended(jobs, waiting)
        assert ended(elsewhere, submit(elsewhere, lambda _: 1, digest="same")).result == 1

    def test_is_refused_where_the_process_is_being_stopped(self, url):
        with jobs_of(url) as jobs:
            jobs.close()
            with pytest.raises(GeneKinError, match="is shutting down"):
                submit(jobs, lambda _: None)


class TestOrder:
    def test_jobs_of_a_library_wait_for_each_other_in_their_order(self, jobs, elsewhere):
        inside, order = threading.Lock(), []

        def work(number: int) -> Work:
            def take_turns(_: Progress) -> None:
                assert inside.acquire(blocking=False), "two at a time"
                time.sleep(0.02)
                order.append(number)
                inside.release()

            return take_turns

        numbers = [submit((jobs, elsewhere)[n % 2], work(n)) for n in range(6)]

        assert [ended(jobs, number).state for number in numbers] == [DONE] * 6
        assert order == list(range(6))

    def test_libraries_run_side_by_side(self, jobs):
        meet = threading.Barrier(2, timeout=PATIENCE)
        numbers = [submit(jobs, lambda _: meet.wait(), library=name) for name in ("a", "b")]

        assert {ended(jobs, number).result for number in numbers} == {0, 1}

    def test_a_queue_does_not_keep_workers_from_other_libraries(self, jobs):
        gate = Gate()
        first = submit(jobs, gate, library="a")
        queue = [submit(jobs, lambda _: None, library="a") for _ in range(4)]

        assert ended(jobs, submit(jobs, lambda _: None, library="b")).state == DONE
        assert [row_of(jobs, number).state for number in (first, *queue)] == [
            RUNNING,
            *4 * [QUEUED],
        ]
        gate.open.set()
        assert [ended(jobs, number).state for number in queue] == [DONE] * 4

    def test_no_more_run_than_there_are_workers(self, jobs):
        gates = [Gate() for _ in range(3)]
        numbers = [submit(jobs, gate, library=f"{n}") for n, gate in enumerate(gates)]

        assert gates[0].is_entered()
        assert gates[1].is_entered()
        assert not gates[2].is_entered(1.0)
        assert row_of(jobs, numbers[2]).state == QUEUED
        gates[1].open.set()
        assert gates[2].is_entered()


class TestProgress:
    def test_is_told_to_all(self, jobs, elsewhere):
        gate = Gate()
        number = submit(jobs, gate)

        until(lambda: (row_of(elsewhere, number).progress.rate or 0) > 0)
        progress = row_of(elsewhere, number).progress
        assert (progress.step, progress.total) == ("Standing", 10_000)
        assert 0 < progress.done <= gate.done
        assert progress.seconds_left is not None
        assert progress.seconds_left > 0

    def test_is_known_here_at_once(self, jobs):
        reported, go_on = threading.Event(), threading.Event()

        def work(progress: Progress) -> None:
            for step in range(1, 101):
                progress("Counting", step, 100)
            reported.set()
            go_on.wait(PATIENCE)

        number = submit(jobs, work)
        assert reported.wait(PATIENCE)
        assert row_of(jobs, number).progress.done == 100
        assert jobs.recent()[0].progress.done == 100
        go_on.set()
        ended(jobs, number)

    def test_is_written_twice_a_second_at_most(self, jobs, monkeypatch):
        begun: list[float] = []
        finished: list[float] = []
        save = jobs._table.save

        def timed(row: JobRow) -> None:
            if row.state == RUNNING:
                begun.append(time.monotonic())
            save(row)
            if row.state == RUNNING:
                finished.append(time.monotonic())

        def four_were_written() -> bool:
            jobs._wake.set()  # As whatever else wakes the one who writes.
            return len(finished) >= 4

        monkeypatch.setattr(jobs._table, "save", timed)
        number = submit(jobs, gate := Gate())
        until(four_were_written)
        gate.open.set()
        ended(jobs, number)

        assert all(later - one >= 0.5 for one, later in zip(finished, begun[1:], strict=False))

    def test_of_the_end_is_told_once_all_know_it(self, jobs, elsewhere, monkeypatch):
        save, write = jobs._table.save, threading.Event()

        def slow(row: JobRow) -> None:
            assert row.active or write.wait(PATIENCE)
            save(row)

        monkeypatch.setattr(jobs._table, "save", slow)
        number = submit(jobs, lambda progress: progress("Loading", 9, 9))
        until(lambda: not jobs._own[number].row.active)

        assert row_of(jobs, number).active
        assert not jobs.cancel(number)
        write.set()
        ended(jobs, number)
        assert row_of(elsewhere, number).state == DONE

    def test_what_was_seen_done_stays_done(self, jobs, monkeypatch):
        number = submit(jobs, gate := Gate())
        until(lambda: jobs._table.get(number).state == RUNNING)
        get: Callable[[int], JobRow] = jobs._table.get

        def slow(job_id: int) -> JobRow:
            row = get(job_id)
            gate.open.set()
            until(lambda: not jobs._own)  # It ends and is written down meanwhile.
            return row

        with monkeypatch.context() as patch:
            patch.setattr(jobs._table, "get", slow)
            assert row_of(jobs, number).state == DONE

    def test_stays_when_all_is_done(self, jobs, elsewhere):
        number = submit(jobs, lambda progress: progress("Loading", 9, 9))

        assert ended(elsewhere, number).progress.done == 9

    def test_a_process_comes_back_and_reads_it(self, url):
        with jobs_of(url) as jobs:
            number = submit(jobs, lambda progress: progress("Loading", 9, 9))
            ended(jobs, number)
        with jobs_of(url) as jobs:
            assert row_of(jobs, number).progress.done == 9


class TestCancel:
    @pytest.mark.parametrize("where", ["jobs", "elsewhere"])
    def test_ends_what_runs_wherever_it_is(self, request, jobs, where):
        gate = Gate()
        number = submit(jobs, gate)
        assert gate.is_entered()

        assert request.getfixturevalue(where).cancel(number)
        row = ended(jobs, number)
        assert (row.state, row.message) == (CANCELLED, "The job was cancelled.")
        assert row.cancel_asked
        assert row.result is None

    @pytest.mark.parametrize("where", ["jobs", "elsewhere"])
    def test_ends_what_waits_before_it_begins(self, request, jobs, where):
        gate, begun = Gate(), threading.Event()
        first = submit(jobs, gate)
        assert gate.is_entered()
        number = submit(jobs, lambda _: begun.set())

        assert request.getfixturevalue(where).cancel(number)
        assert ended(jobs, number).state == CANCELLED
        assert row_of(jobs, first).state == RUNNING
        gate.open.set()
        ended(jobs, first)
        assert not begun.is_set()

    def test_of_what_has_ended_changes_nothing(self, jobs):
        number = submit(jobs, lambda _: "through")
        ended(jobs, number)

        assert not jobs.cancel(number)
        assert not jobs.cancel(number + 1)
        assert row_of(jobs, number).state == DONE

    def test_work_may_tidy_up_first(self, jobs):
        tidied = threading.Event()
        gate = Gate()

        def work(progress: Progress) -> None:
            try:
                gate(progress)
            except Cancelled:
                tidied.set()
                raise

        number = submit(jobs, work)
        assert gate.is_entered()
        jobs.cancel(number)
        assert ended(jobs, number).state == CANCELLED
        assert tidied.is_set()


class TestFailure:
    def test_an_expected_one_says_why_and_what_to_do(self, jobs, elsewhere):
        def work(_: Progress) -> None:
            raise StoreError("The disk is full.", "Make room.")

        row = ended(elsewhere, submit(jobs, work))
        assert (row.state, row.message, row.hint) == (FAILED, "The disk is full.", "Make room.")

    @pytest.mark.parametrize("error", [ZeroDivisionError("secret"), SystemExit("secret")])
    def test_a_defect_goes_to_the_log(self, jobs, caplog, error):
        def work(_: Progress) -> None:
            raise error

        row = ended(jobs, submit(jobs, work))
        assert row.state == FAILED
        assert row.message == "Internal error in GeneKin."
        assert "secret" not in row.hint
        assert any(record.exc_info for record in caplog.records)

    def test_a_result_that_json_has_no_word_for(self, jobs):
        endless: list[object] = []
        endless.append(endless)

        assert ended(jobs, submit(jobs, lambda _: endless)).state == FAILED

    def test_the_next_one_goes_on(self, jobs):
        def work(_: Progress) -> None:
            raise ZeroDivisionError

        submit(jobs, work)
        assert ended(jobs, submit(jobs, lambda _: 1)).result == 1

    def test_a_database_that_is_away_for_a_while_costs_no_job(self, jobs, monkeypatch, caplog):
        gate = Gate()
        number = submit(jobs, gate)
        assert gate.is_entered()
        refused: list[JobRow] = []
        with monkeypatch.context() as patch:

            def fail(row: JobRow) -> None:
                refused.append(row)
                raise StoreError("The database is away.")

            patch.setattr(jobs._table, "save", fail)
            gate.open.set()
            until(lambda: len(refused) >= 3)
        assert ended(jobs, number).result == "through"
        until(lambda: not jobs._own)
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert [record.message for record in warnings] == [
            "jobs cannot be stored at the moment: The database is away."
        ]


class TestClose:
    def test_cancels_what_runs_and_what_waits(self, url, elsewhere):
        gate = Gate()
        with jobs_of(url) as jobs:
            numbers = [submit(jobs, gate), submit(jobs, gate)]
            assert gate.is_entered()

        rows = [row_of(elsewhere, number) for number in numbers]
        assert [row.state for row in rows] == [CANCELLED, CANCELLED]
        assert rows[0].message == "GeneKin was shut down while this job was running."

    def test_does_not_wait_for_ever(self, url, elsewhere):
        go_on, gone_on = threading.Event(), threading.Event()

        def deaf(_: Progress) -> None:
            go_on.wait(PATIENCE)
            gone_on.set()

        database = Database(url, timeout=10)
        jobs = Jobs(database)
        number = submit(jobs, deaf)
        until(lambda: row_of(jobs, number).state == RUNNING)
        jobs.close(wait=0.2)

        assert not gone_on.is_set()
        go_on.set()
        assert gone_on.wait(PATIENCE)
        jobs._thread.join(PATIENCE)
        database.close()

    def test_comes_by_itself_when_the_process_ends(self, url, elsewhere):
        with process("leave", url) as child:
            assert child.wait(PATIENCE) == 0

        assert [row.state for row in elsewhere.recent()] == [CANCELLED]


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a running job."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.run_job", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        try:
            yield child
        finally:
            child.kill()


class TestLost:
    @pytest.fixture
    def kill(self, url, monkeypatch) -> Callable[[subprocess.Popen[str]], None]:
        """On a server only silence tells, which is to be short; on SQLite, death is known at once.

        While it lives, a process may be silent for as long as ever.
        """

        def kill(child: subprocess.Popen[str]) -> None:
            child.kill()
            child.wait()
            if not url.startswith("sqlite"):
                monkeypatch.setattr(module, "LOST_AFTER", 3.0)

        return kill

    def test_a_killed_process_is_found_out(self, url, kill):
        with process("stay", url) as child:
            kill(child)
        with jobs_of(url) as jobs:
            until(lambda: jobs.recent()[0].state == LOST)
            (row,) = jobs.recent()

            assert row.message == "GeneKin stopped unexpectedly while this job was running."
            assert row.progress.step == "Waiting"
            assert row.finished_at is not None
            assert ended(jobs, submit(jobs, lambda _: 1, digest="digest")).result == 1

    def test_the_queue_goes_on_without_it(self, url, jobs, kill):
        with process("stay", url) as child:
            number = submit(jobs, lambda _: 1)
            time.sleep(1)
            assert row_of(jobs, number).state == QUEUED
            kill(child)

            assert ended(jobs, number).result == 1

    def test_a_living_process_is_not(self, url, jobs):
        with process("stay", url) as child:
            (row,) = jobs.recent()
            assert row.state == RUNNING
            assert jobs.cancel(row.id)

            assert ended(jobs, row.id).state == CANCELLED
            child.communicate("")

    def test_who_was_only_asleep_takes_its_job_back(self, jobs, elsewhere, monkeypatch):
        gate = Gate()
        number = submit(jobs, gate)
        assert gate.is_entered()
        until(lambda: row_of(elsewhere, number).state == RUNNING)
        asleep = threading.Event()
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "_update", asleep.set)
            assert asleep.wait(PATIENCE)
            jobs._table.mark_lost([number], "It died.", "")
            assert elsewhere._table.get(number).state == LOST

        until(lambda: row_of(elsewhere, number).state == RUNNING)
        gate.open.set()
        assert ended(elsewhere, number).result == "through"

    def test_long_silence_is_death(self, url, jobs, elsewhere, monkeypatch):
        gate = Gate()
        number = submit(jobs, gate)
        assert gate.is_entered()
        until(lambda: row_of(elsewhere, number).state == RUNNING)
        monkeypatch.setattr(jobs, "_update", lambda: time.sleep(0.1))
        monkeypatch.setattr(module, "LOST_AFTER", 1.0)

        until(lambda: elsewhere.get(number).state == LOST)
        monkeypatch.undo()

    def test_its_pending_load_is_reconciled(self, tmp_path):
        with process("stop_in_mid_load", GENEKIN_HOME=str(tmp_path)) as child:
            child.kill()
            child.wait()
        with Stores(Settings(home=tmp_path)) as stores, PatientJobs(stores.database) as jobs:
            libraries = Libraries(stores)
            (row,) = jobs.recent()

            assert (row.state, row.library) == (LOST, LIBRARY)
            assert libraries.reconcile(LIBRARY).loads_undone == 1
            assert contents(libraries, LIBRARY) == NOTHING


class TestLoads:
    @pytest.fixture
    def loader(self, libraries, monkeypatch) -> Iterator[Jobs]:
        monkeypatch.setattr(writer, "_BATCH_SIZE", 4)
        with PatientJobs(libraries.stores.database) as jobs:
            yield jobs

    @staticmethod
    def load_of(libraries: Libraries, organism: str, count: int, name: str) -> Work:
        return lambda progress: load(
            libraries,
            {organism: genes(organism, count)},
            library=name,
            encoder="count",
            progress=progress,
        )

    @pytest.mark.parametrize("loaded", [False, True])
    def test_cancelled_in_mid_load_leave_exactly_the_old_state(self, libraries, loader, loaded):
        if loaded:
            self.load_of(libraries, "human", 9, LIBRARY)(lambda *_: None)
        before = contents(libraries, LIBRARY)
        half, go_on = threading.Event(), threading.Event()

        def work(progress: Progress) -> object:
            def halt(step: str, done: int, total: int) -> None:
                if step == "Loading" and done >= 8:
                    half.set()
                    assert go_on.wait(PATIENCE)
                progress(step, done, total)

            return self.load_of(libraries, "dog", 30, LIBRARY)(halt)

        number = submit(loader, work)
        assert half.wait(PATIENCE)
        assert contents(libraries, LIBRARY) != before
        loader.cancel(number)
        go_on.set()

        row = ended(loader, number)
        assert (row.state, row.progress.done, row.progress.total) == (CANCELLED, 8, 30)
        assert contents(libraries, LIBRARY) == before

    def test_two_into_one_library_queue(self, libraries, loader):
        numbers = [
            submit(loader, self.load_of(libraries, organism, 20, LIBRARY))
            for organism in ("human", "dog")
        ]
        rows = [ended(loader, number) for number in numbers]

        assert [row.state for row in rows] == [DONE, DONE]
        assert rows[0].finished_at
        assert rows[1].started_at
        assert rows[0].finished_at <= rows[1].started_at
        assert rows[1].result["organisms"][0]["added"] == 20
        found = contents(libraries, LIBRARY)
        require_agreement(found)
        assert list(found.sequences) == ["human", "dog"]

    def test_two_libraries_are_loaded_side_by_side(self, libraries, loader):
        meet = threading.Barrier(2, timeout=PATIENCE)

        def work(name: str) -> Work:
            def together(progress: Progress) -> object:
                def halt(step: str, done: int, total: int) -> None:
                    progress(step, done, total)
                    if (step, done) == ("Loading", 4):
                        meet.wait()  # Both are in the midst of it.

                return self.load_of(libraries, "human", 20, name)(halt)

            return together

        numbers = [submit(loader, work(name), library=name) for name in ("a", "b")]

        assert [ended(loader, number).state for number in numbers] == [DONE, DONE]
        for name in ("a", "b"):
            require_agreement(contents(libraries, name))
