"""Charts with a row a method, and heat maps. Pure: a table in, a chart out."""

import altair as alt
import pandas as pd

from components.benchmark_marks import ACCENT, INK, OWN, SHARES, layered, tooltip

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
        axis=alt.Axis(format=".0%", values=SHARES),
    )


def _method() -> alt.Y:
    return alt.Y("method:N", title=None, sort=None, axis=_EVERY_LABEL)


def _line_at(value: float) -> alt.Chart:
    frame = pd.DataFrame({"at": [value]})
    line: alt.Chart = alt.Chart(frame).mark_rule(style=INK, strokeDash=[4, 4])
    return line.encode(x="at:Q")
