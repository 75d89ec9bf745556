"""Charts over an axis: named lines, and points. Pure: a table in, a chart out.

Charts with a row a method, and heat maps. Pure: a table in, a chart out.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from components.shared.charts import ACCENT, INK, OWN, FIFTHS, layered, tooltip

_PANEL = 380
_SCATTER = 480
"""Heights in pixels of a chart of lines and of a scatter plot, both with their axes."""
_AXES = 100
"""Pixels of these that the axis below takes on a page."""
_LABEL = 13
"""Pixels from one line of text to the next."""
_HIGHEST = 1.06
"""Where the uppermost name of a line may stand."""
_BESIDE = 0.075
"""Room at both ends of a line, by its steps: names behind few points find as much as others."""


def lines(frame: pd.DataFrame, x_title: str, y_title: str) -> alt.LayerChart:
    """A line a method through what was asked of it, each called by its name at its end.

    Parameters
    ----------
    frame
        Columns `method`, `asked` (texts, in order), `accuracy`, `low`, `high`, `n` and `own`.
    """
    steps = max(1, frame["asked"].nunique() - 1)
    x = alt.X(
        "asked:N",
        title=x_title,
        sort=None,
        scale=alt.Scale(type="point", padding=_BESIDE * steps),
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    return _labelled_lines(frame, x, y_title)


def curves(frame: pd.DataFrame, x_title: str, y_title: str, x_format: str) -> alt.LayerChart:
    """A line a method over figures from 0 to 1, each called by its name at its end.

    Parameters
    ----------
    frame
        Columns `method`, `asked` (0 to 1), `accuracy`, `low`, `high`, `n` and `own`.
    """
    x = alt.X(
        "asked:Q",
        title=x_title,
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format=x_format, values=FIFTHS),
    )
    return _labelled_lines(frame, x, y_title)


def reliability(frame: pd.DataFrame) -> alt.LayerChart:
    """How often a method is right by how sure it is, with the diagonal of one that knows.

    Parameters
    ----------
    frame
        Columns `sure`, `accuracy`, `low`, `high` and `n`, a row a bin.
    """
    percent = alt.Axis(format=".0%", values=FIFTHS)
    whole = alt.Scale(domain=[0, 1], nice=False)
    ideal = (
        alt.Chart(pd.DataFrame({"sure": [0.0, 1.0], "accuracy": [0.0, 1.0]}))
        .mark_line(style=INK, strokeDash=[4, 4], strokeWidth=1, opacity=0.6)
        .encode(
            x=alt.X("sure:Q", title="how sure, mean of a bin", scale=whole, axis=percent),
            y=alt.Y("accuracy:Q", title="right", scale=whole, axis=percent),
        )
    )
    base = alt.Chart(frame).encode(
        x=alt.X("sure:Q", scale=whole),
        y=alt.Y("accuracy:Q", scale=whole),
        tooltip=[
            alt.Tooltip("sure:Q", format=".1%"),
            alt.Tooltip("accuracy:Q", title="right", format=".1%"),
            alt.Tooltip("n:Q", format=","),
        ],
    )
    spread = base.mark_rule(color=ACCENT, opacity=0.6).encode(y="low:Q", y2="high:Q")
    area = alt.Size("n:Q", legend=None, scale=alt.Scale(rangeMin=25, rangeMax=400))
    points = base.mark_point(color=ACCENT, filled=True, opacity=1).encode(size=area)
    counts = base.mark_text(style=INK, align="left", dx=11, dy=9, fontSize=10).encode(
        text=alt.Text("n:Q", format=",")
    )
    return layered([ideal, spread, points, counts], _PANEL)


def scatter(frame: pd.DataFrame, x_title: str, y_title: str) -> alt.LayerChart:
    """A point a method, speed to the right on a log scale and accuracy upwards, with its name.

    Parameters
    ----------
    frame
        Columns `method`, `speed`, `accuracy`, `low`, `high`, `n` and `own`.
    """
    slowest, fastest = (round(bound) for bound in np.log10(_bounds(frame["speed"])))
    lowest = max(0.0, float(frame["low"].min()) - 0.05)
    x = alt.X(
        "speed:Q",
        title=x_title,
        scale=alt.Scale(type="log", domain=[10**slowest, 10**fastest], nice=False),
        axis=alt.Axis(values=[10**power for power in range(slowest, fastest + 1)], format=",d"),
    )
    scale = alt.Scale(domain=[lowest, 1], nice=False)
    y = alt.Y("accuracy:Q", title=y_title, scale=scale, axis=alt.Axis(format=".0%"))
    named = _named_apart(frame, lowest, slowest, fastest)
    base = alt.Chart(named).encode(
        x=x, tooltip=[*tooltip("method"), alt.Tooltip("speed:Q", format=",.0f")]
    )
    intervals = base.mark_rule(style=INK, strokeWidth=1, opacity=0.35).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q"
    )
    points = base.mark_point(filled=True, opacity=1, size=70).encode(y=y, color=OWN)
    names = _names(base.encode(y=alt.Y("label:Q", scale=scale)))
    return layered([intervals, points, *names], _SCATTER)


def apart(values: Sequence[float], gap: float, highest: float) -> list[float]:
    """Ascending values, moved as little as keeps them so far apart, and up to a highest one.

    >>> apart([0.2, 0.5, 0.5], 0.1, 1.0)
    [0.2, 0.45, 0.55]
    >>> apart([0.95, 1.0], 0.1, 1.0)
    [0.9, 1.0]
    """
    steps = gap * np.arange(len(values))
    placed = isotonic_regression(np.array(values) - steps).x
    placed = np.minimum(placed, highest - gap * (len(values) - 1)) + steps
    return [round(value, 6) for value in placed.tolist()]


def _labelled_lines(frame: pd.DataFrame, x: alt.X, y_title: str) -> alt.LayerChart:
    ends = _ends(frame)
    scale = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("accuracy:Q", title=y_title, scale=scale, axis=alt.Axis(format=".0%", values=FIFTHS))
    base = alt.Chart(frame).encode(x=x, detail="method:N", tooltip=tooltip("method", "asked"))
    width = alt.condition("datum.own", alt.value(2.5), alt.value(1.5))
    drawn = base.mark_line().encode(y=y, color=OWN, strokeWidth=width)
    intervals = base.mark_rule(opacity=0.5).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q", color=OWN
    )
    points = base.mark_point(filled=True, opacity=1, size=28).encode(y=y, color=OWN)
    names = _names(alt.Chart(ends).encode(x=x, y=alt.Y("label:Q", scale=scale)))
    return layered([intervals, drawn, points, *names], _PANEL)


def _names(base: alt.Chart) -> list[alt.Chart]:
    """The names of methods to the right of where they stand, GeneKin's own in bold."""
    own = base.transform_filter("datum.own").mark_text(
        style=INK, fontWeight="bold", align="left", dx=8, fontSize=11
    )
    others = base.transform_filter("!datum.own").mark_text(
        style=INK, align="left", dx=8, fontSize=11
    )
    return [own.encode(text="method:N"), others.encode(text="method:N")]


def _ends(frame: pd.DataFrame) -> pd.DataFrame:
    """Where the names of lines stand: at their last points, so far apart that they can be read."""
    last = frame.groupby("method", sort=False).tail(1).sort_values("accuracy")
    return last.assign(label=apart(last["accuracy"].tolist(), _LABEL / (_PANEL - _AXES), _HIGHEST))


def _bounds(speeds: pd.Series) -> tuple[float, float]:
    """From where to where the axis of speeds goes: whole powers of ten, with room for a name."""
    low, high = np.log10(speeds.min()), np.log10(speeds.max()) + 0.6
    return 10 ** np.floor(low), 10 ** np.ceil(high)


def _named_apart(frame: pd.DataFrame, lowest: float, slowest: int, fastest: int) -> pd.DataFrame:
    """Where names stand: beside their points, those of near points above each other."""
    widest = 0.28 * (fastest - slowest)  # Of a name, in powers of ten.
    gap = (1 - lowest) * _LABEL / (_SCATTER - _AXES)
    speeds = np.log10(frame["speed"].to_numpy())
    placed: list[tuple[float, float]] = []
    for speed, height in sorted(zip(speeds, frame["accuracy"], strict=True), key=lambda at: at[1]):
        near = [other for at, other in placed if abs(at - speed) < widest]
        placed.append((speed, max([height, *(other + gap for other in near)])))
    labels = [height for _, height in placed]
    return frame.sort_values("accuracy").assign(label=labels)


_ROW = 24
"""Height of a row, in pixels."""
_FIGURES, _ROOM = 1.03, 1.2
"""Where figures behind bars stand on the axis of shares, and where it then ends."""
_EVERY_LABEL = alt.Axis(labelLimit=190, labelOverlap=False, labelFlush=False)


def bars(
    frame: pd.DataFrame, title: str | list[str], baseline: float | None = None
) -> alt.LayerChart:
    """A bar a method with its interval and its figure, and a line that all should pass.

    Parameters
    ----------
    frame
        Columns `method`, `accuracy`, `low`, `high`, `n` and `own`; the order is kept.
    title
        Of the axis.
    baseline
        Where the line stands; None if there is none.
    """
    base = alt.Chart(frame).encode(
        x=_share("accuracy", title, room=True), y=_method(), tooltip=tooltip("method")
    )
    layers: list[alt.Chart] = [
        base.mark_bar(height={"band": 0.68}).encode(color=OWN),
        base.mark_rule(style=INK, strokeWidth=1.2).encode(x="low:Q", x2="high:Q"),
        base.mark_text(style=INK, align="left").encode(
            x=alt.datum(_FIGURES), text=alt.Text("accuracy:Q", format=".1%")
        ),
    ]
    if baseline is not None:
        layers.append(_line_at(baseline))
    return layered(layers, alt.Step(_ROW))


def dumbbells(
    frame: pd.DataFrame, title: str, sides: tuple[str, str], baseline: float | None = None
) -> alt.LayerChart:
    """Two points a method with their intervals, and the way from one to the other.

    Parameters
    ----------
    frame
        Columns `method`, `split`, `accuracy`, `low`, `high`, `n` and `own`; a method's two rows
        one after the other.
    sides
        What the filled and the empty points are called.
    """
    base = alt.Chart(frame).encode(y=_method(), tooltip=tooltip("method", "split"))
    way = base.mark_line(style=INK, strokeDash=[1, 4], opacity=0.7).encode(
        x=_share("accuracy", title), detail="method:N"
    )
    spread = base.mark_rule(strokeWidth=2.5, opacity=0.6).encode(
        x=_share("low", title), x2="high:Q", color=OWN
    )
    shape = alt.Scale(domain=list(sides), range=["circle", "square"])
    points = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=_share("accuracy", title),
        color=OWN,
        shape=alt.Shape(
            "split:N", scale=shape, title=None, legend=alt.Legend(orient="top", labelLimit=320)
        ),
    )
    layers = [way, spread, points]
    if baseline is not None:
        layers.append(_line_at(baseline))
    return layered(layers, alt.Step(_ROW))


def changes(frame: pd.DataFrame, title: str) -> alt.LayerChart:
    """A point a method: by how much its accuracy changed, with its interval.

    Parameters
    ----------
    frame
        Columns `method`, `change`, `low`, `high` and `own`; the order is kept.
    """
    base = alt.Chart(frame).encode(
        y=_method(),
        tooltip=[
            "method:N",
            *(alt.Tooltip(f"{name}:Q", format="+.1%") for name in ("change", "low", "high")),
        ],
    )
    axis = alt.Axis(format="+.0%", tickCount=7)
    spread = base.mark_rule(style=INK).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    points = base.mark_point(size=80, filled=True, opacity=1).encode(x="change:Q", color=OWN)
    return layered([_line_at(0.0), spread, points], alt.Step(_ROW))


def cells(frame: pd.DataFrame, row_title: str, column_title: str) -> alt.LayerChart:
    """A heat map of shares from 0 to 1 with a figure in every cell.

    Parameters
    ----------
    frame
        Columns `row`, `column`, `share` and `figure`; the order of both is kept.
    """
    base = alt.Chart(frame).encode(
        x=alt.X(
            "column:N",
            title=column_title,
            sort=None,
            axis=alt.Axis(labelAngle=-40, labelLimit=150, labelOverlap=False),
        ),
        y=alt.Y("row:N", title=row_title, sort=None, axis=_EVERY_LABEL),
        tooltip=["row:N", "column:N", alt.Tooltip("share:Q", format=".1%"), "figure:N"],
    )
    filled = base.mark_rect(color=ACCENT).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    )
    on_light = base.mark_text(style=INK).encode(text="figure:N").transform_filter("datum.share<.5")
    on_dark = (
        base.mark_text(color="#FFFFFF").encode(text="figure:N").transform_filter("datum.share>=.5")
    )
    return layered([filled, on_light, on_dark], alt.Step(34))


def _share(name: str, title: str | list[str], *, room: bool = False) -> alt.X:
    return alt.X(
        f"{name}:Q",
        title=title,
        scale=alt.Scale(domain=[0, _ROOM if room else 1], nice=False),
        axis=alt.Axis(format=".0%", values=FIFTHS),
    )


def _method() -> alt.Y:
    return alt.Y("method:N", title=None, sort=None, axis=_EVERY_LABEL)


def _line_at(value: float) -> alt.Chart:
    frame = pd.DataFrame({"at": [value]})
    line: alt.Chart = alt.Chart(frame).mark_rule(style=INK, strokeDash=[4, 4])
    return line.encode(x="at:Q")
