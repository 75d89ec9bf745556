"""The navigation beside every page."""

import itertools
import threading
import time

import pytest

from components.shared import notices, services
from core.errors import InputError
from core.jobs.kinds.registry import KINDS
from core.library.load import load
from core.stores.sql.job_row import CANCELLED, DONE, FAILED, RUNNING
from tests.support.jobs import submit_work, work_kind
from tests.support.library_page import jobs, until
from tests.support.synthetic import genes

PAGES = ("classify", "similarity", "trace", "benchmark", "history")


@pytest.fixture
def end():
    """Ends the work of :func:`submit`, which otherwise goes on until the test ends."""
    end = threading.Event()
    yield end
    end.set()


@pytest.fixture(autouse=True)
def _kinds(monkeypatch):
    """The work of these kinds is given to :func:`submit_work`."""
    for kind in ("load", "classify", "benchmark"):
        monkeypatch.setitem(KINDS, kind, work_kind(kind))


def submit(kind, end):
    def work(progress):
        progress("Loading", 3, 12)
        end.wait()

    submit_work(services.jobs(), work, "default", kind=kind, title="<b>a_load</b>")
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


class TestLibrarySelector:
    @pytest.fixture
    def page(self, loaded, opened):
        load(services.libraries(), {"cat": genes("cat", 4)}, library="another", encoder="count")
        return opened("classify")

    def test_begins_with_the_default_library(self, page):
        assert page.sidebar.selectbox(key="library").value == "default"

    def test_keeps_what_the_user_chose(self, page):
        page.sidebar.selectbox(key="library").select("another").run()
        page.switch_page("pages/trace.py").run()
        assert page.sidebar.selectbox(key="library").value == "another"

    def test_returns_to_the_default_library_when_the_chosen_one_is_deleted(self, page):
        load(services.libraries(), {"cat": genes("cat", 4)}, library="more", encoder="count")
        page.run()
        page.sidebar.selectbox(key="library").select("another").run()
        services.libraries().delete("another")
        page.run()
        assert page.sidebar.selectbox(key="library").value == "default"


@pytest.mark.usefixtures("loaded")
class TestNotices:
    @pytest.mark.parametrize("name", [*PAGES, "library"])
    def test_of_a_load_that_has_ended_are_toasts_on_every_page(self, opened, end, name):
        page = opened(name)
        submit("load", end)
        assert page.run().toast == []
        end.set()
        until(lambda: jobs()[0].state == DONE)
        assert [toast.value for toast in page.run().toast] == [r"**\<b\>a\_load\</b\>** · Done"]

    def test_are_repeated_for_a_while_as_pages_run_again(self, opened, end, monkeypatch):
        page = opened("classify")
        submit("load", end)
        page.run()
        end.set()
        until(lambda: jobs()[0].state == DONE)
        assert len(page.run().toast) == len(page.run().toast) == 1
        monkeypatch.setattr(notices, "_SECONDS", 0.0)
        assert page.run().toast == []

    def test_say_why_a_job_failed(self, opened, end):
        page = opened("trace")

        def work(progress):
            end.wait()
            raise InputError("It is *full*.", "Make room.")

        submit_work(services.jobs(), work, "default", kind="load", title="cats")
        page.run()
        end.set()
        until(lambda: jobs()[0].state == FAILED)
        (toast,) = page.run().toast
        assert toast.value == r"**cats** · It is \*full\*\. Make room\."

    def test_are_for_who_asked_where_a_job_changes_no_library(self, opened, end):
        other = opened("history")
        submit("classify", end)
        other.run()
        end.set()
        until(lambda: jobs()[0].state == DONE)
        assert other.run().toast == []

    @pytest.mark.parametrize(("name", "count"), [("classify", 0), ("history", 1)])
    def test_are_no_toasts_where_the_page_shows_the_outcome(self, opened, end, name, count):
        page = opened(name)
        submit("classify", end)
        page.session_state["followed jobs"] = frozenset({jobs()[0].id})
        end.set()
        until(lambda: jobs()[0].state == DONE)
        assert len(page.run().toast) == count

    def test_are_not_given_for_what_was_cancelled(self, opened):
        page = opened("history")

        def work(progress):
            for count in itertools.count():
                progress("Loading", count, 0)
                time.sleep(0.01)

        submit_work(services.jobs(), work, "default", kind="load", title="cats")
        page.run()
        services.jobs().cancel(jobs()[0].id)
        until(lambda: jobs()[0].state == CANCELLED)
        assert page.run().toast == []
