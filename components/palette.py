"""One colour a family, the same on every page, chart and chip."""

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
