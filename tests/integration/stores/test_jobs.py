"""The table of jobs on SQLite and MariaDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from core.errors import Cancelled, StoreError
from core.stores.sql import jobs as module
from core.stores.sql.database import Database
from core.stores.sql.job_files import JobFiles
from core.stores.sql.job_row import (
    CANCELLED,
    DONE,
    FAILED,
    LOST,
    QUEUED,
    RUNNING,
    SUBMITTING,
    JobProgress,
    JobRow,
)
from core.stores.sql.jobs import JobTable
from core.stores.sql.schema import job_files, jobs
from core.stores.sql.schema import workers as workers_table
from core.stores.sql.tables import utc_now
from core.stores.sql.workers import WorkerTable

ODD = "'; DROP TABLE jobs; -- %s :bound 100% \\ 🧬 基因 \n"


@pytest.fixture
def table(database) -> JobTable:
    return JobTable(database)


@pytest.fixture
def elsewhere(database, database_url) -> Iterator[JobTable]:
    """The same table, as another process sees it."""
    other = Database(database_url, timeout=10)
    yield JobTable(other)
    other.close()


def job(digest: str = "d", library: str = "default") -> JobRow:
    return JobRow(0, "load", library, "human.txt", digest, "ada", utc_now(), submitter="ada")


def add(table: JobTable, row: JobRow) -> JobRow:
    number = table.add(row)
    assert number is not None
    return replace(row, id=number)


def read(table: JobTable, row: JobRow) -> JobRow:
    found = table.get(row.id)
    assert found is not None
    return replace(found, heartbeat=0.0)


def started(table: JobTable, row: JobRow, owner: str = "me") -> JobRow:
    """Add a job, and have a worker start it."""
    assert table.claim(add(table, row), owner)
    (found,) = [other for other in table.active() if other.digest == row.digest]
    return replace(found, heartbeat=0.0, served_at=None)


def end(table: JobTable, row: JobRow, state: str = DONE) -> None:
    assert table.save(replace(started(table, row), state=state))


class TestAdd:
    def test_comes_back_as_it_was(self, table, elsewhere):
        row = add(table, replace(job(ODD, "基因"), title=ODD, by=ODD))

        assert read(elsewhere, row) == row
        assert row.active

    def test_the_same_is_under_way_once(self, table, elsewhere):
        row = add(table, job())

        assert elsewhere.add(job()) is None
        assert table.claim(row, "me")
        assert elsewhere.add(job()) is None
        assert [found.id for found in table.recent()] == [row.id]

    @pytest.mark.parametrize("other", [job("e"), job("d", "Default"), job("fault", "d")])
    def test_another_one_may_be_too(self, table, other):
        add(table, job())
        assert table.add(other)

    @pytest.mark.parametrize("state", [DONE, FAILED, CANCELLED, LOST])
    def test_the_same_may_come_again_afterwards(self, table, state):
        end(table, job(), state)
        end(table, job(), state)

        assert [row.state for row in table.recent()] == [state, state]

    def test_of_many_at_once_one_wins(self, table, elsewhere):
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda one: one.add(job()), [table, elsewhere] * 8))

        assert sum(number is not None for number in added) == 1

    def test_many_different_ones_at_once(self, table, elsewhere, monkeypatch):
        monkeypatch.setattr(module, "MAX_JOBS", 3)

        def live(number: int) -> None:
            one = (table, elsewhere)[number % 2]
            end(one, job(str(number), str(number)))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(live, range(40)))

        assert len(table.recent()) >= 3

    def test_the_last_are_kept_and_those_under_way(self, table, monkeypatch):
        monkeypatch.setattr(module, "MAX_JOBS", 3)
        first = add(table, job("first", "slow"))
        for number in range(5):
            end(table, job(str(number)))
        last = add(table, job("last"))

        kept = [row.digest for row in table.recent()]
        assert kept == ["last", "4", "3", "first"]
        assert {row.id for row in table.active()} == {first.id, last.id}


class TestClaim:
    def test_of_many_workers_one_wins(self, table, elsewhere):
        row = add(table, job())
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n: (table, elsewhere)[n % 2].claim(row, str(n)), range(16)))

        assert sum(won) == 1
        assert read(table, row).owner == str(won.index(True))

    def test_one_job_of_a_library_runs_at_a_time(self, table, elsewhere):
        rows = [add(table, job(str(number))) for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda row: elsewhere.claim(row, "me"), rows))

        assert sum(won) == 1
        assert elsewhere.claim(add(table, job(library="another")), "me")

    def test_the_next_of_a_library_starts_when_one_has_ended(self, table):
        row, next_row = started(table, job("a")), add(table, job("b"))
        assert not table.claim(next_row, "me")
        assert table.save(replace(row, state=DONE))
        assert table.claim(next_row, "me")

    def test_counts_the_attempts(self, table):
        row = started(table, job())
        assert (row.attempts, row.state, row.owner) == (1, RUNNING, "me")
        assert row.started_at is not None


class TestGiveBack:
    def test_another_worker_can_start_it(self, table):
        row = started(table, job())
        assert table.give_back(row, counted=True)
        assert read(table, row).state == QUEUED
        assert table.claim(read(table, row), "you")
        assert read(table, row).attempts == 2

    def test_leaves_out_an_attempt_that_was_nobodys_fault(self, table):
        row = started(table, job())
        assert table.give_back(row, counted=False)
        assert read(table, row).attempts == 0

    def test_is_for_its_owner(self, table):
        row = started(table, job())
        assert not table.give_back(replace(row, owner="you"), counted=True)
        assert read(table, row).state == RUNNING


class TestRequeue:
    def test_gives_the_jobs_of_a_dead_worker_to_others(self, table):
        row, other = started(table, job("a", "a")), started(table, job("b", "b"), "you")
        assert table.requeue("me", 3) == 1
        assert (read(table, row).state, read(table, row).owner) == (QUEUED, "")
        assert read(table, other) == other

    def test_leaves_those_that_were_tried_often_enough(self, table):
        row = started(table, job())
        assert table.requeue("me", 1) == 0
        assert table.mark_lost([row.id], "me", "It died.", "") == 1

    def test_its_worker_can_write_no_more(self, table):
        row = started(table, job())
        table.requeue("me", 3)
        assert not table.save(replace(row, state=DONE))
        assert table.claim(read(table, row), "me")
        assert not table.save(replace(row, state=DONE))
        assert read(table, row).state == RUNNING


class TestSave:
    def test_what_changes_is_written(self, table, elsewhere):
        row = replace(
            started(table, job()),
            state=DONE,
            progress=JobProgress("Loading " + ODD, 7, 2**40, 1.0 / 3.0, 1e9),
            message=ODD,
            hint=ODD,
            result={"added": [1, None, "基因"], "seconds": 0.1},
            started_at=utc_now(),
            finished_at=utc_now(),
        )
        assert table.save(row)

        assert read(elsewhere, row) == row

    def test_halves_of_characters_are_no_obstacle(self, table):
        row = replace(started(table, job()), message="\ud800", progress=JobProgress("\udfff"))
        table.save(row)

        found = read(table, row)
        assert (found.message, found.progress.step) == ("?", "?")


class TestRequestCancel:
    def test_is_seen_by_all(self, table, elsewhere):
        row = started(table, job())

        assert elsewhere.request_cancel(row.id, "Cancelled.", "")
        assert elsewhere.request_cancel(row.id, "Cancelled.", "")
        assert read(table, row).cancel_asked
        assert read(table, row).state == RUNNING

    @pytest.mark.parametrize("state", [SUBMITTING, QUEUED])
    def test_ends_what_has_not_started(self, table, elsewhere, state):
        row = add(table, replace(job(), state=state))

        assert elsewhere.request_cancel(row.id, "Cancelled.", "Nothing was saved.")
        found = read(table, row)
        assert (found.state, found.message, found.hint) == (
            CANCELLED,
            "Cancelled.",
            "Nothing was saved.",
        )
        assert not table.claim(row, "me")
        assert table.add(job())

    def test_outlives_what_the_owner_writes(self, table):
        row = started(table, job())
        table.request_cancel(row.id, "", "")
        table.save(replace(row, progress=JobProgress("Loading")))

        assert read(table, row).cancel_asked

    def test_of_what_has_ended_or_never_was_is_refused(self, table):
        row = started(table, job())
        table.save(replace(row, state=DONE))

        assert not table.request_cancel(row.id, "", "")
        assert not table.request_cancel(row.id + 1, "", "")
        assert not read(table, row).cancel_asked


class TestMarkLost:
    def test_says_why_and_lets_the_same_come_again(self, table):
        row = started(table, job())

        assert table.mark_lost([row.id], "me", "It died.", "Start it again.") == 1
        found = read(table, row)
        assert (found.state, found.message, found.hint) == (LOST, "It died.", "Start it again.")
        assert found.finished_at is not None
        assert table.add(job())

    def test_leaves_what_has_ended_or_has_another_owner(self, table):
        row = started(table, job())
        assert table.mark_lost([row.id], "you", "It died.", "") == 0
        table.save(replace(row, state=DONE))

        assert table.mark_lost([row.id], "me", "It died.", "") == 0
        assert read(table, row).state == DONE


class TestFiles:
    @pytest.fixture
    def files(self, database) -> JobFiles:
        return JobFiles(database)

    @pytest.mark.parametrize("size", [0, 1, 9_000_000])
    def test_come_back_as_they_were(self, table, files, size):
        row = add(table, replace(job(), state=SUBMITTING))
        content = np.random.default_rng(1).bytes(size)
        files.write(row.id, "records", [content[:1_000], content[1_000:]])

        assert b"".join(files.read(row.id, "records")) == content
        assert list(files.read(row.id, "other")) == []

    @pytest.mark.parametrize("state", [DONE, FAILED, CANCELLED])
    def test_go_with_the_end_of_the_job(self, table, files, database, state):
        row = add(table, replace(job(), state=SUBMITTING))
        files.write(row.id, "records", [b"ACGT"])
        assert table.finish_submitting(row.id)
        assert table.claim(row, "me")
        files.publish(row.id, "me", "report", b"so far")
        table.save(replace(read(table, row), state=state))

        assert list(files.read(row.id, "records")) == []
        with database.connect("counting") as connection:
            assert connection.execute(select(job_files)).all() == []

    def test_go_with_a_job_that_is_cancelled_before_it_starts(self, table, files):
        row = add(table, replace(job(), state=SUBMITTING))
        files.write(row.id, "records", [b"ACGT"])
        table.request_cancel(row.id, "", "")

        assert list(files.read(row.id, "records")) == []
        with pytest.raises(Cancelled):
            files.write(row.id, "more", [b"ACGT"])

    def test_what_is_published_is_replaced_and_counted(self, table, files):
        row = started(table, job())
        for content in (b"one", b"two" * 3_000_000):
            files.publish(row.id, "me", "report", content)

        assert b"".join(files.read(row.id, "report")) == b"two" * 3_000_000
        assert read(table, row).published == 2
        files.publish(row.id, "you", "report", b"of another worker")
        assert read(table, row).published == 2

    @pytest.mark.parametrize("damage", [b"", b"not compressed"])
    def test_that_are_damaged_are_refused(self, table, files, database, damage):
        row = add(table, replace(job(), state=SUBMITTING))
        files.write(row.id, "records", [b"ACGT" * 1_000])
        with database.begin("damaging") as connection:
            connection.execute(job_files.update().values(data=damage))

        with pytest.raises(ValueError, match=r"."):
            list(files.read(row.id, "records"))


class TestWorkers:
    @pytest.fixture
    def workers(self, database) -> WorkerTable:
        return WorkerTable(database)

    def test_are_alive_until_they_are_silent(self, workers, database):
        assert workers.count_alive(20) == 0
        workers.add("one")
        assert workers.count_alive(20) == 1
        with database.begin("being silent") as connection:
            connection.execute(workers_table.update().values(heartbeat=0))
        assert workers.count_alive(20) == 0
        assert workers.send_heartbeat("one")
        assert workers.count_alive(20) == 1

    def test_that_were_removed_are_told(self, workers):
        workers.add("one")
        (row,) = workers.all()
        assert row.name == "one"
        workers.remove("one")
        assert not workers.send_heartbeat("one")
        assert workers.all() == []


class TestReading:
    def test_one_library_or_all_the_latest_first(self, table):
        rows = [add(table, job(library=name)) for name in ("a", "b", "c")]

        assert [found.id for found in table.recent()] == [row.id for row in reversed(rows)]
        assert [found.id for found in table.recent("b")] == [rows[1].id]
        assert table.recent("B") == []

    def test_what_is_under_way_in_the_order_it_came(self, table):
        rows = [add(table, job(library=name)) for name in ("a", "b", "c")]
        assert table.claim(rows[0], "me")
        table.save(replace(read(table, rows[0]), state=DONE))
        assert table.claim(rows[1], "me")

        assert [(found.id, found.state) for found in table.active()] == [
            (rows[1].id, RUNNING),
            (rows[2].id, QUEUED),
        ]

    def test_a_job_that_never_was(self, table):
        assert table.get(7) is None

    def test_a_database_that_fails(self, table, database):
        with database.begin("breaking it") as connection:
            job_files.drop(connection)
            jobs.drop(connection)
        try:
            with pytest.raises(StoreError, match="failed while reading the jobs"):
                table.recent()
            with pytest.raises(StoreError, match="failed while adding a job"):
                table.add(job())
        finally:
            with database.begin("mending it") as connection:
                jobs.create(connection)
                job_files.create(connection)


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [
        (JobProgress(), 0),
        (JobProgress("Loading", 1, 4), 0.25),
        (JobProgress("Loading", 5, 4), 1),
    ],
)
def test_the_fraction_of_what_is_done(progress, fraction):
    assert progress.fraction == fraction


class TestDamaged:
    @pytest.mark.parametrize("text", ["", "{", "[" * 20_000])
    def test_a_result_is_that_of_a_failed_job(self, table, database, text):
        row = started(table, job("a"))
        other = add(table, job("b"))
        table.save(replace(row, state=DONE, result={"library": "lab"}))
        with database.begin("damaging") as connection:
            connection.execute(jobs.update().where(jobs.c.id == row.id).values(result=text))
        found = read(table, row)
        assert (found.state, found.result) == (FAILED, None)
        assert found.message == "Its result is damaged in the database."
        assert [found.id for found in table.recent()] == [other.id, row.id]

    def test_a_job_under_way_stays_so(self, table, database):
        row = add(table, job())
        with database.begin("damaging") as connection:
            connection.execute(jobs.update().values(result="{"))
        assert read(table, row) == row
