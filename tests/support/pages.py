"""What a person reads on a page."""

import re

from streamlit.testing.v1 import AppTest

_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
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
    """All text of a page; Markdown's escapes are read as what they stand for."""
    assert not page.exception
    texts = [getattr(element.proto, "body", "") for kind in _KINDS for element in page.get(kind)]
    texts += [element.proto.text for element in page.get("progress")]
    return "\n".join(_ESCAPED.sub(r"\1", text) for text in texts)


def widget(widgets, label: str):
    """The one of some widgets that is called so."""
    (found,) = [each for each in widgets if each.label == label]
    return found


def button(page: AppTest, label: str):
    return widget(page.button, label)
