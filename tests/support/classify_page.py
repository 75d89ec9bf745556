"""Actions of a person on the Classify page, and the texts that it shows."""

import re

from streamlit.testing.v1 import AppTest

from components.shared import services
from core.runs import Run
from tests.support.pages import button

BUTTON = "Classify"


def type_text(page: AppTest, text: str) -> AppTest:
    """Type a text; nothing is asked yet."""
    return page.text_area(key="text").set_value(text).run()


def give_file(page: AppTest, content: str, name: str = "queries.fasta", number: int = 0) -> AppTest:
    """Give a file; nothing is asked yet. `number`: of how many texts took the place of one."""
    page.file_uploader(key=f"query file {number}").upload(name, content.encode(), "text/plain")
    return page.run()


def ask(page: AppTest, text: str) -> AppTest:
    """Type a text and press the button."""
    button(type_text(page, text), BUTTON).click()
    return page.run()


def understood(page: AppTest) -> str:
    """The line that says what was understood."""
    (line,) = [
        found[1]
        for element in page.get("html")
        if (found := re.search(r'<p role="status"[^>]*>(.*?)</p>', element.proto.body))
    ]
    return line


def open_options(page: AppTest) -> AppTest:
    """Open the options beside the button."""
    page.session_state["options"] = True
    return page.run()


def open_downloads(page: AppTest) -> AppTest:
    """Open the list of a result's files and its link."""
    page.session_state[f"downloads of {shown_run(page)}"] = True
    return page.run()


def open_input(page: AppTest) -> AppTest:
    """Open the input above a result."""
    page.session_state[f"input of {shown_run(page)}"] = True
    return page.run()


def close_input(page: AppTest) -> AppTest:
    """Close the input above a result."""
    page.session_state[f"input of {shown_run(page)}"] = False
    return page.run()


def latest_run() -> Run:
    """The run that was kept last."""
    return services.runs().find()[0]


def shown_run(page: AppTest) -> str | None:
    """Id of the run that the page's address names."""
    found = page.query_params.get("run")
    return found[0] if isinstance(found, list) else found
