"""Actions on the Library page, and waiting for the jobs that they start."""

import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from components.shared import services
from core.stores.sql.job_row import JobRow
from tests.support.pages import button, widget

PATIENCE = 200
"""Timeout in seconds of a page or a job, on a busy machine."""


def choose(page: AppTest, source: str) -> AppTest:
    """Choose the source to add from."""
    return page.radio(key="source").set_value(source).run()


def uploader(page: AppTest, label: str):
    """Return the file uploader whose label starts like this."""
    (found,) = [element for element in page.file_uploader if element.label.startswith(label)]
    return found


def give(
    page: AppTest,
    content: bytes | str,
    *,
    name: str = "cat.txt",
    organism: str | None = None,
    families: str | None = None,
) -> AppTest:
    """Upload a file without loading it."""
    choose(page, "Upload a file")
    data = content if isinstance(content, bytes) else content.encode()
    uploader(page, "Upload").upload(name, data, "text/plain")
    if families is not None:
        uploader(page, "Family names").upload("families.txt", families.encode(), "text/plain")
    page.run()
    if organism is not None:
        widget(page.text_input, "Organism").input(organism).run()
    return page


def load_button(page: AppTest):
    """Return the button that loads the valid records of a file."""
    (found,) = [
        candidate
        for candidate in page.button
        if candidate.label.endswith(("valid record", "records"))
    ]
    return found


def delete(page: AppTest, name: str, key: str | None = None) -> AppTest:
    """Delete an organism, or what the button with this key deletes, and confirm it."""
    page.button(key=key or f"delete {name}").click().run()
    page.text_input(key="confirm deletion").input(name)
    return page.button(key="delete permanently").click().run()


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.03)


def until_all_ended() -> None:
    """Wait until no job is queued or running."""
    until(lambda: not any(job.active for job in jobs()))


def ended(page: AppTest) -> AppTest:
    """Wait until no job is queued or running, and draw the page again."""
    until_all_ended()
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    """Press a button that starts a job, and wait until it has ended."""
    return ended(button(page, label).click().run())


def load(page: AppTest, content: bytes | str, **options) -> AppTest:
    """Upload a file, load its valid records, and wait until that has ended."""
    give(page, content, **options)
    return ended(load_button(page).click().run())


def jobs() -> list[JobRow]:
    """Return all jobs, the latest first."""
    return services.jobs().recent()
