"""Jobs: followed and cancelled from any process, run by any worker, and undone completely."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from pydantic import SecretStr

from core.errors import Cancelled, InputError, StoreError
from core.jobs import job as job_module
from core.jobs import worker as worker_module
from core.jobs.job import Work
from core.jobs.kinds.base import RECORDS
from core.jobs.kinds.library import LoadArguments
from core.jobs.queue import JobQueue, JobRequest
from core.library import writer
from core.library.load import load
from core.library.manager import Libraries
from core.progress import Progress
from core.sequences.record_lines import pack_records
from core.settings import Settings
from core.stores.sql.database import Database
from core.stores.sql.job_row import CANCELLED, DONE, FAILED, QUEUED, RUNNING, JobRow
from core.stores.stores import Stores
from tests.support.contents import contents, require_agreement
from tests.support.jobs import (
    LIBRARY,
    PATIENCE,
    Gate,
    WorkArguments,
    WorkerThread,
    ended,
    row_of,
    submit_work,
    until,
    working,
)
from tests.support.synthetic import genes


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(worker_module, "_POLL_SECONDS", 0.05)


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def settings(request, tmp_path) -> Settings:
    if request.param == "sqlite":
        return Settings(home=tmp_path)
    url = request.getfixturevalue("mariadb").url(f"jobs_{uuid4().hex}")
    return Settings(home=tmp_path, database_url=SecretStr(url))


@pytest.fixture
def libraries(settings) -> Iterator[Libraries]:
    with Stores(settings) as stores:
        yield Libraries(stores)


@pytest.fixture
def jobs(libraries) -> JobQueue:
    return JobQueue(libraries.stores.database)


@pytest.fixture
def worker(libraries) -> Iterator[WorkerThread]:
    with working(libraries) as worker:
        yield worker


@pytest.fixture
def elsewhere(settings) -> Iterator[JobQueue]:
    """The jobs as another process of the deployment sees them."""
    database = Database(settings.labels_url, timeout=10)
    yield JobQueue(database)
    database.close()


@pytest.mark.usefixtures("worker")
class TestSubmit:
    def test_the_result_is_kept_for_all(self, jobs, elsewhere):
        number = submit_work(jobs, lambda _: {"added": 7})

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

        number = submit_work(jobs, lambda _: Report(("a", "b"), Path("x"), np.float32(0.5)))

        assert ended(jobs, number).result == {"names": ["a", "b"], "where": "x", "share": "0.5"}

    def test_the_same_is_refused_while_it_is_under_way(self, jobs, elsewhere):
        gate = Gate()
        number = submit_work(jobs, gate, digest="same")
        waiting = submit_work(jobs, digest="waits")

        for process in (jobs, elsewhere):
            for digest in ("same", "waits"):
                with pytest.raises(InputError) as raised:
                    submit_work(process, gate, digest=digest)
                assert str(raised.value).startswith("This job is already running. ")
        submit_work(elsewhere, library="another", digest="same")
        gate.open.set()
        ended(jobs, number)
        ended(jobs, waiting)
        assert ended(elsewhere, submit_work(elsewhere, lambda _: 1, digest="same")).result == 1

    def test_too_many_of_one_user_are_refused(self, libraries):
        jobs = JobQueue(libraries.stores.database, max_user_jobs=2, max_jobs=3)
        gate = Gate()
        for _ in range(2):
            submit_work(jobs, gate)
        with pytest.raises(InputError, match="2 of your jobs are queued or running"):
            submit_work(jobs)
        submit_work(jobs, by="grace")
        with pytest.raises(InputError, match="3 jobs of all users are queued or running"):
            submit_work(jobs, by="linus")
        gate.open.set()

    def test_input_that_cannot_be_read_leaves_no_job(self, jobs):
        def broken() -> Iterator[bytes]:
            yield b"ACGT"
            raise OSError

        with pytest.raises(OSError, match=r"^$"):
            submit_work(jobs, files={RECORDS: broken()})
        assert jobs.active() == []


@pytest.mark.usefixtures("worker")
class TestOrder:
    def test_jobs_of_a_library_wait_for_each_other_in_their_order(self, jobs, libraries):
        inside, order = threading.Lock(), []

        def work(number: int) -> Work:
            def take_turns(_: Progress) -> None:
                assert inside.acquire(blocking=False), "two at a time"
                time.sleep(0.02)
                order.append(number)
                inside.release()

            return take_turns

        with working(libraries):  # A second worker.
            numbers = [submit_work(jobs, work(n)) for n in range(8)]
            assert [ended(jobs, number).state for number in numbers] == [DONE] * 8
        assert order == list(range(8))

    def test_libraries_run_side_by_side(self, jobs):
        meet = threading.Barrier(2, timeout=PATIENCE)
        numbers = [submit_work(jobs, lambda _: meet.wait(), library=name) for name in ("a", "b")]

        assert {ended(jobs, number).result for number in numbers} == {0, 1}

    def test_a_queue_does_not_keep_workers_from_other_libraries(self, jobs):
        gate = Gate()
        first = submit_work(jobs, gate, library="a")
        queue = [submit_work(jobs, library="a") for _ in range(4)]

        assert ended(jobs, submit_work(jobs, library="b")).state == DONE
        assert [row_of(jobs, number).state for number in (first, *queue)] == [
            RUNNING,
            *4 * [QUEUED],
        ]
        gate.open.set()
        assert [ended(jobs, number).state for number in queue] == [DONE] * 4

    def test_no_more_run_than_there_are_slots(self, jobs):
        gates = [Gate() for _ in range(4)]
        numbers = [submit_work(jobs, gate, library=f"{n}") for n, gate in enumerate(gates)]

        assert all(gate.is_entered() for gate in gates[:3])
        assert not gates[3].is_entered(1.0)
        assert row_of(jobs, numbers[3]).state == QUEUED
        gates[1].open.set()
        assert gates[3].is_entered()
        for gate in gates:
            gate.open.set()

    def test_long_jobs_leave_a_slot_free(self, jobs):
        gates = [Gate() for _ in range(3)]
        for number, gate in enumerate(gates):
            submit_work(jobs, gate, library=f"{number}", kind="long test")

        assert all(gate.is_entered() for gate in gates[:2])
        assert ended(jobs, submit_work(jobs, library="quick")).state == DONE
        assert not gates[2].entered.is_set()
        for gate in gates:
            gate.open.set()

    def test_users_take_turns(self, jobs):
        order = []
        gate = Gate()
        first = submit_work(jobs, gate, by="ada")

        def work(name: str) -> Work:
            return lambda _: order.append(name)

        numbers = [
            submit_work(jobs, work(name), by=name[0])
            for name in ("a1", "a2", "a3", "b1", "b2", "c1")
        ]
        gate.open.set()
        ended(jobs, first)
        for number in numbers:
            ended(jobs, number)

        assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]

    def test_what_awaits_another_job_starts_after_it(self, jobs):
        gate, order = Gate(), []
        awaited = submit_work(jobs, gate, library="a")
        number = submit_work(jobs, lambda _: order.append(1), library="b", awaits=awaited)
        assert ended(jobs, submit_work(jobs, library="b")).state == DONE
        assert order == []
        gate.open.set()
        assert ended(jobs, number).state == DONE


@pytest.mark.usefixtures("worker")
class TestProgress:
    def test_is_told_to_all(self, jobs, elsewhere):
        gate = Gate()
        number = submit_work(jobs, gate)

        until(lambda: (row_of(elsewhere, number).progress.rate or 0) > 0)
        progress = row_of(elsewhere, number).progress
        assert (progress.step, progress.total) == ("Standing", 10_000)
        assert 0 < progress.done <= gate.done
        assert progress.seconds_left is not None
        assert progress.seconds_left > 0
        gate.open.set()

    def test_is_written_twice_a_second_at_most(self, jobs, worker, monkeypatch):
        begun: list[float] = []
        finished: list[float] = []
        save: Callable[[JobRow], bool] = worker.worker._table.save

        def timed(row: JobRow) -> bool:
            if row.state == RUNNING:
                begun.append(time.monotonic())
            saved = save(row)
            if row.state == RUNNING:
                finished.append(time.monotonic())
            return saved

        def four_were_written() -> bool:
            worker.wake()  # As whatever else wakes the one who writes.
            return len(finished) >= 4

        monkeypatch.setattr(worker.worker._table, "save", timed)
        number = submit_work(jobs, gate := Gate())
        until(four_were_written)
        gate.open.set()
        ended(jobs, number)

        assert all(later - one >= 0.5 for one, later in zip(finished, begun[1:], strict=False))

    def test_stays_when_all_is_done(self, jobs, elsewhere):
        number = submit_work(jobs, lambda progress: progress("Loading", 9, 9))

        assert ended(elsewhere, number).progress.done == 9


@pytest.mark.usefixtures("worker")
class TestCancel:
    @pytest.mark.parametrize("where", ["jobs", "elsewhere"])
    def test_ends_what_runs_wherever_it_is(self, request, jobs, where):
        gate = Gate()
        number = submit_work(jobs, gate)
        assert gate.is_entered()

        assert request.getfixturevalue(where).cancel(number)
        row = ended(jobs, number)
        assert (row.state, row.message) == (CANCELLED, "The job was cancelled.")
        assert row.cancel_asked
        assert row.result is None

    @pytest.mark.parametrize("where", ["jobs", "elsewhere"])
    def test_ends_what_waits_before_it_begins(self, request, jobs, where):
        gate, begun = Gate(), threading.Event()
        first = submit_work(jobs, gate)
        assert gate.is_entered()
        number = submit_work(jobs, lambda _: begun.set())

        assert request.getfixturevalue(where).cancel(number)
        assert row_of(jobs, number).state == CANCELLED
        assert row_of(jobs, first).state == RUNNING
        gate.open.set()
        ended(jobs, first)
        assert not begun.is_set()

    def test_of_what_has_ended_changes_nothing(self, jobs):
        number = submit_work(jobs, lambda _: "through")
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

        number = submit_work(jobs, work)
        assert gate.is_entered()
        jobs.cancel(number)
        assert ended(jobs, number).state == CANCELLED
        assert tidied.is_set()


@pytest.mark.usefixtures("worker")
class TestFailure:
    def test_an_expected_one_says_why_and_what_to_do(self, jobs, elsewhere):
        def work(_: Progress) -> None:
            raise StoreError("The disk is full.", "Make room.")

        row = ended(elsewhere, submit_work(jobs, work))
        assert (row.state, row.message, row.hint) == (FAILED, "The disk is full.", "Make room.")

    @pytest.mark.parametrize("error", [ZeroDivisionError("secret"), SystemExit("secret")])
    def test_a_defect_goes_to_the_log(self, jobs, caplog, error):
        def work(_: Progress) -> None:
            raise error

        row = ended(jobs, submit_work(jobs, work))
        assert row.state == FAILED
        assert row.message == "Internal error in GeneKin."
        assert "secret" not in row.hint
        assert any(record.exc_info for record in caplog.records)

    def test_a_result_that_json_has_no_word_for(self, jobs):
        endless: list[object] = []
        endless.append(endless)

        assert ended(jobs, submit_work(jobs, lambda _: endless)).state == FAILED

    def test_the_next_one_goes_on(self, jobs):
        def work(_: Progress) -> None:
            raise ZeroDivisionError

        submit_work(jobs, work)
        assert ended(jobs, submit_work(jobs, lambda _: 1)).result == 1

    def test_a_kind_that_this_version_does_not_have(self, jobs):
        request = JobRequest("unheard of", LIBRARY, "a title", "digest", WorkArguments())

        row = ended(jobs, jobs.submit(request))
        assert (row.state, row.attempts) == (FAILED, 1)
        assert "no jobs of the kind 'unheard of'" in row.message

    @pytest.mark.parametrize(
        ("arguments", "records", "reason"),
        [
            (WorkArguments(), [], "library: Field required"),
            (LoadArguments(library=LIBRARY), [b'["dog", 7]\n'], "0: Input should be a valid"),
        ],
    )
    def test_damaged_input_is_named(self, jobs, arguments, records, reason):
        row = ended(
            jobs,
            jobs.submit(
                JobRequest("load", LIBRARY, "a title", "digest", arguments, {RECORDS: records})
            ),
        )
        assert row.state == FAILED
        assert row.message.startswith("The input of the job is damaged: ")

    def test_what_takes_too_long_is_ended(self, libraries, jobs, worker, monkeypatch):
        monkeypatch.setattr(worker.worker, "_settings", Settings(max_job_hours=1 / 3600))
        row = ended(jobs, submit_work(jobs, Gate()))

        assert (row.state, row.message) == (FAILED, "The job took too long.")

    def test_a_database_that_is_away_for_a_while_costs_no_job(
        self, jobs, worker, monkeypatch, caplog
    ):
        gate = Gate()
        number = submit_work(jobs, gate)
        assert gate.is_entered()
        refused: list[JobRow] = []
        with monkeypatch.context() as patch:

            def fail(row: JobRow) -> bool:
                refused.append(row)
                raise StoreError("The database is away.")

            patch.setattr(worker.worker._table, "save", fail)
            gate.open.set()
            until(lambda: len(refused) >= 3)
        assert ended(jobs, number).result == "through"
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert [record.message for record in warnings] == [
            "jobs cannot be stored at the moment: The database is away."
        ]


class TestClose:
    def test_gives_back_what_runs(self, libraries, jobs):
        gate = Gate()
        with working(libraries):
            number = submit_work(jobs, gate)
            assert gate.is_entered()

        row = row_of(jobs, number)
        assert (row.state, row.owner, row.attempts) == (QUEUED, "", 0)
        assert not jobs.has_worker()
        gate.open.set()
        with working(libraries):
            assert ended(jobs, number).result == "through"

    def test_lets_jobs_end_that_do_so_in_time(self, libraries, jobs):
        gate = Gate()
        with working(libraries, grace=PATIENCE):
            number = submit_work(jobs, gate)
            assert gate.is_entered()
            threading.Timer(0.5, gate.open.set).start()

        assert row_of(jobs, number).result == "through"

    def test_does_not_wait_for_ever(self, libraries, jobs, monkeypatch):
        monkeypatch.setattr(worker_module, "_GIVE_BACK_SECONDS", 0.2)
        go_on = threading.Event()
        with working(libraries):
            number = submit_work(jobs, lambda _: go_on.wait(PATIENCE))
            until(lambda: row_of(jobs, number).state == RUNNING)

        assert row_of(jobs, number).state == QUEUED
        go_on.set()

    def test_an_idle_worker_ends(self, libraries, jobs):
        worker = WorkerThread(libraries, Settings(), idle=0.5)
        number = submit_work(jobs, lambda _: time.sleep(1))
        assert ended(jobs, number).state == DONE
        worker._thread.join(PATIENCE)
        assert not worker._thread.is_alive()
        assert not jobs.has_worker()


class TestLoads:
    @pytest.fixture(autouse=True)
    def _in_small_steps(self, monkeypatch):
        monkeypatch.setattr(writer, "_BATCH_SIZE", 4)

    @staticmethod
    def submit_load(jobs: JobQueue, organism: str, count: int, library: str = LIBRARY) -> int:
        records = pack_records({organism: genes(organism, count)})
        arguments = LoadArguments(library=library, encoder="count")
        request = JobRequest("load", library, organism, organism, arguments, {RECORDS: records})
        return jobs.submit(request)

    @pytest.fixture
    def halted(self, monkeypatch) -> Callable[[], threading.Event]:
        """Stop loads in their midst, until an event is set."""
        go_on = threading.Event()
        half = threading.Event()
        report = job_module.Job._report

        def halt(self: job_module.Job, step: str, done: int, total: int) -> None:
            if step == "Loading" and done >= 8:
                half.set()
                assert go_on.wait(PATIENCE)
            report(self, step, done, total)

        monkeypatch.setattr(job_module.Job, "_report", halt)

        def wait() -> threading.Event:
            assert half.wait(PATIENCE)
            return go_on

        return wait

    @pytest.mark.parametrize("loaded", [False, True])
    def test_cancelled_in_mid_load_leave_exactly_the_old_state(
        self, libraries, jobs, halted, worker, loaded
    ):
        if loaded:
            load(libraries, {"human": genes("human", 9)}, library=LIBRARY, encoder="count")
        before = contents(libraries, LIBRARY)

        number = self.submit_load(jobs, "dog", 30)
        go_on = halted()
        assert contents(libraries, LIBRARY) != before
        jobs.cancel(number)
        until(lambda: worker.worker._own[number]._stop is not None)
        go_on.set()

        row = ended(jobs, number)
        assert (row.state, row.progress.done, row.progress.total) == (CANCELLED, 8, 30)
        assert contents(libraries, LIBRARY) == before

    def test_given_back_in_mid_load_are_loaded_by_another(self, libraries, jobs, halted):
        worker = WorkerThread(libraries, Settings())
        number = self.submit_load(jobs, "dog", 30)
        go_on = halted()
        worker.worker.stop()
        until(lambda: worker.worker._own[number]._stop is not None)
        go_on.set()
        worker.close()
        assert row_of(jobs, number).state == QUEUED

        with working(libraries):
            row = ended(jobs, number)
        assert row.result["organisms"][0]["added"] == 30
        require_agreement(contents(libraries, LIBRARY))

    @pytest.mark.usefixtures("worker")
    def test_two_into_one_library_queue(self, libraries, jobs):
        numbers = [self.submit_load(jobs, organism, 20) for organism in ("human", "dog")]
        rows = [ended(jobs, number) for number in numbers]

        assert [row.state for row in rows] == [DONE, DONE]
        assert rows[0].finished_at
        assert rows[1].started_at
        assert rows[0].finished_at <= rows[1].started_at
        assert rows[1].result["organisms"][0]["added"] == 20
        found = contents(libraries, LIBRARY)
        require_agreement(found)
        assert list(found.sequences) == ["human", "dog"]

    @pytest.mark.usefixtures("worker")
    def test_two_libraries_are_loaded_side_by_side(self, libraries, jobs, monkeypatch):
        meet = threading.Barrier(2, timeout=PATIENCE)
        report = job_module.Job._report

        def halt(self: job_module.Job, step: str, done: int, total: int) -> None:
            report(self, step, done, total)
            if (step, done) == ("Loading", 4):
                meet.wait()  # Both are in the midst of it.

        monkeypatch.setattr(job_module.Job, "_report", halt)
        numbers = [self.submit_load(jobs, "human", 20, name) for name in ("a", "b")]

        assert [ended(jobs, number).state for number in numbers] == [DONE, DONE]
        for name in ("a", "b"):
            require_agreement(contents(libraries, name))
