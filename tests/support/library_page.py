"""What a person does on the Library page to add, and how a test waits for what comes of it."""

import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from components.shared import services
from core.stores.sql.jobs import JobRow
from tests.support.pages import button, widget

PATIENCE = 200
"""Seconds that a page or a job may take on a busy machine."""


def choose(page: AppTest, source: str) -> AppTest:
    """Choose where genes come from."""
    return page.segmented_control(key="source").set_value(source).run()


def give(
    page: AppTest,
    content: bytes | str,
    *,
    name: str = "cat.txt",
    organism: str | None = None,
    families: str | None = None,
) -> AppTest:
    """Give a file, and see what is in it; nothing is loaded yet."""
    choose(page, "Your file")
    data = content if isinstance(content, bytes) else content.encode()
    page.file_uploader(key="reference").upload(name, data, "text/plain")
    if families is not None:
        page.file_uploader(key="family_names").upload(
            "families.txt", families.encode(), "text/plain"
        )
    page.run()
    if organism is not None:
        widget(page.text_input, "Organism").input(organism).run()
    return page


def load_button(page: AppTest):
    """The button that loads the good records of a file."""
    (found,) = [each for each in page.button if each.label.endswith(("good record", "records"))]
    return found


def until(happened: Callable[[], bool]) -> None:
    """Wait until it has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def until_all_ended() -> None:
    """Wait until no job is under way any more."""
    until(lambda: not any(job.active for job in jobs()))


def ended(page: AppTest) -> AppTest:
    """The page once no job is under way any more."""
    until_all_ended()
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    """Press a button that has something loaded, and wait until it is."""
    return ended(button(page, label).click().run())


def load(page: AppTest, content: bytes | str, **options) -> AppTest:
    """Give a file, load what is good in it, and wait until it is there."""
    give(page, content, **options)
    return ended(load_button(page).click().run())


def jobs() -> list[JobRow]:
    """All jobs, the latest first."""
    return services.jobs().recent()
