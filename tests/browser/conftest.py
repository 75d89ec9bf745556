"""A dashboard on a real server, and a browser to open it."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.support.browser import DESKTOP, PATIENCE, patient, settled, stopped_after
from tests.support.services import CHROMIUM_OPTIONS, Dashboard

SCREENSHOTS = os.environ.get("GENEKIN_SCREENSHOTS")
"""The folder to keep screenshots in, if it is named."""

expect.set_options(timeout=PATIENCE * 1_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard that is not running yet, with nothing loaded."""
    with stopped_after(Dashboard(tmp_path)) as server:
        yield server


@pytest.fixture
def dashboard(server: Dashboard) -> str:
    """Address of a dashboard that nobody has opened yet, with nothing loaded."""
    server.start()
    return server.address


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium,
            args=CHROMIUM_OPTIONS,
            timeout=PATIENCE * 1_000,
        )


def policy_violations(message: ConsoleMessage) -> list[str]:
    """The text of a message of the console, if it reports something that the policy blocked."""
    return [message.text] if "Content Security Policy" in message.text else []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which nothing breaks, and which asks nobody but the dashboard for anything."""
    page = patient(browser.new_page(viewport=DESKTOP))
    broken: list[str] = []
    asked: set[str | None] = set()
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.extend(policy_violations(message)))
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
    yield page
    page.close()
    assert broken == []
    assert asked <= {"localhost", None}


@pytest.fixture
def keep():
    """Wait until a page is drawn, and keep a screenshot if there is a folder for them."""

    def keep(page: Page, name: str) -> None:
        settled(page)
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")

    return keep
