"""Pure figure builders: data in, figure out."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from components.palette import family_colour
from core.similarity import Similarity


def family_bars(shares: Mapping[int, float], names: Mapping[int, str], title: str) -> alt.Chart:
    """Horizontal bars, one a family, the largest first; `shares` are fractions."""
    frame = pd.DataFrame(
        {"family": names.get(number, f"class {number}"), "share": share, "number": number}
        for number, share in shares.items()
    )
    scale = alt.Scale(
        domain=list(frame["family"]), range=[family_colour(number) for number in frame["number"]]
    )
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(height={"band": 0.7})
        .encode(
            x=alt.X("share:Q", title=title, axis=alt.Axis(format="%"), scale={"domain": [0, 1]}),
            y=alt.Y("family:N", title=None, sort=None, axis=_EVERY_LABEL),
            color=alt.Color("family:N", scale=scale, legend=None),
            tooltip=["family:N", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=alt.Step(28))
    )
    return chart


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
                axis=alt.Axis(tickMinStep=1, format=",d", labelFlush=True),
            ),
            color=alt.Color("family:N", scale=scale, legend=None),
            order=alt.Order("number:O"),
            tooltip=["family:N", alt.Tooltip("genes:Q", format=",")],
        )
        .properties(height=64)
    )
    return chart


def similarity_matrix(pairs: Sequence[Similarity]) -> alt.LayerChart:
    """A heat map of mean best inner products, the figures written into it."""
    frame = pd.DataFrame(
        {"genes of": pair.of, "nearest in": pair.to, "mean": pair.mean, "n": pair.n}
        for pair in pairs
    )
    base = alt.Chart(frame).encode(
        x=alt.X("nearest in:N", sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("genes of:N", sort=None),
        tooltip=["genes of:N", "nearest in:N", alt.Tooltip("mean:Q", format=".4f"), "n:Q"],
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "mean:Q",
            title="mean best inner product",
            scale=alt.Scale(scheme="viridis", domain=[0, 1]),
        )
    )
    figures = base.mark_text(fontSize=15).encode(
        text=alt.Text("mean:Q", format=".3f"),
        color=alt.condition("datum.mean > 0.6", alt.value("#1B2328"), alt.value("#FFFFFF")),
    )
    chart: alt.LayerChart = cells + figures
    return chart.properties(height=90 + 60 * frame["genes of"].nunique())


_EVERY_LABEL = alt.Axis(labelLimit=220, labelOverlap=False)
