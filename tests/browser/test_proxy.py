"""Two dashboards behind the proxy of the deployment."""

import re
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, expect

from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import DESKTOP, go_to, patient, uploader
from tests.support.caddy import HOST, MAX_REQUEST, STICKY, Caddy, NameServer, caddy_missing
from tests.support.services import Dashboard, free_port, require
from tests.support.synthetic import FAMILY_NAMES, genes

CONNECTION = "data-test-connection-state"
QUERY = "DNA sequences (raw, FASTA or FASTQ)"
ADDRESSES = ("127.0.0.1", "127.0.0.2")
HEALTH = "/_stcore/health"


@pytest.fixture(scope="module")
def replicas(tmp_path_factory) -> Iterator[list[Dashboard]]:
    """Two dashboards that know each other's cookies."""
    port = free_port()
    dashboards = []
    try:
        for address in ADDRESSES:
            dashboard = Dashboard(tmp_path_factory.mktemp("replica"))
            dashboard.address = f"http://{address}:{port}"
            dashboard.settings = {
                "GENEKIN_LOAD_HUMAN_REFERENCE": "false",
                "STREAMLIT_SERVER_ADDRESS": address,
                "STREAMLIT_SERVER_PORT": str(port),
                "STREAMLIT_SERVER_COOKIE_SECRET": "one for both",
                "STREAMLIT_SERVER_ALLOWED_HOSTS": HOST,
            }
            with Stores(Settings(home=dashboard.home)) as stores:
                load(Libraries(stores), {"human": genes("human", 12)}, families=FAMILY_NAMES)
            dashboards.append(dashboard.start())
        yield dashboards
    finally:
        for dashboard in dashboards:
            dashboard.stop()


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with NameServer(ADDRESSES) as names:
        yield names


@pytest.fixture(scope="module")
def proxy(tmp_path_factory, replicas, names) -> Iterator[Caddy]:
    require(caddy_missing())
    port = int(replicas[0].address.rsplit(":", 1)[1])
    with Caddy(tmp_path_factory.mktemp("caddy"), names, port) as proxy:
        yield proxy


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Callable[[Caddy, int], list[Page]]]:
    """Open the Library page in a browser on each of so many replicas."""
    contexts = []

    def open_pages(proxy: Caddy, count: int) -> list[Page]:
        pages: dict[str | None, Page] = {}
        while len(pages) < count:
            # Of its own certificates, the browser knows nothing.
            context = browser.new_context(ignore_https_errors=True, viewport=DESKTOP)
            contexts.append(context)
            page = patient(context.new_page())
            page.goto(f"{proxy.address}/library")
            expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
            pages.setdefault(replica_of(page), page)
        return list(pages.values())

    yield open_pages
    for context in contexts:
        context.close()


def replica_of(page: Page) -> str | None:
    """The replica that the browser's cookie names."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    return cookies.get(STICKY)


def classify_when_connected(page: Page) -> None:
    """Press the button; again, if the connection was lost just then."""
    answer = page.get_by_text("mine · 240 bp")
    while not answer.is_visible():
        expect(page.get_by_test_id("stApp")).to_have_attribute(CONNECTION, "CONNECTED")
        page.get_by_role("button", name="Classify").click()
        with suppress(AssertionError):
            expect(answer).to_be_visible(timeout=10_000)


class TestReplicas:
    def test_new_browsers_are_spread_over_both(self, proxy):
        assert len({proxy.request(HEALTH).replica for _ in range(40)}) == 2

    def test_a_browser_stays_with_its_replica(self, proxy):
        replica = proxy.request(HEALTH).replica
        assert replica
        for _ in range(20):
            response = proxy.request(HEALTH, replica=replica)
            assert response.status == 200
            assert response.replica in {None, replica}

    def test_a_cookie_that_names_none_is_replaced(self, proxy):
        assert proxy.request(HEALTH, replica="forged").replica not in {None, "forged"}

    def test_the_cookie_is_sent_over_tls_only(self, proxy):
        cookie = proxy.request(HEALTH).headers["Set-Cookie"]
        assert {*cookie.split("; ")[1:]} == {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"}


class TestTls:
    def test_plain_requests_are_sent_to_it(self, proxy):
        with socket.create_connection(("127.0.0.1", proxy.http_port), timeout=30) as plain:
            plain.sendall(f"GET /history HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            answer = plain.recv(4096).decode()
        assert " 308 " in answer.partition("\n")[0]
        assert re.search(rf"^Location: https://{HOST}(:\d+)?/history\r$", answer, re.MULTILINE)

    def test_other_host_names_reach_no_dashboard(self, proxy):
        response = proxy.request(HEALTH, headers={"Host": "attacker.example"})
        assert response.body == b""
        assert response.replica is None


class TestHidden:
    @pytest.mark.parametrize(
        "path",
        [
            "/metrics",
            "/metrics/",
            "/metrics?format=text",
            "/METRICS",
            "/%6detrics",
            "//metrics",
            "/./metrics",
            "/x/../metrics",
            "/readyz",
            "/_stcore/metrics",
            "/_stcore//metrics",
            "/_stcore/metrics/",
            "/_stcore%2fmetrics",
            "/history/_stcore/metrics",
        ],
    )
    def test_what_is_for_monitoring_is_not_reached(self, proxy, path):
        response = proxy.request(path)
        assert response.status == 404
        assert response.body == b""

    def test_inside_it_is_there(self, replicas):
        with urllib.request.urlopen(f"{replicas[0].address}/_stcore/metrics") as response:
            assert b"# TYPE" in response.read()

    @pytest.mark.parametrize("path", ["/", "/history", "/library", HEALTH])
    def test_pages_are_not_hidden(self, proxy, path):
        assert proxy.request(path).status == 200

    def test_neither_server_is_named(self, proxy):
        headers = proxy.request("/").headers
        assert headers.get("Server") is None
        assert headers.get("X-Powered-By") is None


class TestBrowser:
    def test_uploads_reach_the_replica_of_the_session(self, proxy, visitors, tmp_path):
        rows = [f"{gene.residues},{gene.family}" for gene in genes("cat", 6)]
        file = tmp_path / "cat.csv"
        file.write_text("\n".join(["cds,class", *rows]))
        for page in visitors(proxy, 2):
            replica = replica_of(page)
            page.get_by_role("radio", name="Upload a file").check(force=True)
            uploader(page).set_input_files(file)
            expect(page.get_by_role("button", name="Load 6 valid records")).to_be_visible()
            assert replica_of(page) == replica

    def test_a_file_that_is_too_large_is_refused(self, proxy, visitors, tmp_path):
        file = tmp_path / "large.csv"
        file.write_bytes(b"x" * (MAX_REQUEST + 1_000))
        (page,) = visitors(proxy, 1)
        page.get_by_role("radio", name="Upload a file").check(force=True)
        with page.expect_response(lambda response: "upload_file" in response.url) as refused:
            uploader(page).set_input_files(file)
        # Too large; Caddy before 2.7 says that the dashboard did not take it.
        assert refused.value.status in {413, 502}

    def test_visitors_of_a_killed_replica_go_on_with_another(
        self, proxy, replicas, names, visitors
    ):
        pages = visitors(proxy, 2)
        before = [replica_of(page) for page in pages]
        query = genes("human", 12)[5].residues
        for page in pages:
            go_to(page, "Classify")
            page.get_by_role("textbox", name=QUERY).fill(f">mine\n{query}")
            expect(page.get_by_text("1 record ·")).to_be_visible()
        replicas[0].kill()
        names.addresses.remove(ADDRESSES[0])

        for page in pages:
            classify_when_connected(page)
            go_to(page, "Library")

        after = [replica_of(page) for page in pages]
        assert len({*before}) == 2
        assert len({*after}) == 1
        assert {*after} < {*before}
