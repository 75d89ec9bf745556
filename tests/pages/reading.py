"""What a person reads on a page."""

import re

from streamlit.testing.v1 import AppTest

_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")


def shown(page: AppTest) -> str:
    """All text of a page; Markdown's escapes are read as what they stand for."""
    assert not page.exception
    kinds = ("title", "subheader", "markdown", "caption", "info", "success", "error", "html")
    return "\n".join(_text(element) for kind in kinds for element in page.get(kind))


def _text(element: object) -> str:
    proto = getattr(element, "proto", None)
    return _ESCAPED.sub(r"\1", str(getattr(proto, "body", "")))


def button(page: AppTest, label: str):
    (found,) = [button for button in page.button if button.label == label]
    return found
