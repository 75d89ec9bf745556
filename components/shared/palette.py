"""Family colours, the same on every page and chart, and marks for unknown and invalid queries."""

from dataclasses import dataclass

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
"""Colour-blind readers can distinguish the first seven."""

NEUTRAL = "#8A949B"
"""Colour of what has no family."""


def family_colour(number: int) -> str:
    """Return the colour of a family, legible on white and on dark backgrounds."""
    return _COLOURS[number % len(_COLOURS)]


@dataclass(frozen=True, slots=True)
class Mark:
    """The look of a family, or of an unknown or invalid query.

    Attributes
    ----------
    ground
        Its fill: a value of CSS's `background`.
    edge
        Colour of its outline.
    """

    ground: str
    edge: str


def family_mark(number: int) -> Mark:
    """Return the mark of a family."""
    colour = family_colour(number)
    return Mark(colour, colour)


UNKNOWN = Mark(f"repeating-linear-gradient(135deg,{NEUTRAL} 0 3px,transparent 3px 5px)", NEUTRAL)
INVALID = Mark("none", NEUTRAL)
