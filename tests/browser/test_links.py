"""Names in a real browser: none of them becomes a link."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import settled, stopped_after
from tests.support.services import PROJECT, Dashboard

pytestmark = pytest.mark.browser

APP = """
import streamlit as st
from components.shared.formatting import escape_markdown

name = "https://evil.example/x www.evil.example HTTP://evil.example a@evil.example"
escaped = escape_markdown(name)
st.title(escaped)
st.markdown(f"**{escaped}**")
st.caption(escaped)
st.error(escaped)
st.toast(escaped, duration="infinite")
st.radio(escaped, [escaped])
st.segmented_control("names", [name], format_func=escape_markdown)
st.selectbox("name", [name])
st.dataframe([{"name": name}])
st.markdown("https://known.example")
"""


@pytest.fixture
def app(tmp_path: Path):
    file = tmp_path / "app.py"
    file.write_text(APP)
    with stopped_after(Dashboard(tmp_path, file)) as server:
        server.settings["PYTHONPATH"] = str(PROJECT)
        server.settings["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] = "false"
        yield server.start().address


def test_addresses_in_names_are_shown_and_are_no_links(app: str, page: Page):
    page.goto(app)
    settled(page)
    expect(page.get_by_test_id("stToast")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("evil.example")
    links = page.locator("a[href*='example']:not([href^='#'])")  # A heading links to itself.
    assert [link.get_attribute("href") for link in links.all()] == ["https://known.example"]
