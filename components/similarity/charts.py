"""Figures of how close organisms are. Pure: data in, figure out.

Organisms are told apart by position, shape and label; colours are the families'.
"""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from components.shared.charts import ACCENT, INK
from components.shared.figure import Figure, Panel
from components.shared.palette import family_colour
from core.bootstrap import Estimate
from core.similarity import Comparison, Similarity

_BINS = 25
_PANEL = 210
_MOST_WITH_INTERVALS = 6
"""Organisms up to which a matrix has room for intervals."""
_CELL = 80
"""Pixels that an interval asks for."""
_MOST_LETTERS = 24
"""Letters of names up to which they stand beside each other on a telephone."""
MOST_PANELS = 12
"""Organisms that distributions are drawn of: the closest."""
_MOST_SHAPES = 5
_DARK = 0.85
"""The mean from which on a cell asks for white figures on any ground."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
_PRODUCT = "best inner product"
_MEAN = f"mean {_PRODUCT}"
_WHOLE = alt.Scale(domain=[0, 1], nice=False)
_TENTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]
_EVERY_LABEL = alt.Axis(labelLimit=220, labelOverlap=False)


def matrix(comparison: Comparison) -> Figure:
    """Every organism with every other, both ways: the mean, its interval, and n."""
    with_intervals = len(comparison.organisms) <= _MOST_WITH_INTERVALS
    table = pd.DataFrame(
        {
            "genes of": pair.of,
            "nearest in": pair.to,
            "row": f"{pair.of} (n = {pair.n:,})",
            **_columns(pair.estimate),
            "figure": f"{pair.mean:.3f}",
            "interval": f"{pair.estimate.low:.3f} to {pair.estimate.high:.3f}",
        }
        for pair in comparison.pairs.values()
    )
    names = list(comparison.organisms)
    rows = list(dict.fromkeys(table["row"]))
    base = alt.Chart(table).encode(
        x=alt.X(
            "nearest in:N",
            title="nearest gene in",
            sort=names,
            axis=alt.Axis(
                orient="top",
                labelAngle=0 if sum(map(len, names)) <= _MOST_LETTERS else -40,
                labelLimit=160,
                labelOverlap=False,
            ),
        ),
        y=alt.Y("row:N", title="genes of", sort=rows, axis=_EVERY_LABEL),
        tooltip=["genes of:N", "nearest in:N", *_tooltip()],
    )
    cells = base.mark_rect(color=ACCENT).encode(
        opacity=alt.Opacity("mean:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    )
    light = base.transform_filter(f"datum.mean < {_DARK}")
    dark = base.transform_filter(f"datum.mean >= {_DARK}")
    above = -7 if with_intervals else 0
    large = _where_wide(names, 15, 11)
    layers = [
        cells,
        light.mark_text(style=INK, fontSize=large, dy=above).encode(text="figure:N"),
        dark.mark_text(color="#FFFFFF", fontSize=large, dy=above).encode(text="figure:N"),
    ]
    if with_intervals:
        small = _where_wide(names, 11, 0)
        layers += [
            light.mark_text(style=INK, fontSize=small, dy=11).encode(text="interval:N"),
            dark.mark_text(color="#FFFFFF", fontSize=small, dy=11).encode(text="interval:N"),
        ]
    chart = alt.LayerChart(layer=layers).properties(height=alt.Step(58 if with_intervals else 34))
    intervals = ", with 95% bootstrap intervals where there is room" if with_intervals else ""
    says = (
        f"Cells: {_MEAN} of the genes of a row with the genes of a column"
        f" ({comparison.encoder} encoder){intervals}; the stronger"
        " the shade, the closer. The two directions differ where one organism has genes that the"
        " other has not."
    )
    return _figure("Every organism with every other", chart, says, table)


def _where_wide(names: Sequence[str], wide: int, narrow: int) -> alt.ExprRef:
    """A font's size, by whether a cell has room for an interval; a file for a paper has."""
    return alt.ExprRef(f"width && width < {_CELL * len(names)} ? {narrow} : {wide}")


def distributions(pairs: Sequence[Similarity], encoder: str) -> Figure:
    """How the best inner products of each pair are spread, not only their mean."""
    drawn = pairs[:MOST_PANELS]
    frames = [_histogram(pair) for pair in drawn]
    highest = max(frame["share"].max() for frame in frames)
    panels = tuple(
        Panel(
            f"{pair.of} → {pair.to}, n = {pair.n:,}",
            _histogram_chart(frame, pair.mean, float(highest)),
        )
        for pair, frame in zip(drawn, frames, strict=True)
    )
    says = (
        f"Genes by the inner product with their nearest gene ({encoder} encoder), in bins of"
        f" {1 / _BINS:.2f}; the dashed line is the mean."
    )
    if len(pairs) > MOST_PANELS:
        says += f" Only the {MOST_PANELS} closest of {len(pairs)} organisms are drawn."
    return Figure("Distributions", panels, says, pd.concat(frames, ignore_index=True))


def _histogram(pair: Similarity) -> pd.DataFrame:
    counts, edges = np.histogram(pair.best, bins=_BINS, range=(0, 1))
    return pd.DataFrame(
        {
            "genes of": pair.of,
            "nearest in": pair.to,
            "from": edges[:-1].round(2),
            "to": edges[1:].round(2),
            "genes": counts,
            "share": counts / pair.n,
        }
    )


def _histogram_chart(frame: pd.DataFrame, mean: float, highest: float) -> alt.LayerChart:
    bars = (
        alt.Chart(frame)
        .mark_bar(color=ACCENT, binSpacing=1)
        .encode(
            x=alt.X("from:Q", bin="binned", title=_PRODUCT, scale=_WHOLE, axis=_axis()),
            x2="to:Q",
            y=alt.Y(
                "share:Q",
                title="share of genes",
                scale=alt.Scale(domain=[0, highest], nice=True),
                axis=alt.Axis(format=".0%", tickCount=4),
            ),
            tooltip=["from:Q", "to:Q", alt.Tooltip("genes:Q", format=",")],
        )
    )
    at = alt.Chart(pd.DataFrame({"mean": [mean], "label": [f"mean {mean:.3f}"]})).encode(x="mean:Q")
    rule = at.mark_rule(style=INK, strokeDash=[4, 3], strokeWidth=1.4)
    right = mean > 0.5
    label = at.mark_text(
        style=INK, align="right" if right else "left", dx=-6 if right else 6, baseline="top"
    ).encode(y=alt.value(2), text="label:N")
    chart: alt.LayerChart = alt.LayerChart(layer=[bars, rule, label]).properties(height=_PANEL)
    return chart


def by_family(pairs: Sequence[Similarity], names: Mapping[int, str], encoder: str) -> Figure:
    """The mean of each family, for each of the closest organisms."""
    drawn = pairs[:_MOST_SHAPES]
    table = pd.DataFrame(
        {
            "family": names.get(family, f"class {family}"),
            "number": family,
            "genes of": pair.of,
            "nearest in": pair.to,
            **_columns(found),
        }
        for pair in drawn
        for family, found in pair.by_family.items()
    ).sort_values("number", kind="stable")
    families = list(dict.fromkeys(zip(table["family"], table["number"], strict=True)))
    organisms = [pair.of for pair in drawn]
    base = alt.Chart(table).encode(
        y=alt.Y("family:N", title=None, sort=[name for name, _ in families], axis=_EVERY_LABEL),
        yOffset=alt.YOffset("genes of:N", sort=organisms),
        color=alt.Color(
            "family:N",
            legend=None,
            scale=alt.Scale(
                domain=[name for name, _ in families],
                range=[family_colour(number) for _, number in families],
            ),
        ),
        tooltip=["family:N", "genes of:N", *_tooltip()],
    )
    spread = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=[_MEAN, f"with {drawn[0].to} genes"], scale=_WHOLE, axis=_axis()),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=75, opacity=1).encode(
        x=alt.X("mean:Q", scale=_WHOLE),
        shape=alt.Shape(
            "genes of:N",
            title="genes of",
            scale=alt.Scale(domain=organisms, range=list(_SHAPES[: len(organisms)])),
            legend=alt.Legend(orient="top", labelLimit=240, symbolFillColor="#8A949B"),
        ),
    )
    chart = alt.LayerChart(layer=[spread, points]).properties(
        height=alt.Step(13 if len(organisms) > 1 else 26)
    )
    says = (
        f"{_MEAN.capitalize()} by family, with 95% bootstrap intervals ({encoder} encoder);"
        " how many genes each is of stands in the table."
    )
    if len(pairs) > len(drawn):
        says += f" Only the {len(drawn)} closest of {len(pairs)} organisms are drawn."
    return _figure("By family", chart, says, table.drop(columns="number"))


def by_encoder(comparisons: Sequence[Comparison], to: str) -> Figure:
    """The same means by one encoder and by the other."""
    table = pd.DataFrame(
        {
            "genes of": pair.of,
            "nearest in": to,
            "encoder": comparison.encoder,
            **_columns(pair.estimate),
        }
        for comparison in comparisons
        for pair in comparison.seen_from(to)
    )
    organisms = [pair.of for pair in comparisons[0].seen_from(to)]
    base = alt.Chart(table).encode(
        y=alt.Y("genes of:N", sort=organisms, title="genes of", axis=_EVERY_LABEL),
        tooltip=["genes of:N", "encoder:N", *_tooltip()],
    )
    spread = base.mark_rule(color=ACCENT, strokeWidth=2).encode(
        x=alt.X("low:Q", title=[_MEAN, f"with {to} genes"], scale=_WHOLE, axis=_axis()), x2="high:Q"
    )
    points = base.mark_point(color=ACCENT, filled=True, size=90, opacity=1).encode(
        x=alt.X("mean:Q", scale=_WHOLE),
        shape=alt.Shape(
            "encoder:N",
            scale=alt.Scale(
                domain=[comparison.encoder for comparison in comparisons],
                range=["circle", "square"],
            ),
            legend=alt.Legend(orient="top", symbolFillColor=ACCENT),
        ),
    )
    chart = alt.LayerChart(layer=[spread, points]).properties(height=alt.Step(30))
    says = (
        "The figures of two encoders are not on one scale: count compares words of the DNA, which"
        " even strangers share; translated compares what the DNA codes for. The order of the"
        " organisms is what can be compared."
    )
    return _figure("By encoder", chart, says, table)


def _figure(title: str, chart: alt.LayerChart, says: str, table: pd.DataFrame) -> Figure:
    return Figure(title, (Panel("", chart),), says, table)


def _columns(estimate: Estimate) -> dict[str, float | int]:
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.n}


def _tooltip() -> list[alt.Tooltip]:
    return [
        *(alt.Tooltip(f"{name}:Q", format=".4f") for name in ("mean", "low", "high")),
        alt.Tooltip("n:Q", format=","),
    ]


def _axis() -> alt.Axis:
    return alt.Axis(format=".1f", values=_TENTHS)
