"""Charts of a comparison of organisms. Pure: data in, figure out.

Organisms are told apart by position, shape and label, because colours belong to families.
"""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from components.shared.charts import (
    ACCENT,
    DECIMAL_AXIS,
    FULL_LABELS,
    INK,
    UNIT_SCALE,
    heat_map_cells,
    heat_map_text,
    inline_data,
    layered,
    tooltip,
)
from components.shared.figure import Figure, Panel
from components.shared.palette import NEUTRAL, family_colour
from core.bootstrap import Estimate
from core.sequences.families import family_name
from core.similarity import Comparison, Similarity

_BINS = 25
_HISTOGRAM_HEIGHT = 210
_LOW_HISTOGRAM_HEIGHT = 150
MAX_BESIDE_MATRIX = 2
"""Histograms up to which they stand beside the matrix, one below the other."""
_MAX_WITH_INTERVALS = 6
"""Organisms up to which a matrix has room for intervals."""
_INTERVAL_WIDTH = 80
"""Pixels of a cell that an interval needs."""
_MAX_LEVEL_LETTERS = 24
"""Letters of all names up to which they fit beside each other on a phone."""
MAX_HISTOGRAMS = 12
"""Organisms whose distributions are drawn: the most similar ones."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
_SIMILARITY = "best-hit cosine similarity"
_MEAN = f"mean {_SIMILARITY}"
_MATRIX_NOTES = (
    (
        "Each gene of the organism in a row is compared with all genes of the organism in a column,"
        " and the similarities of the best hits are averaged. 1: the same k-mers; 0: none shared."
        " This is not the percent identity of genomes."
    ),
    (
        "The two directions differ: a gene without a counterpart in the other organism lowers the"
        " mean of its own row only."
    ),
)


def matrix_figure(comparison: Comparison) -> Figure:
    """Draw the mean similarity of every pair of organisms, in both directions."""
    with_intervals = len(comparison.organisms) <= _MAX_WITH_INTERVALS
    table = pd.DataFrame(
        {
            "genes of": pair.organism,
            "nearest in": pair.reference,
            "row": f"{pair.organism} (n = {pair.n:,})",
            **_estimate_columns(pair.estimate),
            "figure": f"{pair.mean:.3f}",
            "interval": f"{pair.estimate.low:.3f} to {pair.estimate.high:.3f}",
        }
        for pair in comparison.pairs.values()
    )
    names = list(comparison.organisms)
    base = alt.Chart().encode(
        alt.X(
            "nearest in:N",
            title="best hit in",
            sort=names,
            axis=alt.Axis(
                orient="top",
                labelAngle=0 if sum(map(len, names)) <= _MAX_LEVEL_LETTERS else -40,
                labelLimit=160,
                labelOverlap=False,
            ),
        ),
        alt.Y("row:N", title="genes of", sort=table["row"].unique().tolist(), axis=FULL_LABELS),
        _tooltip("genes of", "nearest in"),
    )
    layers = [
        heat_map_cells(base, "mean"),
        *heat_map_text(
            base, "mean", "figure", _font_size(names, 15, 11), dy=-7 if with_intervals else 0
        ),
    ]
    if with_intervals:
        layers += heat_map_text(base, "mean", "interval", _font_size(names, 11, 0), dy=11)
    chart = layered(layers, alt.Step(58 if with_intervals else 34), table)
    intervals = ", with 95% bootstrap CIs where there is room" if with_intervals else ""
    caption = (
        f"{_MEAN.capitalize()} of the genes in each row with the organism in each column"
        f" ({comparison.encoder} encoder){intervals}."
    )
    return Figure(
        "Pairwise organism similarity", (Panel("", chart),), caption, table, _MATRIX_NOTES
    )


def _font_size(names: Sequence[str], wide: int, narrow: int) -> alt.ExprRef:
    """Choose a font size by whether a cell has room for an interval; a file always has."""
    return alt.ExprRef(f"width && width < {_INTERVAL_WIDTH * len(names)} ? {narrow} : {wide}")


def distribution_figure(pairs: Sequence[Similarity], encoder: str) -> Figure:
    """Draw a histogram of the similarities of each pair of organisms."""
    drawn = pairs[:MAX_HISTOGRAMS]
    frames = [_histogram(pair) for pair in drawn]
    height = _LOW_HISTOGRAM_HEIGHT if len(pairs) <= MAX_BESIDE_MATRIX else _HISTOGRAM_HEIGHT
    highest = max(frame["share"].max() for frame in frames)
    panels = tuple(
        Panel(
            f"{pair.organism} → {pair.reference}, n = {pair.n:,}",
            _histogram_chart(frame, pair.mean, float(highest), height),
        )
        for pair, frame in zip(drawn, frames, strict=True)
    )
    caption = (
        f"{_SIMILARITY.capitalize()} of the genes ({encoder} encoder), in bins of {1 / _BINS:.2f}."
        f" Dashed: mean.{_closest_only(len(drawn), len(pairs))}"
    )
    return Figure("Distributions", panels, caption, pd.concat(frames, ignore_index=True))


def _histogram(pair: Similarity) -> pd.DataFrame:
    counts, edges = np.histogram(pair.best, bins=_BINS, range=(0, 1))
    return pd.DataFrame(
        {
            "genes of": pair.organism,
            "nearest in": pair.reference,
            "from": edges[:-1].round(2),
            "to": edges[1:].round(2),
            "genes": counts,
            "share": counts / pair.n,
        }
    )


def _histogram_chart(
    frame: pd.DataFrame, mean: float, highest: float, height: int
) -> alt.LayerChart:
    bars = (
        alt.Chart()
        .mark_bar(color=ACCENT, binSpacing=1)
        .encode(
            alt.X("from:Q", bin="binned", title=_SIMILARITY, scale=UNIT_SCALE, axis=DECIMAL_AXIS),
            alt.X2("to:Q"),
            alt.Y(
                "share:Q",
                title="share of genes",
                scale=alt.Scale(domain=[0, highest], nice=True),
                axis=alt.Axis(format=".0%", tickCount=4),
            ),
            [alt.Tooltip("from:Q"), alt.Tooltip("to:Q"), alt.Tooltip("genes:Q", format=",")],
        )
    )
    label = pd.DataFrame({"mean": [mean], "label": [f"mean {mean:.3f}"]})
    base = alt.Chart(inline_data(label)).encode(alt.X("mean:Q"))
    rule = base.mark_rule(style=INK, strokeDash=[4, 3], strokeWidth=1.4)
    right = mean > 0.5
    text = base.mark_text(
        style=INK, align="right" if right else "left", dx=-6 if right else 6, y=2, baseline="top"
    ).encode(alt.Text("label:N"))
    return layered([bars, rule, text], height, frame)


def family_figure(pairs: Sequence[Similarity], names: Mapping[int, str], encoder: str) -> Figure:
    """Draw the mean similarity of each family, for each of the most similar organisms."""
    drawn = pairs[: len(_SHAPES)]
    table = pd.DataFrame(
        {
            "family": family_name(names, family),
            "number": family,
            "genes of": pair.organism,
            "nearest in": pair.reference,
            **_estimate_columns(estimate),
        }
        for pair in drawn
        for family, estimate in pair.by_family.items()
    ).sort_values("number", kind="stable")
    families = dict(zip(table["family"], table["number"], strict=True))
    organisms = [pair.organism for pair in drawn]
    base = alt.Chart().encode(
        alt.Y("family:N", title=None, sort=list(families), axis=FULL_LABELS),
        alt.YOffset("genes of:N", sort=organisms),
        alt.Color(
            "family:N",
            legend=None,
            scale=alt.Scale(
                domain=list(families),
                range=[family_colour(number) for number in families.values()],
            ),
        ),
        _tooltip("family", "genes of"),
    )
    intervals = base.mark_rule(strokeWidth=2).encode(
        _mean_axis(drawn[0].reference), alt.X2("high:Q")
    )
    points = base.mark_point(filled=True, size=75, opacity=1).encode(
        alt.X("mean:Q", scale=UNIT_SCALE),
        alt.Shape(
            "genes of:N",
            title="genes of",
            scale=alt.Scale(domain=organisms, range=list(_SHAPES[: len(organisms)])),
            legend=alt.Legend(orient="top", labelLimit=240, symbolFillColor=NEUTRAL),
        ),
    )
    chart = layered([intervals, points], alt.Step(13 if len(organisms) > 1 else 26), table)
    caption = (
        f"{_MEAN.capitalize()} by family, with 95% bootstrap CIs ({encoder} encoder). The downloads"
        f" give n for each family.{_closest_only(len(drawn), len(pairs))}"
    )
    return _figure("By family", chart, caption, table.drop(columns="number"))


def encoder_figure(comparisons: Sequence[Comparison], to: str) -> Figure:
    """Draw the mean similarities with an organism by each of two encoders."""
    table = pd.DataFrame(
        {
            "genes of": pair.organism,
            "nearest in": to,
            "encoder": comparison.encoder,
            **_estimate_columns(pair.estimate),
        }
        for comparison in comparisons
        for pair in comparison.rank_against(to)
    )
    organisms = [pair.organism for pair in comparisons[0].rank_against(to)]
    base = alt.Chart().encode(
        alt.Y("genes of:N", sort=organisms, title="genes of", axis=FULL_LABELS),
        _tooltip("genes of", "encoder"),
    )
    intervals = base.mark_rule(color=ACCENT, strokeWidth=2).encode(_mean_axis(to), alt.X2("high:Q"))
    encoders = [comparison.encoder for comparison in comparisons]
    points = base.mark_point(color=ACCENT, filled=True, size=90, opacity=1).encode(
        alt.X("mean:Q", scale=UNIT_SCALE),
        alt.Shape(
            "encoder:N",
            scale=alt.Scale(domain=encoders, range=["circle", "square"]),
            legend=alt.Legend(orient="top", symbolFillColor=ACCENT),
        ),
    )
    chart = layered([intervals, points], alt.Step(30), table)
    caption = (
        "The two encoders are not on one scale: count compares DNA k-mers, which even unrelated"
        " genes share; translated compares the encoded proteins. Compare the order of the"
        " organisms, not the values."
    )
    return _figure("By encoder", chart, caption, table)


def _figure(title: str, chart: alt.LayerChart, caption: str, table: pd.DataFrame) -> Figure:
    return Figure(title, (Panel("", chart),), caption, table)


def _closest_only(drawn: int, total: int) -> str:
    return f" Only the {drawn} most similar of {total} organisms are shown." * (drawn < total)


def _estimate_columns(estimate: Estimate) -> dict[str, float | int]:
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.n}


def _mean_axis(organism: str) -> alt.X:
    title = [_MEAN, f"with {organism} genes"]
    return alt.X("low:Q", title=title, scale=UNIT_SCALE, axis=DECIMAL_AXIS)


def _tooltip(*names: str) -> list[alt.Tooltip]:
    return tooltip(*names, values=("mean", "low", "high"), value_format=".4f")
