"""Charts of the benchmark: rows of methods, lines, points, heat maps.

Pure: a table in, a chart out. Tables have the columns `method`, `accuracy`, `low`, `high` (a 95%
interval), `n`, `own` (a method of GeneKin), `colour` and `shape`, unless a function says otherwise.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from components.shared.charts import (
    ACCENT,
    FULL_LABELS,
    INK,
    PERCENT_AXIS,
    UNIT_SCALE,
    heat_map_cells,
    heat_map_text,
    inline_data,
    layered,
    tooltip,
)
from components.shared.palette import NEUTRAL

_COLOUR = alt.Color("colour:N", scale=None, legend=None)
_SHAPE = alt.Shape("shape:N", scale=None, legend=None)
_ROW_HEIGHT = alt.Step(24)
_CELL_HEIGHT = alt.Step(34)
_LABEL_X, _LABEL_ROOM = 1.03, 1.2
"""Position of the labels behind bars, and the end of the axis that makes room for them."""
_LINES_HEIGHT = 380
_SCATTER_HEIGHT = 480
_AXIS_HEIGHT = 100
"""Pixels of a chart's height that the axis below takes on a page."""
_TEXT_HEIGHT = 13
_HIGHEST_NAME = 1.06
"""Highest position of a line's name, as an accuracy."""
_NAME_SHIFT = 14
"""Pixels from the edge of the axes to the names of methods."""


def bars(
    frame: pd.DataFrame, title: str | list[str], baseline: float | None = None
) -> alt.LayerChart:
    """Draw a bar per method with its interval and its value, in the order of the rows.

    Parameters
    ----------
    title
        Of the axis.
    baseline
        Where a dashed line stands; None for no line.
    """
    scale = alt.Scale(domain=[0, _LABEL_ROOM], nice=False)
    base = alt.Chart().encode(
        alt.X("accuracy:Q", title=title, scale=scale, axis=PERCENT_AXIS),
        _method_axis(),
        tooltip("method"),
    )
    layers: list[alt.Chart] = [
        base.mark_bar(height={"band": 0.68}).encode(_COLOUR),
        base.mark_rule(style=INK, strokeWidth=1.2).encode(alt.X("low:Q"), alt.X2("high:Q")),
        base.mark_text(style=INK, align="left").encode(
            alt.XDatum(_LABEL_X), alt.Text("accuracy:Q", format=".1%")
        ),
    ]
    if baseline is not None:
        layers.append(_dashed_line(baseline))
    return layered(layers, _ROW_HEIGHT, frame)


def dumbbells(
    frame: pd.DataFrame, title: str, splits: tuple[str, str], baseline: float | None = None
) -> alt.LayerChart:
    """Draw two connected points per method, one for each split.

    Parameters
    ----------
    frame
        With the column `split`; the two rows of a method follow each other.
    title
        Of the axis.
    splits
        The values of `split`.
    baseline
        Where a dashed line stands; None for no line.
    """
    base = alt.Chart().encode(_method_axis(), tooltip("method", "split"))
    connection = base.mark_line(style=INK, strokeDash=[1, 4], opacity=0.7).encode(
        _percent_x("accuracy", title), alt.Detail("method:N")
    )
    intervals = base.mark_rule(strokeWidth=2.5, opacity=0.6).encode(
        _percent_x("low", title), alt.X2("high:Q"), _COLOUR
    )
    points = base.mark_point(size=80, filled=True, opacity=1).encode(
        _percent_x("accuracy", title),
        _COLOUR,
        alt.Shape(
            "split:N",
            scale=alt.Scale(domain=list(splits), range=["circle", "square"]),
            title=None,
            legend=alt.Legend(orient="top", columns=1, labelLimit=320, symbolFillColor=NEUTRAL),
        ),
    )
    layers = [connection, intervals, points]
    if baseline is not None:
        layers.append(_dashed_line(baseline))
    return layered(layers, _ROW_HEIGHT, frame)


def changes(frame: pd.DataFrame, title: str) -> alt.LayerChart:
    """Draw by how much the accuracy of each method changed.

    Parameters
    ----------
    frame
        Columns `method`, `change`, `low`, `high`, `colour` and `shape`.
    title
        Of the axis.
    """
    base = alt.Chart().encode(
        _method_axis(),
        tooltip("method", values=("change", "low", "high"), value_format="+.1%", counts=()),
    )
    axis = alt.Axis(format="+.0%", tickCount=7)
    intervals = base.mark_rule(style=INK).encode(
        alt.X("low:Q", title=title, axis=axis), alt.X2("high:Q")
    )
    points = base.mark_point(size=80, filled=True, opacity=1).encode(
        alt.X("change:Q"), _COLOUR, _SHAPE
    )
    return layered([_dashed_line(0.0), intervals, points], _ROW_HEIGHT, frame)


def heat_map(
    frame: pd.DataFrame, row_title: str, column_title: str, bar_title: str
) -> alt.LayerChart:
    """Draw shares from 0 to 1 as shaded cells with a text in each.

    Parameters
    ----------
    frame
        Columns `row`, `column`, `share` and `text`; the order of rows and columns is kept.
    row_title, column_title, bar_title
        Of the axes and the colour bar.
    """
    base = alt.Chart().encode(
        alt.X(
            "column:N",
            title=column_title or None,
            sort=None,
            axis=alt.Axis(labelAngle=-40, labelLimit=150, labelOverlap=False),
        ),
        alt.Y("row:N", title=row_title or None, sort=None, axis=FULL_LABELS),
        [*tooltip("row", "column", values=("share",), counts=()), alt.Tooltip("text:N")],
    )
    layers = [heat_map_cells(base, "share", bar_title), *heat_map_text(base, "share", "text")]
    return layered(layers, _CELL_HEIGHT, frame)


def lines(frame: pd.DataFrame, x_title: str) -> alt.LayerChart:
    """Draw the accuracy of each method over the levels of a condition.

    Parameters
    ----------
    frame
        With the column `level`: texts, in order.
    """
    x = alt.X(
        "level:N",
        title=x_title,
        sort=None,
        scale=alt.Scale(type="point", padding=0.1),
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    return _named_lines(frame, x, "level")


def curves(frame: pd.DataFrame, x: str, x_title: str, axis: alt.Axis) -> alt.LayerChart:
    """Draw the accuracy of each method over a column `x` of values from 0 to 1."""
    return _named_lines(frame, alt.X(f"{x}:Q", title=x_title, scale=UNIT_SCALE, axis=axis), x)


def reliability_diagram(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw accuracy by confidence, and the diagonal of perfect calibration.

    Parameters
    ----------
    frame
        Columns `confidence`, `accuracy`, `low`, `high` and `n`, one row per bin.
    """
    x = alt.X(
        "confidence:Q", title="mean confidence of the bin", scale=UNIT_SCALE, axis=PERCENT_AXIS
    )
    y = alt.Y("accuracy:Q", title="accuracy", scale=UNIT_SCALE, axis=PERCENT_AXIS)
    ends = pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]})
    diagonal = (
        alt.Chart(inline_data(ends))
        .mark_line(style=INK, strokeDash=[4, 4], strokeWidth=1, opacity=0.6)
        .encode(x, y)
    )
    base = alt.Chart().encode(x, y, tooltip(values=("confidence", "accuracy", "low", "high")))
    intervals = base.mark_rule(color=ACCENT, opacity=0.6).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    area = alt.Size("n:Q", legend=None, scale=alt.Scale(rangeMin=25, rangeMax=400))
    points = base.mark_point(color=ACCENT, filled=True, opacity=1).encode(area)
    counts = base.mark_text(style=INK, align="left", dx=11, dy=9, fontSize=10).encode(
        alt.Text("n:Q", format=",")
    )
    return layered([diagonal, intervals, points, counts], _LINES_HEIGHT, frame)


def scatter(frame: pd.DataFrame, x_title: str, y_title: str) -> alt.LayerChart:
    """Draw the accuracy of each method over its speed, on a log scale.

    Parameters
    ----------
    frame
        With the column `speed`.
    """
    slowest, fastest = _speed_range(frame["speed"])
    lowest = max(0.0, float(frame["low"].min()) - 0.05)
    x = alt.X(
        "speed:Q",
        title=x_title,
        scale=alt.Scale(type="log", domain=[10**slowest, 10**fastest], nice=False),
        axis=alt.Axis(values=[10**power for power in range(slowest, fastest + 1)], format=",d"),
    )
    scale = alt.Scale(domain=[lowest, 1], nice=False)
    y = alt.Y("accuracy:Q", title=y_title, scale=scale, axis=alt.Axis(format=".0%"))
    base = alt.Chart().encode(x, [*tooltip("method"), alt.Tooltip("speed:Q", format=",.0f")])
    intervals = base.mark_rule(opacity=0.5).encode(
        alt.Y("low:Q", scale=scale), alt.Y2("high:Q"), _COLOUR
    )
    points = base.mark_point(filled=True, opacity=1, size=80).encode(y, _COLOUR, _SHAPE)
    gap = (1 - lowest) * _TEXT_HEIGHT / (_SCATTER_HEIGHT - _AXIS_HEIGHT)
    names = _names(frame, x, 10.0**fastest, gap, scale)
    return layered([intervals, points, *names], _SCATTER_HEIGHT, frame)


def spread_out(values: Sequence[float], gap: float, highest: float) -> list[float]:
    """Move ascending values as little as needed to be `gap` apart and at most `highest`.

    >>> spread_out([0.2, 0.5, 0.5], 0.1, 1.0)
    [0.2, 0.45, 0.55]
    >>> spread_out([0.95, 1.0], 0.1, 1.0)
    [0.9, 1.0]
    """
    steps = gap * np.arange(len(values))
    placed = isotonic_regression(np.array(values) - steps).x
    placed = np.minimum(placed, highest - gap * (len(values) - 1)) + steps
    return [round(value, 6) for value in placed.tolist()]


def _named_lines(frame: pd.DataFrame, x: alt.X, level: str) -> alt.LayerChart:
    """Draw a line per method, with the name at its end."""
    y = alt.Y("accuracy:Q", title="accuracy", scale=UNIT_SCALE, axis=PERCENT_AXIS)
    base = alt.Chart().encode(x, alt.Detail("method:N"), tooltip("method", level))
    width = alt.StrokeWidthValue(1.5, condition={"test": "datum.own", "value": 2.5})
    intervals = base.mark_rule(opacity=0.5).encode(
        alt.Y("low:Q", scale=UNIT_SCALE), alt.Y2("high:Q"), _COLOUR
    )
    drawn = base.mark_line().encode(y, _COLOUR, width)
    points = base.mark_point(filled=True, opacity=1, size=45).encode(y, _COLOUR, _SHAPE)
    last = frame.groupby("method", sort=False).tail(1)
    end = 1.0 if frame[level].dtype == float else frame[level].iloc[-1]
    gap = _TEXT_HEIGHT / (_LINES_HEIGHT - _AXIS_HEIGHT)
    names = _names(last, x, end, gap, UNIT_SCALE)
    return layered([intervals, drawn, points, *names], _LINES_HEIGHT, frame)


def _names(
    frame: pd.DataFrame, x: alt.X, end: str | float, gap: float, scale: alt.Scale
) -> list[alt.Chart]:
    """Write the names of methods right of the axes, far enough apart to be read.

    They are in the order of the accuracies, and a thin line leads from each to its point.

    Parameters
    ----------
    frame
        The point of each method.
    x
        Its horizontal position.
    end
        Position of the right edge.
    gap
        Height of a name, as an accuracy.
    scale
        Of the accuracies.
    """
    ordered = frame.sort_values("accuracy")
    labels = spread_out(ordered["accuracy"].tolist(), gap, _HIGHEST_NAME)
    base = alt.Chart(inline_data(ordered.assign(label=labels, end=end)))
    kind = "N" if isinstance(end, str) else "Q"
    leaders = base.mark_rule(strokeWidth=0.75, opacity=0.55, x2Offset=_NAME_SHIFT - 3).encode(
        x, alt.X2(f"end:{kind}"), alt.Y("accuracy:Q", scale=scale), alt.Y2("label:Q"), _COLOUR
    )
    right = alt.X(f"end:{kind}", scale=x["scale"], axis=x["axis"], title=x["title"], sort=None)
    texts = base.encode(right, alt.Y("label:Q", scale=scale), alt.Text("method:N"))
    own, others = texts.transform_filter("datum.own"), texts.transform_filter("!datum.own")
    return [
        leaders,
        own.mark_text(style=INK, fontWeight="bold", align="left", dx=_NAME_SHIFT, fontSize=11),
        others.mark_text(style=INK, align="left", dx=_NAME_SHIFT, fontSize=11),
    ]


def _speed_range(speeds: pd.Series) -> tuple[int, int]:
    """Return the powers of ten that enclose all speeds."""
    low, high = np.log10(speeds.min()), np.log10(speeds.max()) + 0.01
    return int(np.floor(low)), int(np.ceil(high))


def _percent_x(column: str, title: str) -> alt.X:
    return alt.X(f"{column}:Q", title=title, scale=UNIT_SCALE, axis=PERCENT_AXIS)


def _method_axis() -> alt.Y:
    return alt.Y("method:N", title=None, sort=None, axis=FULL_LABELS)


def _dashed_line(value: float) -> alt.Chart:
    data = inline_data(pd.DataFrame({"at": [value]}))
    line: alt.Chart = alt.Chart(data).mark_rule(style=INK, strokeDash=[4, 4]).encode(alt.X("at:Q"))
    return line
