"""The OpenAPI document, and whether the API does what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.api import app_of, client_of, open_backend
from tests.support.evaluation_report import add_evaluation
from tests.support.jobs import working
from tests.support.synthetic import FAMILY_NAMES, dna, genes
from tests.support.web import served

PROJECT = Path(__file__).resolve().parents[3]
SECONDS = 25
"""Time in which Schemathesis may try."""
OF_FILES = ("--phases", "coverage,fuzzing")
OF_RUBBISH = (
    *("--phases", "examples,coverage,fuzzing"),
    *("--exclude-checks", "positive_data_acceptance,negative_data_rejection"),
)
"""Options where bodies are any text: whether it is a file, a schema cannot say."""
QUERY = f">q1\n{dna('human 1')}\n"
SPARE_LIBRARIES = ["one", "two"]
CONFIG = """
request-timeout = 30.0

[dictionaries]
libraries = {{ values = ["default"] }}
organisms = {{ values = ["human"] }}
runs = {{ values = {kept} }}
jobs = {{ values = [1, 2, 3] }}
evaluations = {{ values = [{evaluation}] }}
spare-libraries = {{ values = {libraries} }}
spare-organisms = {{ values = ["spare"] }}
spare-runs = {{ values = {spare} }}

[parameters]
"path.library" = {{ dictionary = "libraries", probability = 0.8 }}
"query.library" = {{ dictionary = "libraries", probability = 0.8 }}
"path.organism" = {{ dictionary = "organisms", probability = 0.8 }}
"query.of" = {{ dictionary = "organisms", probability = 0.8 }}
"query.to" = {{ dictionary = "organisms", probability = 0.8 }}
"path.run_id" = {{ dictionary = "runs", probability = 0.8 }}
"path.job_id" = {{ dictionary = "jobs", probability = 0.8 }}
"path.evaluation_id" = {{ dictionary = "evaluations", probability = 0.8 }}

[[operations]]
include-name = "DELETE /v1/libraries/{{library}}"
parameters = {{ "path.library" = {{ dictionary = "spare-libraries" }} }}

[[operations]]
include-name = "DELETE /v1/libraries/{{library}}/organisms/{{organism}}"
parameters = {{ "path.organism" = {{ dictionary = "spare-organisms" }} }}

[[operations]]
include-name = "DELETE /v1/runs/{{run_id}}"
parameters = {{ "path.run_id" = {{ dictionary = "spare-runs" }} }}

# Whether a file has families cannot be said in a schema: 422, which is documented.
[[operations]]
include-name = "PUT /v1/libraries/{{library}}/organisms/{{organism}}"
checks.positive_data_acceptance.expected-statuses = ["2xx", 409, 422, 429]
"""
"""What Schemathesis finds there, and what it may remove."""


@pytest.fixture(scope="module")
def document(client):
    return client.get("/api/v1/openapi.json").json()


def operations(document):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_valid(document):
    validate(document)


def test_it_describes_every_problem(document):
    for name, operation in operations(document):
        responses = operation["responses"]
        assert {"401", "403", "500", "503"} <= set(responses), name
        for status, response in responses.items():
            assert response["description"], name
            if status >= "4":
                assert list(response["content"]) == ["application/problem+json"], name
        for status in {"429", "503"} & set(responses):
            assert "Retry-After" in responses[status]["headers"], name
        assert operation["summary"], name
        assert operation["tags"], name


def test_bodies_have_examples(document):
    for name, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind != "application/octet-stream":
                assert "example" in content or "$ref" in content["schema"], name
    assert document["components"]["schemas"]["Records"]["examples"]


def test_examples_of_bodies_are_accepted(client, document):
    sent = 0
    for name, operation in operations(document):
        method, path = name.split()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            body = content.get("example")
            if body is None and "$ref" in content["schema"]:
                model = content["schema"]["$ref"].rpartition("/")[2]
                body = json.dumps(document["components"]["schemas"][model]["examples"][0])
            if body is None:
                continue
            path = path.replace("{library}", "examples").replace("{organism}", "human")
            headers = {"Content-Type": kind}
            answer = client.request(method, f"/api{path}", content=body, headers=headers)
            assert answer.status_code in {200, 202}, (name, kind, answer.text)
            if job := answer.headers.get("location"):
                client.delete(job)
            sent += 1
    assert sent == 12


def test_programs_can_send_tokens(document):
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


@pytest.fixture
def own_site(tmp_path):
    """A deployment that Schemathesis may change, and a file that tells it what there is."""
    settings = Settings(home=tmp_path / "home")
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        for name in ("default", *SPARE_LIBRARIES):
            human = {"human": genes("human", 6), "spare": genes("spare", 3)}
            load(libraries, human, library=name, encoder="count", families=FAMILY_NAMES)
        backend = open_backend(libraries, JobQueue(stores.database), settings)
        app = app_of(backend)
        runs = [
            client_of(app).post(f"/api/v1/{question}?save=true", content=QUERY).json()["run"]["id"]
            for question in ("classify", "trace") * 4
        ]
        text = CONFIG.format(
            kept=runs[:4],
            spare=runs[4:],
            evaluation=add_evaluation(stores.database),
            libraries=SPARE_LIBRARIES,
        )
        config = tmp_path / "schemathesis.toml"
        config.write_text(text)
        with working(libraries) as worker, served(app) as site:
            backend.jobs.on_submit = worker.wake
            yield site, config


@pytest.mark.parametrize("are_files", [True, False], ids=["files", "rubbish"])
def test_schemathesis_finds_nothing(own_site, are_files):
    site, config = own_site
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    if are_files:
        environment["SCHEMATHESIS_HOOKS"] = "tests.support.api_bodies"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"http://127.0.0.1:{site.port}/api/v1/openapi.json"),
            *("--max-examples", "8"),
            *("--max-time", str(SECONDS)),
            *("--seed", "1"),
            *(OF_FILES if are_files else OF_RUBBISH),
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=config.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8_000:] + run.stderr[-2_000:]
