"""The OpenAPI document, and whether the API does what it says."""

import subprocess
import sys

import pytest
from openapi_spec_validator import validate

from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.api import app_of, open_backend
from tests.support.synthetic import FAMILY_NAMES, genes
from tests.support.web import served

SECONDS = 45
"""Time in which Schemathesis may try."""


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


def test_programs_can_send_tokens(document):
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


@pytest.fixture
def own_backend(tmp_path):
    """A deployment that Schemathesis may change: it deletes what it finds."""
    settings = Settings(home=tmp_path / "home")
    with Stores(settings) as stores:
        libraries = Libraries(stores)
        load(libraries, {"human": genes("human", 6)}, encoder="count", families=FAMILY_NAMES)
        yield open_backend(libraries, JobQueue(stores.database), settings)


def test_schemathesis_finds_nothing(own_backend, tmp_path):
    with served(app_of(own_backend)) as site:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"http://127.0.0.1:{site.port}/api/v1/openapi.json",
                *("--max-examples", "8"),
                *("--max-time", str(SECONDS)),
                *("--seed", "1"),
                *("--phases", "examples,coverage,fuzzing"),
                # A body may fit its schema and have no DNA: 422, which is documented.
                *("--exclude-checks", "positive_data_acceptance"),
                "--continue-on-failure",
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=4 * SECONDS,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-8_000:] + run.stderr[-2_000:]
