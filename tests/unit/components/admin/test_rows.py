"""Rows of the tables on the Admin page."""

from datetime import datetime, timedelta

from components.admin.health import check_row, failed_checks
from components.admin.queue import job_rows
from core.health import DATABASE, VECTORS, Check, Health
from core.stores.sql.job_row import FAILED, RUNNING, JobProgress, JobRow

NOON = datetime(2026, 1, 2, 12, 0, 0)  # noqa: DTZ001


def job(**values) -> JobRow:
    return JobRow(7, "load", "lab", "a.fasta", "digest", "Ada", NOON, owner="owner", **values)


def test_a_check_that_failed_says_why():
    failed = Check(3.0, "The database does not answer.", "SQLite 3")
    assert check_row(DATABASE, failed) == {
        "check": "Database",
        "status": "Failed",
        "found": "The database does not answer.",
        "ms": 3_000.0,
    }
    health = Health({DATABASE: failed, VECTORS: Check(0.1)})
    assert failed_checks(health) == ["database"]
    assert not health.ready


def test_a_running_job_has_its_progress():
    (row,) = job_rows([job(state=RUNNING, progress=JobProgress("Loading", 1, 4))])
    assert (row["progress"], row["seconds"]) == (0.25, None)


def test_a_job_that_ended_has_its_time_and_message():
    ended = NOON + timedelta(seconds=90)
    (row,) = job_rows(
        [job(state=FAILED, started_at=NOON, finished_at=ended, message="No.", hint="Try again.")]
    )
    assert (row["seconds"], row["message"], row["progress"]) == (90.0, "No. Try again.", None)
