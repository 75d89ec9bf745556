"""Rights of other sites over the dashboard, in a browser."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.classify import classify
from core.jobs.queue import JobQueue
from core.library.load import load
from core.library.manager import Libraries
from core.runs.repository import Runs
from core.runs.run import RunSettings
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.browser import PATIENCE, go_to, patient, settled, stopped_after
from tests.support.jobs import ended, submit_work, working
from tests.support.services import CHROMIUM_OPTIONS, Dashboard
from tests.support.synthetic import genes
from tests.support.web import served

PAGES = (
    "Library",
    "Similarity",
    "Trace",
    "Benchmark",
    "History",
    "API tokens",
    "Admin",
    "Help",
)

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


SCRIPT = "<img src=x onerror='window.stolen=1'><script>window.stolen=1</script>[a](javascript:1)"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a dashboard in which every name that one can choose is a script; and a run."""
    with stopped_after(Dashboard(tmp_path_factory.mktemp("hostile"))) as server:
        server.settings["GENEKIN_LOAD_HUMAN_REFERENCE"] = "false"
        with Stores(Settings(home=server.home)) as stores:
            libraries, library = Libraries(stores), SCRIPT[:64]
            named = {"human": [replace(gene, name=SCRIPT) for gene in genes("human", 12)]}
            families = {number: f"{SCRIPT} {number}" for number in range(3)}
            load(
                libraries,
                {**named, "dog": genes("dog", 12)},
                library=library,
                encoder="count",
                families=families,
                source=SCRIPT,
                by=SCRIPT,
            )
            records = [replace(genes("human", 1)[0], name=SCRIPT)]
            opened = libraries.open(library)
            run = Runs(stores.database, 0).store(
                opened,
                records,
                classify(opened, records),
                RunSettings(None, 10, 0.5),
                name=SCRIPT,
                source=SCRIPT,
                by=SCRIPT,
            )
            jobs = JobQueue(stores.database)
            with working(libraries):
                ended(jobs, submit_work(jobs, lambda _: {}, library, title=SCRIPT, by=SCRIPT))
        yield server.start().address, run.id


def test_a_script_in_any_name_is_shown_as_text(page: Page, hostile: tuple[str, str]):
    """The page fixture fails where the policy had to block one."""
    address, run = hostile
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(f"{address}/?run={run}")
    settled(page)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("<img src=x")
    for name in PAGES:
        go_to(page, name)
        settled(page)
        page.wait_for_timeout(500)
        assert page.evaluate("window.stolen") is None, name
        assert page.locator("img[onerror], a[href^='javascript']").count() == 0, name


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
