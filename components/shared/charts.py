"""Parts that charts of several pages are made of.

Organisms are told apart by position and label, because colours belong to families; methods have
colours and markers of their own. Text and thin lines take the ink of the background. Pure: data
in, chart out.

Channels of an encoding are always objects, such as `alt.X2("high:Q")`: Altair takes a hundred times
as long to find the class of a string or of a condition.
"""

from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import disable_debug_mode

disable_debug_mode()  # Validate whole charts, in the tests, and not each of their parts as well.

ACCENT = "#128088"
"""Colour of GeneKin, legible on white and on dark backgrounds."""
INK = "ink"
"""Style of text and lines that follow the colour of the page's text."""
UNIT_SCALE = alt.Scale(domain=[0, 1], nice=False)
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Tick values of an axis from 0 to 1."""
PERCENT_AXIS = alt.Axis(format=".0%", values=FIFTHS)
DECIMAL_AXIS = alt.Axis(format=".1f", values=FIFTHS)
FULL_LABELS = alt.Axis(labelLimit=220, labelOverlap=False)
"""An axis of names that hides none of them."""
_WHITE_TEXT_FROM = 0.85
"""Value from which a heat map's cell is dark enough for white text on any background."""


def inline_data(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of a table as a chart's data.

    Altair would convert a table too, but much slower, and by a setting of the whole process.
    """
    return {"values": frame.to_dict("records")}


def layered(
    layers: list[alt.Chart], height: int | alt.Step, frame: pd.DataFrame | None = None
) -> alt.LayerChart:
    """Stack charts into one of `height` pixels, or pixels a row.

    Parameters
    ----------
    frame
        What the layers without data of their own draw.
    """
    data = alt.Undefined if frame is None else inline_data(frame)
    chart = alt.LayerChart(data=data, height=height)
    chart.layer = [*layers]  # The constructor would copy them twice.
    return chart


def tooltip(
    *names: str,
    values: tuple[str, ...] = ("accuracy", "low", "high"),
    value_format: str = ".1%",
    counts: tuple[str, ...] = ("n",),
) -> list[alt.Tooltip]:
    """Return tooltips for columns of names, of values with their interval, and of counts."""
    return [
        *(alt.Tooltip(f"{name}:N") for name in names),
        *(alt.Tooltip(f"{name}:Q", format=value_format) for name in values),
        *(alt.Tooltip(f"{name}:Q", format=",") for name in counts),
    ]


def heat_map_cells(base: alt.Chart, value: str, bar_title: str = "") -> alt.Chart:
    """Return rectangles shaded by a column of values from 0 to 1.

    Parameters
    ----------
    bar_title
        Title of the colour bar; without one, there is no bar.
    """
    legend = alt.Legend(
        title=bar_title, format=".0%", orient="bottom", direction="horizontal", gradientThickness=10
    )
    scale = alt.Scale(domain=[0, 1], range=[f"{ACCENT}00", f"{ACCENT}FF"])
    colour = alt.Color(f"{value}:Q", scale=scale, legend=legend if bar_title else None)
    cells: alt.Chart = base.mark_rect().encode(colour)
    return cells


def heat_map_text(
    base: alt.Chart, value: str, text: str, size: float | alt.ExprRef = 11, dy: float = 0
) -> list[alt.Chart]:
    """Return the texts of a heat map's cells: ink on pale cells, white on dark ones.

    Parameters
    ----------
    value, text
        Columns that the cells are shaded by, and that holds the texts.
    size
        Font size.
    dy
        Pixels below the middle of the cell.
    """
    pale = base.transform_filter(f"datum.{value} < {_WHITE_TEXT_FROM}")
    dark = base.transform_filter(f"datum.{value} >= {_WHITE_TEXT_FROM}")
    return [
        pale.mark_text(style=INK, fontSize=size, dy=dy).encode(alt.Text(f"{text}:N")),
        dark.mark_text(color="#FFFFFF", fontSize=size, dy=dy).encode(alt.Text(f"{text}:N")),
    ]
