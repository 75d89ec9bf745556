from dataclasses import replace

import pytest

from components.shared.jobs import _progress_text, _result_text
from core.stores.sql.job_row import QUEUED, RUNNING, JobProgress, JobRow
from core.stores.sql.tables import utc_now

JOB = JobRow(7, "load", "default", "cat.txt", "it", "", utc_now(), state=RUNNING)
LOAD = {
    "organism": "cat",
    "added": 6,
    "replaced": 0,
    "records": 9,
    "copies": 0,
    "known": 0,
    "without_vector": 0,
}


def progress(*values):
    return _progress_text(replace(JOB, progress=JobProgress(*values)), [])


class TestProgress:
    def test_before_the_first_report(self):
        assert _progress_text(JOB, []) == "Starting"

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            (("Loading",), "Loading"),
            (("Loading", 3, 1200), "Loading: 3 of 1,200"),
            (("Loading", 3, 1200, 0.2), "Loading: 3 of 1,200"),
            (("Loading", 3, 1200, 260.4, 22_936.0), "Loading: 3 of 1,200 · 260/s · about 6 h left"),
            (("<b>*x*",), r"\<b\>\*x\*"),
        ],
    )
    def test_of_a_running_job(self, values, text):
        assert progress(*values) == text

    def test_of_a_queued_job_is_its_position(self):
        queued = replace(JOB, state=QUEUED)
        other = replace(JOB, id=2, library="pets")
        before = [replace(JOB, id=1), other, replace(queued, id=3), queued, replace(queued, id=8)]
        assert _progress_text(queued, before) == "Queued (3rd)"
        assert _progress_text(queued, [other, queued]) == "Queued"

    def test_of_a_job_that_is_being_cancelled(self):
        assert _progress_text(replace(JOB, cancel_asked=True), []) == "Cancelling…"


class TestResult:
    def test_of_a_load(self):
        loads = {"organisms": [LOAD], "seconds": 1.26}
        assert _result_text(loads) == "cat: 6 genes added; 9 records read. 1.3 s."

    def test_of_a_load_names_what_it_left_out(self):
        load = LOAD | {"organism": "a_b", "replaced": 12, "copies": 1, "known": 2}
        loads = {"organisms": [load | {"without_vector": 3}], "seconds": 2}
        assert _result_text(loads) == (
            r"a\_b: 6 genes, replacing 12; 9 records read, 1 exact copy, 2 already present;"
            " 3 not indexed (too short, ambiguous or unusual). 2.0 s."
        )

    def test_of_other_work_is_what_it_says(self):
        assert _result_text({"said": "*Fitted*."}) == r"\*Fitted\*\."
