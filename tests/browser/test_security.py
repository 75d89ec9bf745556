"""What a browser lets others do with the dashboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.support.browser import PATIENCE, go_to, patient, settled, stopped_after
from tests.support.services import CHROMIUM_OPTIONS, Dashboard
from tests.support.web import served

PAGES = ("Library", "Similarity", "Trace", "Benchmark", "History", "Admin", "Help")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * PATIENCE)]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with nothing loaded."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("doors"))) as server:
        server.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
        yield server.start().address


@pytest.fixture
def foreign_page(browser: Browser) -> Iterator[Page]:
    """A page of another site on this machine."""

    async def home(_request):
        return HTMLResponse("<!doctype html><title>another site</title>")

    with served(Starlette(routes=[Route("/", home)])) as site:
        page = patient(browser.new_page())
        page.goto(f"http://localhost:{site.port}")
        yield page
        page.close()


def test_no_page_needs_more_than_the_policy_allows(page: Page, dashboard: str):
    page.goto(dashboard)
    for name in PAGES:
        go_to(page, name)
        settled(page)


def test_a_script_in_a_page_does_not_run(browser: Browser, dashboard: str):
    page = patient(browser.new_page())
    reported: list[str] = []
    page.on("console", lambda message: reported.append(message.text))
    page.goto(dashboard)
    settled(page)
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.stolen = true";
      document.body.append(script);
      const image = document.createElement("img");
      image.setAttribute("onerror", "window.stolen = true");
      image.src = "data:,";
      document.body.append(image);
    }""")
    page.wait_for_timeout(500)
    assert page.evaluate("window.stolen") is None
    assert sum("Content Security Policy" in text for text in reported) == 2
    page.close()


def test_a_page_of_another_port_cannot_connect(foreign_page: Page, dashboard: str):
    stream = f"{dashboard.replace('http', 'ws')}/_stcore/stream"
    outcome = foreign_page.evaluate(
        """address => new Promise(resolve => {
          const socket = new WebSocket(address, ["streamlit"]);
          socket.onopen = () => resolve("open");
          socket.onerror = () => resolve("refused");
        })""",
        stream,
    )
    assert outcome == "refused"


def test_the_dashboard_itself_can_connect(page: Page, dashboard: str):
    page.goto(dashboard)
    settled(page)
    expect(page.get_by_role("heading", name="Classify", level=1)).to_be_visible()


def test_another_site_cannot_show_it_in_a_frame(foreign_page: Page, dashboard: str):
    with foreign_page.expect_event("console", lambda message: "frame" in message.text.lower()):
        foreign_page.evaluate(
            """address => {
              const frame = document.createElement("iframe");
              frame.src = address;
              document.body.append(frame);
            }""",
            dashboard,
        )
    foreign_page.wait_for_timeout(500)
    assert "GeneKin" not in [frame.title() for frame in foreign_page.frames]


def test_a_name_that_an_attacker_points_here_is_refused(browser, chromium, dashboard: str):
    port = dashboard.rsplit(":", 1)[1]
    misled = browser.browser_type.launch(
        executable_path=chromium,
        args=[*CHROMIUM_OPTIONS, "--host-resolver-rules=MAP evil.example 127.0.0.1"],
        timeout=PATIENCE * 1_000,
    )
    page = patient(misled.new_page())
    response = page.goto(f"http://evil.example:{port}")
    assert response is not None
    assert response.status == 421
    assert "server.allowedHosts" in page.inner_text("body")
    misled.close()
