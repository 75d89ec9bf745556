"""The OpenAPI document, and whether the API does what it says."""

import subprocess
import sys

import pytest
from openapi_spec_validator import validate

from tests.support.api import app_of
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


def test_schemathesis_finds_nothing(backend, tmp_path):
    with served(app_of(backend)) as site:
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
