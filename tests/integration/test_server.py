"""The server process: from its start to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.services import PROJECT, Dashboard
from tests.support.web import Site

END = 60.0
"""Seconds in which it ends on a busy machine."""


@pytest.fixture
def dashboard(tmp_path) -> Iterator[Dashboard]:
    dashboard = Dashboard(tmp_path)
    dashboard.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
    with dashboard:
        yield dashboard


def site(dashboard: Dashboard) -> Site:
    return Site(int(dashboard.address.rsplit(":", 1)[1]))


def open_session(dashboard: Dashboard) -> ClientConnection:
    address = dashboard.address.replace("http", "ws")
    return connect(f"{address}/_stcore/stream", subprotocols=[Subprotocol("streamlit")])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_peace_with_people_on_it(dashboard: Dashboard, number):
    process = dashboard._process
    assert process is not None
    with open_session(dashboard):
        os.killpg(process.pid, number)
        assert process.wait(END) == 0
    log = dashboard.log.read_text()
    assert "Traceback" not in log
    assert "Aborted" not in log
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert "listening" in events
    assert "shutting down" in events


def test_it_is_healthy_and_keeps_its_metrics_from_proxies(dashboard: Dashboard):
    assert site(dashboard).ask("/healthz").status == 200
    deadline = time.monotonic() + END
    while (answer := site(dashboard).ask("/readyz")).status != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)
    for path in ("/metrics", "/_stcore/metrics"):
        assert site(dashboard).ask(path).status == 200
        assert site(dashboard).ask(path, X_Forwarded_For="192.0.2.1").status == 404


def logged_request(dashboard: Dashboard, number: str) -> dict[str, object]:
    """Wait for the line of a request: it is written after the answer."""
    deadline = time.monotonic() + END
    while time.monotonic() < deadline:
        for line in map(json.loads, dashboard.log.read_text().splitlines()):
            if line.get("request") == number:
                return dict(line)
        time.sleep(0.1)
    raise AssertionError(number)


def test_a_request_has_an_id(dashboard: Dashboard):
    assert len(site(dashboard).ask("/healthz").headers["x-request-id"]) == 16
    given = {"X_Request_ID": "proxy-0123"}
    assert site(dashboard).ask("/", **given).headers["x-request-id"] == "proxy-0123"
    line = logged_request(dashboard, "proxy-0123")
    assert (line["event"], line["path"], line["status"]) == ("request", "/", 200)
    asked = site(dashboard).ask("/?run=hidden")
    logged_request(dashboard, asked.headers["x-request-id"])
    assert "hidden" not in dashboard.log.read_text()
    forged = {"X_Request_ID": 'x" evil'}
    assert len(site(dashboard).ask("/", **forged).headers["x-request-id"]) == 16


def test_every_answer_of_streamlit_has_the_policy(dashboard: Dashboard):
    for path in ("/", "/library", "/_stcore/health", "/media/nothing"):
        headers = site(dashboard).ask(path).headers
        assert "script-src 'self' 'sha256-" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_a_browser_is_opened_unless_it_is_headless(tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > '{opened}'\n")
    browser.chmod(0o755)
    dashboard = Dashboard(tmp_path)
    dashboard.settings |= {
        "STREAMLIT_SERVER_HEADLESS": "false",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "GENEKIN_LOAD_HUMAN_REFERENCE": "false",
        "BROWSER": str(browser),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    (tmp_path / "xdg-open").write_text(browser.read_text())
    (tmp_path / "xdg-open").chmod(0o755)
    with dashboard:
        deadline = time.monotonic() + END
        while not (opened.exists() and opened.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert opened.read_text().strip() == dashboard.address


def test_an_unknown_option_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "serve.py", "--server.colour", "red"],
        cwd=PROJECT,
        env=os.environ | {"GENEKIN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "path",
    [
        "/../serve.py",
        "/..%2fserve.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/../../../serve.py",
        "/static/..%5c..%5cserve.py",
        "/media/../../etc/passwd",
        "/component/x/../../../etc/passwd",
        "/app/static/../serve.py",
        "//etc/passwd",
        "/_stcore/bidi-components/../../serve.py",
        "/healthz/../serve.py",
        "/serve.py%00.html",
    ],
)
def test_no_path_leads_out_of_what_is_served(served_dashboard: Site, path):
    answer = served_dashboard.ask(path)
    assert b"root:" not in answer.body
    assert b"st.App(" not in answer.body
    assert answer.status < 500
    # Streamlit answers unknown paths with its page, which then says that there is none.
    assert answer.status != 200 or b"<title>Streamlit</title>" in answer.body


@pytest.fixture(scope="module")
def served_dashboard(tmp_path_factory) -> Iterator[Site]:
    dashboard = Dashboard(tmp_path_factory.mktemp("paths"))
    dashboard.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
    with dashboard:
        yield site(dashboard)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_uploads_without_a_session(served_dashboard: Site, method):
    path = "/_stcore/upload_file/00000000-0000-0000-0000-000000000000/1"
    own = {"Origin": f"http://127.0.0.1:{served_dashboard.port}"}
    assert served_dashboard.ask(path, method, **own).status in {400, 403}
    foreign = {"Origin": "http://localhost:1"}
    assert served_dashboard.ask(path, method, **foreign).status == 403
