"""Reading the text and finding the widgets of a page."""

import re

from streamlit.testing.v1 import AppTest

from core.access import Role

USERS = {"rita": Role.READER, "carl": Role.CURATOR, "ada": Role.ADMIN}
"""Users of dashboards with sign-in, and their password."""
PASSWORD = "correct horse"
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
_WORD_JOINER = "\u2060"
_KINDS = (
    "title",
    "subheader",
    "markdown",
    "caption",
    "info",
    "success",
    "warning",
    "error",
    "html",
)


def shown(page: AppTest) -> str:
    """Return all text of a page, with Markdown's escapes undone."""
    assert not page.exception
    texts = [getattr(element.proto, "body", "") for kind in _KINDS for element in page.get(kind)]
    texts += [element.proto.text for element in page.get("progress")]
    return "\n".join(_ESCAPED.sub(r"\1", text).replace(_WORD_JOINER, "") for text in texts)


def widget(widgets, label: str):
    """Return the only one of these widgets that has this label."""
    (found,) = [candidate for candidate in widgets if candidate.label == label]
    return found


def button(page: AppTest, label: str):
    return widget(page.button, label)
