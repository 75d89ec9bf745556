"""The API on real servers: alone, beside the pages, and with connections that break."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from core.access.mode import SignInMode
from core.api import answers
from core.errors import UnavailableError
from core.library.library import Library
from core.library.load import load
from tests.support.api import app_of
from tests.support.services import PROJECT, Dashboard, Server, free_port
from tests.support.synthetic import dna, genes, table
from tests.support.web import Site, served

FASTA = f">q1\n{dna('human 1')}\n"
MANY = "".join(f">q{number}\n{dna(f'human {number % 12 + 1}')}\n" for number in range(700))
PATIENCE = 60.0


class Api(Server):
    """The API without pages, with a home of its own."""

    def __init__(self, folder, *options: str) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.options = options

    def start(self):
        home = {"GENEKIN_HOME": str(self.folder / "home"), "GENEKIN_LOAD_HUMAN_REFERENCE": "false"}
        command = [sys.executable, "-m", "core", "api", "--port", str(self.port), *self.options]
        self._runs_in = PROJECT
        self._run(command, self._answers, home)
        return self

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
        except OSError:
            return False
        return True


def ask(port, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, f"/api/v1/{path}", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def load_and_classify(port, library="mine"):
    """Load an organism, wait for it, and classify one of its genes."""
    name = quote(library, safe="")
    path = f"libraries/{name}/organisms/dog?encoder=count"
    status, accepted = ask(port, path, "PUT", table(genes("dog", 6)))
    assert status == 202, accepted
    status, job = ask(port, f"jobs/{accepted['job']['id']}?wait=60")
    assert job["state"] == "done", job
    status, answer = ask(port, f"classify?library={name}", "POST", f">q\n{dna('dog 2')}\n")
    assert status == 200
    return answer["calls"][0]["hit"]


def test_alone_it_serves_and_ends_in_peace(tmp_path):
    with Api(tmp_path) as api:
        assert load_and_classify(api.port)
        answer = Site(api.port).ask("/api/v1/libraries", X_Request_ID="request-0123")
        assert answer.headers["x-request-id"] == "request-0123"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert Site(api.port).ask("/api/v1/libraries", Host="evil.example").status == 421
        assert api._process is not None
        os.killpg(api._process.pid, signal.SIGTERM)
        api._process.wait(PATIENCE)
        log = api.log.read_text()
    assert "Traceback" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("request") == "request-0123" for line in lines)


def test_a_command_asks_it_while_it_has_the_stores(tmp_path):
    with Api(tmp_path) as api:
        load_and_classify(api.port)
        found = subprocess.run(
            [sys.executable, "-m", "core", "status", "--format", "json"],
            cwd=PROJECT,
            env={**os.environ, "GENEKIN_HOME": str(tmp_path / "home")},
            capture_output=True,
            check=True,
        )
    assert json.loads(found.stdout)["libraries"][0]["name"] == "mine"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_open_it_does_not_listen_for_others(tmp_path, host):
    found = subprocess.run(
        [sys.executable, "-m", "core", "api", "--host", host],
        cwd=PROJECT,
        env={**os.environ, "GENEKIN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert "Without sign-in, GeneKin does not listen on" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_beside_the_pages_it_has_their_libraries(tmp_path):
    dashboard = Dashboard(tmp_path)
    dashboard.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
    with dashboard:
        port = int(dashboard.address.rsplit(":", 1)[1])
        assert load_and_classify(port, "lab/2, 50%2F")
        assert Site(port).ask("/api/v1/openapi.json").json["openapi"].startswith("3.1")
        assert Site(port).ask("/api/v1/nothing").status == 404
        assert b"<html" in Site(port).ask("/").body


@pytest.mark.parametrize(
    "name", ["a/b", "/", "a//b/", "50%", "a%2Fb", "..", "?#", "ä\N{MIDDLE DOT} b"]
)
def test_a_library_of_any_name_has_its_path(api, backend, name):
    site, _ = api
    load(backend.libraries, {"dog": genes("dog", 2)}, library=name, encoder="count")
    try:
        path = f"libraries/{quote(name, safe='')}"
        assert ask(site.port, path)[1]["name"] == name
        assert ask(site.port, f"{path}/organisms/dog")[1]["sequences"] == 2
        assert ask(site.port, f"{path}/organisms/cow")[0] == 404
    finally:
        backend.libraries.delete(name)


def test_a_look_without_the_answer_has_its_head(api):
    site, _ = api
    looked, read = (
        site.ask("/api/v1/libraries/default", method=method) for method in ("HEAD", "GET")
    )
    assert (looked.status, looked.body) == (200, b"")
    for name in ("etag", "content-type", "content-length"):
        assert looked.headers[name] == read.headers[name]
    assert site.ask("/api/v1/libraries/none", method="HEAD").status == 404
    refused = site.ask("/api/v1/classify", method="HEAD")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")


@contextlib.contextmanager
def raw(site, head: str):
    """Open a connection, and send the beginning of a request."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        yield connection


@pytest.fixture
def api(backend):
    app = app_of(backend)
    mount = app.routes[-1]
    assert isinstance(mount, Mount)
    application = mount.app
    assert isinstance(application, FastAPI)
    with served(app) as site:
        yield site, application.state.work


def is_idle(work):
    """Wait until no request is answered any more, and no memory is held."""
    deadline = time.monotonic() + PATIENCE
    while work._questions.total() or work.memory._used:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_connection_that_breaks_in_the_body_leaves_nothing(api):
    site, working = api
    head = "POST /api/v1/classify HTTP/1.1\nHost: localhost\nContent-Length: 9000000\n\n"
    with raw(site, head) as connection:
        connection.sendall(b"A" * 3_000_000)
        deadline = time.monotonic() + PATIENCE
        while working.memory._used < 3_000_000:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert is_idle(working)
    assert site.ask("/api/v1/libraries").status == 200


def test_a_connection_that_breaks_in_the_answer_ends_the_work(api, monkeypatch):
    site, working = api
    batches = []
    answer = answers.Question.proceed

    def count(question):
        batches.append(question)
        time.sleep(0.2)
        return answer(question)

    monkeypatch.setattr(answers.Question, "proceed", count)
    monkeypatch.setattr(answers, "_BATCH_RECORDS", 10)
    body = MANY.encode()
    head = f"POST /api/v1/classify HTTP/1.1\nHost: localhost\nContent-Length: {len(body)}\n\n"
    with raw(site, head) as connection:
        connection.sendall(body)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
    assert is_idle(working)
    assert len(batches) < 30


def test_an_answer_that_fails_half_way_is_not_complete(api, monkeypatch):
    site, working = api
    search, count = Library.search_vectors, []

    def fail(library, *arguments, **options):
        count.append(library)
        if len(count) > 1:
            raise UnavailableError("It is gone.")
        return search(library, *arguments, **options)

    monkeypatch.setattr(Library, "search_vectors", fail)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    connection.request("POST", "/api/v1/classify?format=tsv", MANY)
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()
    assert is_idle(working)


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(backend):
    settings = backend.settings.model_copy(update={"max_file_mb": 1})
    with served(app_of(replace(backend, settings=settings))) as site:
        for head in ("Content-Length: 900000000\n\n", "Transfer-Encoding: chunked\n\n"):
            request = f"POST /api/v1/classify HTTP/1.1\nHost: localhost\n{head}"
            with raw(site, request) as connection:
                if "chunked" in head:
                    with contextlib.suppress(OSError):  # It answers before all is sent.
                        for _ in range(40):
                            connection.sendall(b"10000\r\n" + b"A" * 65_536 + b"\r\n")
                assert connection.recv(1_000).startswith(b"HTTP/1.1 413")


def test_a_body_that_stops_coming_is_given_up(api, monkeypatch):
    site, working = api
    monkeypatch.setattr("core.api.bodies._SILENT_SECONDS", 0.3)
    head = "POST /api/v1/classify HTTP/1.1\nHost: localhost\nContent-Length: 100\n\n>q"
    with raw(site, head) as connection:
        assert connection.recv(1_000).startswith(b"HTTP/1.1 408")
    assert is_idle(working)


def test_without_a_token_the_body_is_not_read(backend):
    with served(app_of(replace(backend, mode=SignInMode.PASSWORD))) as site:
        head = "POST /api/v1/classify HTTP/1.1\nHost: localhost\nContent-Length: 100000000\n\n"
        with raw(site, head) as connection:
            assert connection.recv(1_000).startswith(b"HTTP/1.1 401")


def test_a_large_question_blocks_no_others(api, monkeypatch):
    site, working = api
    answer = answers.Question.proceed

    def slow(question):
        if len(question.queries) > 10:
            time.sleep(1)
        return answer(question)

    monkeypatch.setattr(answers.Question, "proceed", slow)
    monkeypatch.setattr(answers, "_BATCH_RECORDS", 25)
    with contextlib.ExitStack() as stack:
        for _ in range(6):  # More than there are slots.
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
            stack.callback(connection.close)
            connection.request("POST", "/api/v1/classify", MANY)
        deadline = time.monotonic() + PATIENCE
        while working._questions.total() < 6:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert ask(site.port, "jobs")[0] == 200
        assert site.ask("/healthz").status == 200
        assert ask(site.port, "classify", "POST", FASTA)[0] == 200
        assert working._questions.total() == 6
    assert is_idle(working)
