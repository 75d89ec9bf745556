"""The table of jobs on SQLite and MariaDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.errors import StoreError
from core.stores.sql import jobs as module
from core.stores.sql.database import Database
from core.stores.sql.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    LOST,
    QUEUED,
    RUNNING,
    JobProgress,
    JobRow,
    JobTable,
)
from core.stores.sql.schema import jobs
from core.stores.sql.tables import utc_now

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


def job(digest: str = "d", library: str = "default", owner: str = "me") -> JobRow:
    return JobRow(0, "load", library, "human.txt", digest, "ada", owner, utc_now())


def add(table: JobTable, row: JobRow) -> JobRow:
    number = table.add(row)
    assert number is not None
    return replace(row, id=number)


def read(table: JobTable, row: JobRow) -> JobRow:
    found = table.get(row.id)
    assert found is not None
    return replace(found, silence=0.0)


class TestAdd:
    def test_comes_back_as_it_was(self, table, elsewhere):
        row = add(table, replace(job(ODD, "基因"), title=ODD, by=ODD))

        assert read(elsewhere, row) == row
        assert row.active

    def test_the_same_is_under_way_once(self, table, elsewhere):
        row = add(table, job())

        assert elsewhere.add(job()) is None
        table.save(replace(row, state=RUNNING))
        assert elsewhere.add(job()) is None
        assert [found.id for found in table.recent()] == [row.id]

    @pytest.mark.parametrize("other", [job("e"), job("d", "Default"), job("fault", "d")])
    def test_another_one_may_be_too(self, table, other):
        add(table, job())
        assert table.add(other)

    @pytest.mark.parametrize("state", [DONE, FAILED, CANCELLED, LOST])
    def test_the_same_may_come_again_afterwards(self, table, state):
        table.save(replace(add(table, job()), state=state))
        table.save(replace(add(table, job()), state=state))

        assert [row.state for row in table.recent()] == [state, state]

    def test_of_many_at_once_one_wins(self, table, elsewhere):
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda one: one.add(job()), [table, elsewhere] * 8))

        assert sum(number is not None for number in added) == 1

    def test_many_different_ones_at_once(self, table, elsewhere, monkeypatch):
        monkeypatch.setattr(module, "MAX_JOBS", 3)

        def live(number: int) -> None:
            one = (table, elsewhere)[number % 2]
            row = add(one, job(str(number)))
            one.save(replace(row, state=DONE))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(live, range(40)))

        assert len(table.recent()) >= 3

    def test_the_last_are_kept_and_those_under_way(self, table, monkeypatch):
        monkeypatch.setattr(module, "MAX_JOBS", 3)
        first = add(table, job("first"))
        rows = [add(table, job(str(number))) for number in range(5)]
        for row in rows:
            table.save(replace(row, state=DONE))
        last = add(table, job("last"))

        kept = [row.id for row in table.recent()]
        assert kept == [last.id, rows[4].id, rows[3].id, first.id]


class TestSave:
    def test_what_changes_is_written(self, table, elsewhere):
        row = replace(
            add(table, job()),
            state=DONE,
            progress=JobProgress("Loading " + ODD, 7, 2**40, 1.0 / 3.0, 1e9),
            message=ODD,
            hint=ODD,
            result={"added": [1, None, "基因"], "seconds": 0.1},
            started_at=utc_now(),
            finished_at=utc_now(),
        )
        table.save(row)

        assert read(elsewhere, row) == row

    def test_halves_of_characters_are_no_obstacle(self, table):
        row = replace(add(table, job()), message="\ud800", progress=JobProgress("\udfff"))
        table.save(row)

        found = read(table, row)
        assert (found.message, found.progress.step) == ("?", "?")

    def test_what_was_given_up_is_taken_back(self, table):
        row = add(table, job())
        table.mark_lost([row.id], "It died.", "")
        table.save(replace(row, state=RUNNING))

        assert [(found.state, found.message) for found in table.active()] == [(RUNNING, "")]


class TestHeartbeat:
    @pytest.fixture
    def an_hour_later(self, table, database) -> None:
        """A job of which nothing was heard for an hour."""
        add(table, job())
        with database.begin("being silent") as connection:
            connection.execute(jobs.update().values(heartbeat=jobs.c.heartbeat - 3_600))

    def test_silence_is_told_in_seconds(self, table, elsewhere, an_hour_later):
        assert 3_599 < elsewhere.active()[0].silence < 7_200

        table.send_heartbeat("me")
        assert elsewhere.active()[0].silence < 3_600

    def test_is_its_owners_alone(self, table, an_hour_later):
        table.send_heartbeat("you")

        assert table.active()[0].silence > 3_599


class TestAskToCancel:
    def test_is_seen_by_all(self, table, elsewhere):
        row = add(table, job())

        assert elsewhere.request_cancel(row.id)
        assert elsewhere.request_cancel(row.id)
        assert read(table, row).cancel_asked

    def test_outlives_what_the_owner_writes(self, table):
        row = add(table, job())
        table.request_cancel(row.id)
        table.save(replace(row, state=RUNNING))

        assert read(table, row).cancel_asked

    def test_of_what_has_ended_or_never_was_is_refused(self, table):
        row = add(table, job())
        table.save(replace(row, state=DONE))

        assert not table.request_cancel(row.id)
        assert not table.request_cancel(row.id + 1)
        assert not read(table, row).cancel_asked


class TestMarkLost:
    def test_says_why_and_lets_the_same_come_again(self, table):
        row = add(table, job())

        assert table.mark_lost([row.id], "It died.", "Start it again.") == 1
        found = read(table, row)
        assert (found.state, found.message, found.hint) == (LOST, "It died.", "Start it again.")
        assert found.finished_at is not None
        assert table.add(job())

    def test_leaves_what_has_ended(self, table):
        row = add(table, job())
        table.save(replace(row, state=DONE))

        assert table.mark_lost([row.id], "It died.", "") == 0
        assert read(table, row).state == DONE


class TestReading:
    def test_one_library_or_all_the_latest_first(self, table):
        rows = [add(table, job(library=name)) for name in ("a", "b", "c")]

        assert [found.id for found in table.recent()] == [row.id for row in reversed(rows)]
        assert [found.id for found in table.recent("b")] == [rows[1].id]
        assert table.recent("B") == []

    def test_what_is_under_way_in_the_order_it_came(self, table):
        rows = [add(table, job(library=name)) for name in ("a", "b", "c")]
        table.save(replace(rows[0], state=DONE))
        table.save(replace(rows[1], state=RUNNING))

        assert [(found.id, found.state) for found in table.active()] == [
            (rows[1].id, RUNNING),
            (rows[2].id, QUEUED),
        ]

    def test_a_job_that_never_was(self, table):
        assert table.get(7) is None

    def test_a_database_that_fails(self, table, database):
        with database.begin("breaking it") as connection:
            jobs.drop(connection)
        try:
            with pytest.raises(StoreError, match="failed while reading the jobs"):
                table.recent()
            with pytest.raises(StoreError, match="failed while adding a job"):
                table.add(job())
        finally:
            with database.begin("mending it") as connection:
                jobs.create(connection)


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
        row, other = (add(table, job(digest)) for digest in ("a", "b"))
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
