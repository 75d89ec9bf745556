"""Every call of the API as everyone who may come: without a token, reader, curator, admin."""

import re
from dataclasses import replace

import pytest

from core.access import Access, Role, User
from core.library.load import load
from core.stores.sql.audit import AuditTable
from tests.support.api import USERS, app_of, client_of, signing_in
from tests.support.jobs import submit_work
from tests.support.synthetic import FAMILY_NAMES, dna, genes, table

FASTA = f">q\n{dna('human 1')}\n"
DOGS = table(genes("dog", 3))
EVERYONE = ("anonymous", *USERS)
READER, CURATOR, ADMIN = (EVERYONE[start:] for start in (1, 2, 3))
CALLS = {
    "POST /classify": (READER, {"content": FASTA}),
    "POST /classify?save=true": (READER, {"content": FASTA}),
    "POST /trace": (READER, {"content": FASTA}),
    "POST /search": (READER, {"content": FASTA}),
    "GET /libraries": (READER, {}),
    "GET /libraries/default": (READER, {}),
    "GET /libraries/default/organisms": (READER, {}),
    "GET /libraries/default/organisms/human": (READER, {}),
    "GET /libraries/default/similarity?of=human&to=human": (READER, {}),
    "GET /runs": (READER, {}),
    "GET /runs/{run}": (ADMIN, {}),
    "GET /runs/{run}/calls": (ADMIN, {}),
    "GET /runs/{run}/file": (ADMIN, {}),
    "GET /jobs": (READER, {}),
    "GET /jobs/{job}": (READER, {}),
    "GET /evaluations": (READER, {}),
    "GET /evaluations/1": (READER, {}),
    "PUT /libraries/other/organisms/dog?encoder=count": (CURATOR, {"content": DOGS}),
    "DELETE /jobs/{job}": (ADMIN, {}),
    "DELETE /runs/{run}": (ADMIN, {}),
    "DELETE /libraries/doomed/organisms/dog": (CURATOR, {}),
    "DELETE /libraries/doomed": (ADMIN, {}),
}
"""Calls, who may make them, and their bodies. The run and the job are another user's."""


@pytest.fixture
def paths(backend, program):
    """Values of paths: a run and a job of somebody else, and a library to remove."""
    references = {"human": genes("human", 3), "dog": genes("dog", 3)}
    load(backend.libraries, references, library="doomed", encoder="count", families=FAMILY_NAMES)
    owner = replace(
        signing_in(backend),
        token_access=lambda *_: Access(User("otto", Role.READER)),
    )
    answer = client_of(app_of(owner), "otto").post("/api/v1/classify?save=true", content=FASTA)
    yield {"run": answer.json()["run"]["id"], "job": submit_work(backend.jobs, by="otto")}
    for job in backend.jobs.active():
        backend.jobs.cancel(job.id)
    for name in ("doomed", "other"):
        if name in backend.libraries.names():
            backend.libraries.delete(name)


def test_all_calls_are_tried(client):
    document = client.get("/api/v1/openapi.json").json()
    described = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    tried = set()
    for call in CALLS:
        method, path = call.split("?")[0].split()
        matching = [
            known
            for known in document["paths"]
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), f"/v1{path}")
        ]
        tried.add(f"{method} {matching[0]}")
    assert tried == described


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", EVERYONE)
def test_a_call_is_for_its_role(program, paths, who, call):
    allowed, options = CALLS[call]
    method, path = call.format(**paths).split(maxsplit=1)
    client = program("" if who == "anonymous" else who)
    answer = client.request(method, f"/api/v1{path}", **options)
    if who in allowed:
        assert answer.status_code in {200, 202, 204, 404 if "evaluations" in call else 200}
        return
    assert answer.status_code == (401 if who == "anonymous" else 403)
    assert answer.headers["content-type"] == "application/problem+json"
    if who == "anonymous":
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "value", ["Bearer gk_wrong", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "gk_admin", ""]
)
def test_a_wrong_token_is_refused_everywhere(backend, client, value):
    visitors = client_of(app_of(signing_in(backend, allow_visitors=True)))
    for program in (client, visitors):
        answer = program.get("/api/v1/libraries", headers={"Authorization": value})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_visitors_see_public_libraries_only(backend):
    visitor = client_of(app_of(signing_in(backend, allow_visitors=True)))
    listed = visitor.get("/api/v1/libraries").json()["libraries"]
    assert [library["name"] for library in listed] == ["public"]
    assert visitor.post("/api/v1/classify?library=public", content=FASTA).status_code == 200
    assert visitor.post("/api/v1/classify", content=FASTA).status_code == 404
    assert visitor.get("/api/v1/runs").status_code == 403


def test_a_private_library_is_its_owners(program):
    for who, status in (("reader", 404), ("curator", 200), ("admin", 200)):
        client = program(who)
        assert client.get("/api/v1/libraries/private").status_code == status
        found = client.post("/api/v1/classify?library=private", content=FASTA)
        assert found.status_code == status
        listed = client.get("/api/v1/libraries").json()["libraries"]
        assert ("private" in {library["name"] for library in listed}) is (status == 200)


def test_a_role_that_is_lost_counts_at_once(backend):
    roles = [Role.CURATOR]
    access = Access(User("carl", Role.CURATOR), lambda: roles[-1])
    client = client_of(app_of(replace(signing_in(backend), token_access=lambda *_: access)), "x")
    roles.append(Role.READER)
    answer = client.put("/api/v1/libraries/other/organisms/dog", content=DOGS)
    assert answer.status_code == 403
    roles.append(Role.NONE)
    assert client.get("/api/v1/libraries").status_code == 403


def test_rights_come_before_the_body(program):
    """Who may not load is refused before anything is read."""
    read = []

    def body():
        read.append(True)
        yield DOGS.encode()

    answer = program().put("/api/v1/libraries/other/organisms/dog", content=body())
    assert answer.status_code == 401


def test_changes_are_in_the_audit_trail(backend, program, paths):
    program("admin").delete("/api/v1/libraries/doomed")
    row = AuditTable(backend.libraries.stores.database).find()[0]
    assert (row.by, row.action, row.subject) == ("ada (API token test)", "delete library", "doomed")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_pages_of_other_sites_cannot_ask(client, headers, status):
    for answer in (
        client.post("/api/v1/classify", content=FASTA, headers=headers),
        client.delete("/api/v1/libraries/nothing", headers=headers),
    ):
        assert answer.status_code == (
            404 if status == 200 and "nothing" in str(answer.url) else status
        )
        assert "access-control-allow-origin" not in answer.headers
        if status != 200:
            assert answer.headers["content-type"] == "application/problem+json"
    if "Origin" not in headers:
        assert client.get("/api/v1/libraries", headers=headers).status_code == status


def test_limits_are_each_users(backend, program, monkeypatch):
    monkeypatch.setattr("core.api.work.MAX_USER_QUESTIONS", 0)
    answer = program("reader").post("/api/v1/classify", content=FASTA)
    assert (answer.status_code, answer.json()["type"]) == (
        429,
        "urn:genekin:problem:too-many-requests",
    )
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    monkeypatch.setattr("core.api.work.MAX_QUESTIONS", 0)
    answer = program("reader").post("/api/v1/classify", content=FASTA)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
