"""Moving through the dashboard in a browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.services import Dashboard

DESKTOP: ViewportSize = {"width": 1280, "height": 1500}
PATIENCE = 120.0
"""Seconds that anything may take on a busy machine."""


@contextmanager
def stopped_after(server: Dashboard) -> Iterator[Dashboard]:
    """Stop the server in the end; its log may have neither a traceback nor a sequence."""
    try:
        yield server
    finally:
        server.stop()
    log = server.log.read_bytes()
    assert b"Traceback" not in log
    assert not re.search(rb"[ACGT]{20}", log)


def patient(page: Page) -> Page:
    """The page, which waits as long as a busy machine may take."""
    page.set_default_timeout(PATIENCE * 1_000)
    return page


def settled(page: Page) -> None:
    """Wait until the page is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def uploader(page: Page) -> Locator:
    """Return the uploader of sequences on the Library page."""
    region = page.get_by_role("region", name="Upload a file")
    return region.get_by_test_id("stFileUploaderDropzoneInput")


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
