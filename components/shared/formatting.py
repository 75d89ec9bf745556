"""Text for the pages: escaped, counted, abbreviated."""

import re
from collections import Counter
from collections.abc import Sequence
from unicodedata import bidirectional

_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=])")
_LINK = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=@)", re.IGNORECASE)
"""Inside of what Markdown makes a link, even where its characters are escaped."""
_WORD_JOINER = "\u2060"


def escape_markdown(text: str) -> str:
    r"""Return `text` so that Markdown shows it as it is, on one line.

    Addresses in it do not become links: names come from files of other people.

    >>> escape_markdown("*x*")
    '\\*x\\*'
    """
    line = _LINK.sub(_WORD_JOINER, " ".join(text.split()))
    return isolate_bidi(_MARKDOWN.sub(r"\\\1", line))


def isolate_bidi(text: str) -> str:
    """Return `text` so that right-to-left letters do not reorder the text beside it."""
    if text.isascii() or not any(bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"\u2068{text}\u2069"


def unique_labels(names: Sequence[str]) -> list[str]:
    """Return the names, repeated ones with a number: widgets need different options.

    >>> unique_labels(["a", "b", "a"])
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
    """Return a number with its noun.

    >>> pluralize(1, "gene"), pluralize(3629, "gene")
    ('1 gene', '3,629 genes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def format_ordinal(number: int) -> str:
    """Return a number as an ordinal.

    >>> [format_ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    last = 0 if number % 100 in {11, 12, 13} else number % 10
    return f"{number:,}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def format_duration(seconds: float) -> str:
    """Return a duration in its largest unit.

    >>> [format_duration(seconds) for seconds in (8.2, 100, 22_936, 200_000)]
    ['8 s', '2 min', '6 h', '2 d']
    """
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
