from dataclasses import replace
from datetime import timedelta

import pytest

from core.jobs.order import jobs_ahead, queue_order, startable
from core.stores.sql.job_row import QUEUED, RUNNING, SUBMITTING, JobRow
from core.stores.sql.tables import utc_now


def job(number: int, submitter: str = "ada", library: str = "", state: str = QUEUED) -> JobRow:
    return JobRow(
        number,
        "load",
        library or f"library {number}",
        "a title",
        f"{number}",
        "",
        utc_now(),
        submitter=submitter,
        state=state,
    )


def numbers(jobs) -> list[int]:
    return [job.id for job in jobs]


class TestQueueOrder:
    def test_of_one_user_is_that_of_submission(self):
        assert numbers(queue_order([job(n) for n in range(5)])) == [0, 1, 2, 3, 4]

    def test_users_take_turns(self):
        jobs = [*(job(n) for n in range(4)), job(4, "grace"), job(5, "grace"), job(6, "linus")]
        assert numbers(queue_order(jobs)) == [0, 4, 6, 1, 5, 2, 3]

    def test_who_has_jobs_running_comes_later(self):
        jobs = [job(0, state=RUNNING), job(1, state=RUNNING), job(2), job(3, "grace")]
        assert numbers(queue_order(jobs)) == [3, 2]

    def test_who_was_served_last_comes_last(self):
        now = utc_now()
        before = now - timedelta(minutes=1)
        jobs = [replace(job(0), served_at=now), replace(job(1, "b"), served_at=before)]
        assert numbers(queue_order([*jobs, job(2, "c")])) == [2, 1, 0]


class TestStartable:
    def test_is_one_job_of_a_library(self):
        jobs = [job(0, library="a"), job(1, library="a"), job(2, library="b")]
        assert numbers(startable(jobs)) == [0, 2]

    def test_is_none_of_a_library_where_one_runs(self):
        jobs = [job(0, library="a", state=RUNNING), job(1, library="a"), job(2, "grace", "a")]
        assert startable(jobs) == []

    def test_is_none_whose_input_is_incomplete(self):
        assert startable([job(0, state=SUBMITTING)]) == []

    def test_is_none_that_awaits_another(self):
        waiting = replace(job(1, "grace", "a"), awaits=0)
        assert numbers(startable([job(0, library="a"), waiting])) == [0]
        assert numbers(startable([waiting])) == [1]
        assert numbers(startable([waiting, job(2, library="a"), job(3, state=RUNNING)])) == [1]

    def test_what_awaits_another_does_not_hold_up_its_library(self):
        waiting = replace(job(1, "grace", "a"), awaits=0)
        assert numbers(startable([job(0, library="b"), waiting, job(2, library="a")])) == [0, 2]


class TestJobsAhead:
    @pytest.mark.parametrize(("number", "ahead"), [(1, 2), (2, 1), (3, 1)])
    def test_counts_those_of_the_library_or_in_the_queue(self, number, ahead):
        jobs = [
            job(0, library="a", state=RUNNING),
            job(1, library="a"),
            job(2, "grace", "a"),
            job(3, "linus", "b"),
        ]
        assert numbers(queue_order(jobs)) == [2, 3, 1]
        assert jobs_ahead(jobs[number], jobs) == ahead
