"""One colour a family, the same on every page, chart and chip; marks for what has none."""

from dataclasses import dataclass
from urllib.parse import quote

_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#6A51A3",
    "#8C6D31",
    "#1B9E9E",
    "#B2182B",
    "#66A61E",
    "#9E5A8B",
    "#3B5B92",
    "#C49A00",
)
"""The first seven are told apart by colour-blind people; the rest continue them."""

NEUTRAL = "#8A949B"
"""What has no family: an unknown or invalid query."""


def family_colour(number: int) -> str:
    """The colour of a family, by its class number, on white and on dark ground alike."""
    return _COLOURS[number % len(_COLOURS)]


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer looks like, wherever it is drawn.

    Attributes
    ----------
    ground
        What fills it: a value of CSS's `background`.
    edge
        The colour of its outline.
    fill
        What fills it in SVG, where `hatching` can be named.
    """

    ground: str
    edge: str
    fill: str

    def dot(self) -> str:
        """An image of it for tables: the address of an SVG that holds itself."""
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
            f"{_HATCHING if self.fill == _HATCHED else ''}"
            f'<circle cx="12" cy="12" r="6" fill="{self.fill}" stroke="{self.edge}"/></svg>'
        )
        return f"data:image/svg+xml,{quote(svg)}"


def family_mark(number: int) -> Mark:
    """The mark of a family, by its class number."""
    colour = family_colour(number)
    return Mark(colour, colour, colour)


_HATCHED = "url(#hatching)"
_HATCHING = (
    '<pattern id="hatching" width="4" height="4" patternUnits="userSpaceOnUse"'
    f' patternTransform="rotate(45)"><rect width="2" height="4" fill="{NEUTRAL}"/></pattern>'
)
UNKNOWN = Mark(
    f"repeating-linear-gradient(135deg,{NEUTRAL} 0 3px,transparent 3px 5px)", NEUTRAL, _HATCHED
)
INVALID = Mark("none", NEUTRAL, "none")
