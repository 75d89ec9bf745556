"""Whom the server answers, and what its pages may load."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from core.web.security import (
    Hosts,
    SecurityMiddleware,
    content_security_policy,
    script_hashes,
)
from tests.support.web import Site, served


async def page(_request):
    return PlainTextResponse("page")


async def own_policy(_request):
    return PlainTextResponse("page", headers={"Content-Security-Policy": "default-src 'none'"})


async def stream(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture(scope="module")
def site():
    app = Starlette(
        routes=[
            Route("/", page, methods=["GET", "POST"]),
            Route("/own", own_policy),
            Route("/_stcore/metrics", page),
            WebSocketRoute("/stream", stream),
        ],
        middleware=[
            Middleware(
                SecurityMiddleware,
                hosts=Hosts(["lab.example.org", "*.lab.example.org"], ["https://known.example"]),
                policy=content_security_policy(script_hashes("<script>1</script>")),
            )
        ],
    )
    with served(app) as site:
        yield site


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "localhost:8501",
            "127.0.0.1:8501",
            "192.168.1.5",
            "[::1]:8501",
            "LAB.example.org",
            "lab.example.org.:443",
            "app.lab.example.org",
            socket.gethostname(),
            f"{socket.gethostname()}.local",
        ],
    )
    def test_addresses_and_own_names_are_allowed(self, site: Site, host):
        assert site.ask("/", Host=host).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8501",
            "lab.example.org.evil.example",
            "evillab.example.org",
            "localhost.evil.example",
            "user@localhost",
            "localhost/evil.example",
            "localhost:port",
            "127.0.0.1.evil.example",
            "",
        ],
    )
    def test_a_name_of_somebody_else_is_refused(self, site: Site, host):
        answer = site.ask("/", Host=host)
        assert answer.status == 421
        assert answer.text.startswith("This server does not have that name.")
        assert "server.allowedHosts" in answer.text

    def test_all_names_can_be_allowed(self):
        assert Hosts(["*"]).allow("evil.example")
        assert not Hosts(["*"]).allow(None)


class TestOrigins:
    @pytest.mark.parametrize("origin", ["http://localhost:8501", "https://known.example", None])
    def test_own_origins_may_change_things(self, site: Site, origin):
        headers = {"Origin": origin} if origin else {}
        assert site.ask("/", "POST", Host="localhost:8501", **headers).status == 200

    @pytest.mark.parametrize(
        "origin",
        [
            "http://localhost:9999",
            "http://127.0.0.1:8501",
            "http://evil.example",
            "https://known.example.evil.example",
            "file://localhost:8501",
            "null",
            "",
        ],
    )
    def test_others_may_read_what_is_public_and_change_nothing(self, site: Site, origin):
        assert site.ask("/", Host="localhost:8501", Origin=origin).status == 200
        answer = site.ask("/", "POST", Host="localhost:8501", Origin=origin)
        assert answer.status == 403

    @pytest.mark.parametrize("port", ["own", "other"])
    def test_a_websocket_needs_the_own_origin(self, site: Site, port):
        number = site.port if port == "own" else site.port + 1
        uri = f"ws://localhost:{site.port}/stream"
        if port == "own":
            with connect(uri, origin=Origin(f"http://localhost:{number}")) as websocket:
                assert websocket.recv() == "hello"
        else:
            with pytest.raises(InvalidStatus) as refused:
                connect(uri, origin=Origin(f"http://localhost:{number}")).close()
            assert refused.value.response.status_code == 403

    def test_a_websocket_under_a_foreign_name_is_refused(self, site: Site):
        """DNS rebinding: page and server have the same name, which is the attacker's."""
        sock = socket.create_connection(("127.0.0.1", site.port))
        uri = f"ws://evil.example:{site.port}/stream"
        with pytest.raises(InvalidStatus) as refused:
            connect(uri, sock=sock, origin=Origin(f"http://evil.example:{site.port}")).close()
        assert refused.value.response.status_code == 403


class TestHeaders:
    def test_every_answer_has_them(self, site: Site):
        for answer in (site.ask("/"), site.ask("/nowhere"), site.ask("/", Host="evil.example")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]

    def test_inline_scripts_need_a_known_hash(self, site: Site):
        policy = site.ask("/").headers["content-security-policy"].split("; ")
        (scripts,) = (part for part in policy if part.startswith("script-src"))
        assert scripts.startswith("script-src 'self' 'sha256-")
        assert "unsafe" not in scripts

    def test_an_answer_may_have_a_policy_of_its_own(self, site: Site):
        assert site.ask("/own").headers["content-security-policy"] == "default-src 'none'"


class TestStreamlitMetrics:
    def test_this_machine_may_read_them(self, site: Site):
        assert site.ask("/_stcore/metrics").status == 200

    @pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP"])
    def test_nobody_may_through_a_proxy(self, site: Site, header):
        answer = site.ask("/_stcore/metrics", **{header: "127.0.0.1"})
        assert answer.status == 404
        assert answer.text == "Not found\n"
