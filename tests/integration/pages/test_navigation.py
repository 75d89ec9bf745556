"""What stands beside every page."""

import threading

import pytest

from components.shared import services
from core.stores.sql.jobs import DONE, RUNNING
from tests.support.library_page import jobs, until

PAGES = ("classify", "similarity", "trace", "benchmark", "history")


@pytest.fixture
def end():
    """Ends the work of :func:`submit`, which otherwise goes on until the test ends."""
    end = threading.Event()
    yield end
    end.set()


def submit(kind, end):
    def work(progress):
        progress("Loading", 3, 12)
        end.wait()

    services.jobs().submit(kind, "default", "<b>a_load</b>", kind, work)
    until(lambda: jobs()[0].state == RUNNING and jobs()[0].progress.total == 12)


def beside(page):
    """The progress that the sidebar shows."""
    return [element.proto.text for element in page.sidebar.get("progress")]


@pytest.mark.usefixtures("loaded")
class TestLoads:
    @pytest.mark.parametrize("name", PAGES)
    def test_are_followed_beside_every_page_until_they_have_ended(self, opened, end, name):
        page = opened(name)
        assert beside(page) == []
        submit("load", end)
        line = r"**\<b\>a\_load\</b\>** · Loading: 3 of 12"
        assert beside(page.run()) == [line]
        end.set()
        until(lambda: jobs()[0].state == DONE)
        assert beside(page.run()) == []

    def test_have_the_library_page_to_themselves(self, opened, end):
        submit("load", end)
        assert beside(opened("library")) == []

    def test_what_is_no_load_is_followed_where_it_was_asked_for(self, opened, end):
        submit("benchmark", end)
        page = opened("classify")
        assert beside(page) == []
        assert "Loading: 3 of 12" in opened("library").get("progress")[0].proto.text
        end.set()
        until(lambda: jobs()[0].state == DONE)
        page = opened("library")
        assert page.get("progress") == []
        assert not any("a\\_load" in success.value for success in page.success)
