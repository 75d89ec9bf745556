"""Runs, jobs and evaluations over HTTP."""

import threading
import time

import pytest

from core.api.schemas import EvaluationList, JobInfo, JobList, RunInfo, RunList
from core.evaluation.report import Report
from core.opened_file import read_results
from core.runs.file_reader import OpenedClassification, OpenedTrace
from core.sequences.limits import Limits
from tests.support.evaluation_report import add_evaluation, report
from tests.support.jobs import Gate, submit_work, until
from tests.support.synthetic import dna

FASTA = f">q1\n{dna('human 1')}\n"


@pytest.fixture
def run(client):
    answer = client.post("/api/v1/classify?save=true&name=a+run", content=FASTA)
    return answer.json()["run"]["id"]


class TestRuns:
    def test_are_listed_and_found(self, client, run):
        listed = RunList.model_validate_json(client.get("/api/v1/runs?text=a+run").content)
        assert listed.runs[0].id == run
        assert listed.total >= 1
        assert client.get("/api/v1/runs?text=nothing+like+it").json() == {"total": 0, "runs": []}
        found = RunInfo.model_validate_json(client.get(f"/api/v1/runs/{run}").content)
        assert (found.queries, found.library) == (1, "default")

    @pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
    def test_have_calls_in_all_formats(self, client, run, accept):
        answer = client.get(f"/api/v1/runs/{run}/calls", headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept)
        assert "q1" in answer.text

    def test_come_as_files_that_open_anywhere(self, client, run):
        answer = client.get(f"/api/v1/runs/{run}/file")
        assert answer.headers["content-type"] == "application/gzip"
        assert answer.headers["content-disposition"].endswith('.genekin-run.jsonl.gz"')
        opened = read_results(answer.content, "a.gz", Limits())
        assert isinstance(opened, OpenedClassification)
        (shown,) = client.get(f"/api/v1/runs/{run}/calls").json()["calls"]
        (call,) = opened.calls
        assert (call.query, call.family) == (shown["query"], shown["family"])
        assert opened.genes
        assert opened.genes.residues([call.hits[0].id])

    def test_traces_come_as_files_too(self, client):
        traced = client.post("/api/v1/trace?save=true", content=FASTA).json()
        answer = client.get(f"/api/v1/runs/{traced['run']['id']}/file")
        opened = read_results(answer.content, "a.gz", Limits())
        assert isinstance(opened, OpenedTrace)
        organisms = [result.organism for result in opened.traces]
        assert organisms == [query["organism"] for query in traced["queries"]]
        assert all(organisms)

    def test_traces_have_no_calls(self, client):
        traced = client.post("/api/v1/trace?save=true&name=mine", content=FASTA).json()
        answer = client.get(f"/api/v1/runs/{traced['run']['id']}/calls")
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith("The run 'mine' is a trace: it has no calls.")

    def test_are_deleted(self, client, run):
        assert client.delete(f"/api/v1/runs/{run}").status_code == 204
        for answer in (
            client.get(f"/api/v1/runs/{run}"),
            client.get(f"/api/v1/runs/{run}/calls"),
            client.get(f"/api/v1/runs/{run}/file"),
            client.delete(f"/api/v1/runs/{run}"),
        ):
            assert answer.status_code == 404


class TestJobs:
    def test_are_listed(self, backend, client):
        number = submit_work(backend.jobs)
        listed = JobList.model_validate_json(client.get("/api/v1/jobs").content)
        assert listed.jobs[0].id == number
        assert client.get("/api/v1/jobs?library=without+jobs").json() == {"jobs": []}
        client.delete(f"/api/v1/jobs/{number}")

    def test_one_is_followed_to_its_end(self, backend, client, worker):
        gate = Gate()
        number = submit_work(backend.jobs, gate)
        assert gate.is_entered()
        started = time.monotonic()
        job = client.get(f"/api/v1/jobs/{number}?wait=0.3").json()
        assert job["state"] == "running"
        assert time.monotonic() - started >= 0.3
        threading.Timer(0.3, gate.open.set).start()
        job = JobInfo.model_validate_json(client.get(f"/api/v1/jobs/{number}?wait=60").content)
        assert (job.state, job.result) == ("done", "through")
        assert time.monotonic() - started < 30

    def test_one_is_cancelled(self, backend, client, worker):
        number = submit_work(backend.jobs, Gate())
        until(lambda: client.get(f"/api/v1/jobs/{number}").json()["state"] == "running")
        answer = client.delete(f"/api/v1/jobs/{number}")
        assert (answer.status_code, answer.json()["cancel_asked"]) == (202, True)
        assert client.get(f"/api/v1/jobs/{number}?wait=60").json()["state"] == "cancelled"
        assert client.delete(f"/api/v1/jobs/{number}").status_code == 409

    def test_there_is_none(self, client):
        for answer in (client.get("/api/v1/jobs/999999"), client.delete("/api/v1/jobs/999999")):
            assert answer.status_code == 404
        assert client.get("/api/v1/jobs/first").status_code == 422
        assert client.get("/api/v1/jobs/1?wait=61").status_code == 422


class TestEvaluations:
    @pytest.fixture
    def evaluation(self, backend):
        return add_evaluation(backend.libraries.stores.database)

    def test_are_listed(self, client, evaluation):
        answer = client.get("/api/v1/evaluations")
        listed = EvaluationList.model_validate_json(answer.content).evaluations
        assert (listed[0].id, listed[0].settings) == (evaluation, {"seed": ["knn"]})

    def test_have_a_report(self, client, evaluation):
        answer = client.get(f"/api/v1/evaluations/{evaluation}")
        assert Report.from_json(answer.text) == report()
        assert client.get("/api/v1/evaluations/999").status_code == 404
