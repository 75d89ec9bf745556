"""Parts that charts of several pages are made of, and the charts of an organism.

GeneKin's own methods have the accent colour, all others are grey: methods and organisms are told
apart by position and label, because colours belong to families. Text and thin lines take the ink
of the background. Pure: data in, chart out.
"""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from components.shared.palette import NEUTRAL, family_colour

ACCENT = "#128088"
"""Colour of GeneKin's own methods, legible on white and on dark backgrounds."""
OWN = alt.condition("datum.own", alt.value(ACCENT), alt.value(NEUTRAL))
"""Colour of a mark by its column `own`."""
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


def layered(layers: list[alt.Chart], height: int | alt.Step) -> alt.LayerChart:
    """Stack charts into one of `height` pixels, or pixels a row."""
    chart = alt.LayerChart(layer=layers)
    sized: alt.LayerChart = chart.properties(height=height)
    return sized


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


def heat_map_cells(base: alt.Chart, value: str) -> alt.Chart:
    """Return rectangles shaded by a column of values from 0 to 1."""
    opacity = alt.Opacity(f"{value}:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    cells: alt.Chart = base.mark_rect(color=ACCENT).encode(opacity=opacity)
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
        pale.mark_text(style=INK, fontSize=size, dy=dy).encode(text=f"{text}:N"),
        dark.mark_text(color="#FFFFFF", fontSize=size, dy=dy).encode(text=f"{text}:N"),
    ]


def family_stack(counts: Mapping[int, int], names: Mapping[int, str]) -> alt.Chart:
    """One stacked bar of an organism's families; `counts` are numbers of genes."""
    frame = pd.DataFrame(
        {"family": names.get(number, f"class {number}"), "genes": count, "number": number}
        for number, count in sorted(counts.items())
    )
    scale = alt.Scale(
        domain=list(frame["family"]), range=[family_colour(number) for number in frame["number"]]
    )
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(height=16)
        .encode(
            x=alt.X(
                "genes:Q",
                title="genes",
                stack="zero",
                scale=alt.Scale(nice=False),
                axis=alt.Axis(tickMinStep=1, format=",d", labelFlush=True),
            ),
            color=alt.Color("family:N", scale=scale, legend=None),
            order=alt.Order("number:O"),
            tooltip=["family:N", alt.Tooltip("genes:Q", format=",")],
        )
        .properties(height=64, padding=_TIGHT)
    )
    return chart


def family_text(counts: Mapping[int, int], names: Mapping[int, str]) -> str:
    """What :func:`family_stack` shows, in words."""
    ranked = sorted(counts.items())
    each = (f"{names.get(number, f'class {number}')} {count:,}" for number, count in ranked)
    return f"Genes by family: {', '.join(each)}"


def length_bars(lengths: Mapping[int, int]) -> alt.Chart:
    """How long an organism's genes are; `lengths` are numbers of genes by their bases."""
    bases = np.array(list(lengths), dtype=np.int64)
    counts = np.array(list(lengths.values()), dtype=np.int64)
    width = 1 + int(np.ptp(bases)) // _LENGTH_BARS
    bars = (bases - bases.min()) // width
    starts = bases.min() + width * np.arange(bars.max() + 1)
    genes = np.bincount(bars, weights=counts)
    frame = pd.DataFrame({"from": starts, "to": starts + width, "genes": genes})
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(color="#7A8790")
        .encode(
            x=alt.X(
                "from:Q",
                bin="binned",
                title=f"length in bases, n = {counts.sum():,} genes",
                axis=alt.Axis(format=",d", tickMinStep=1),
            ),
            x2="to:Q",
            y=alt.Y(
                "genes:Q", title="genes", axis=alt.Axis(tickCount=2, tickMinStep=1, format=",d")
            ),
            tooltip=[
                alt.Tooltip("from:Q", format=",.0f"),
                alt.Tooltip("to:Q", format=",.0f"),
                alt.Tooltip("genes:Q", format=",.0f"),
            ],
        )
        .properties(height=120, padding=_TIGHT | {"right": _LABEL_END})
    )
    return chart


def length_text(lengths: Mapping[int, int]) -> str:
    """What :func:`length_bars` shows, in words."""
    ordered = np.repeat(sorted(lengths), [lengths[bases] for bases in sorted(lengths)])
    return (
        f"Lengths of {len(ordered):,} genes: {ordered[0]:,} to {ordered[-1]:,} bases, half of"
        f" them up to {np.median(ordered):,.0f}"
    )


_LENGTH_BARS = 30
_TIGHT = {"bottom": 4}
_LABEL_END = 14
"""Pixels that the last label may stick out."""
