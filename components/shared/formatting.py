"""Text from users and files, made safe to show: it is text, whatever it looks like."""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from unicodedata import bidirectional

from components.shared.palette import family_colour

_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=])")


def escape_markdown(text: str) -> str:
    r"""`text` for places that read Markdown, so that it shows as it is.

    >>> plain("*x*")
    '\\*x\\*'
    """
    return isolate_bidi(_MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def isolate_bidi(text: str) -> str:
    """`text` so that, where it runs from right to left, it does not turn what stands beside it."""
    if text.isascii() or not any(bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"\u2068{text}\u2069"


def chip(text: str, colour: str) -> str:
    """HTML: `text` beside a dot of `colour`."""
    return (
        f'<span style="display:inline-block;width:.7em;height:.7em;border-radius:50%;'
        f'background:{html.escape(colour)};margin-right:.5em"></span>{html.escape(text)}'
    )


def legend(families: Mapping[int, str]) -> str:
    """HTML: every family beside the dot of its colour, in the order of the class numbers."""
    chips = (
        f'<span style="margin-right:1.2em;white-space:nowrap">{chip(name, family_colour(number))}'
        "</span>"
        for number, name in families.items()
    )
    return f'<div style="font-size:.9em;line-height:1.8">{" ".join(chips)}</div>'


def unique_labels(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number: a selection goes by what it shows.

    >>> told_apart(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: Counter[str] = Counter()
    labels: list[str] = []
    for name in names:
        label = name
        while label in labels:
            seen[name] += 1
            label = f"{name} ({seen[name] + 1})"
        labels.append(label)
    return labels


def pluralize(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "gene"), counted(3629, "gene")
    ('1 gene', '3,629 genes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def family_name(names: Mapping[int, str], number: int) -> str:
    """Return the name of a family, or its class number where it has none.

    >>> family_name({0: "Kinase"}, 0), family_name({}, 3)
    ('Kinase', 'class 3')
    """
    return names.get(number, f"class {number}")
