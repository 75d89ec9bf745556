"""Charts of an organism's genes, by family and by length. Pure: counts in, chart out."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from components.shared.charts import inline_data
from components.shared.formatting import family_name
from components.shared.palette import NEUTRAL, family_colour

_MAX_LENGTH_BARS = 30
_PADDING = {"bottom": 4}
_LAST_LABEL_WIDTH = 14
"""Pixels by which the last label of an axis may stick out."""


def family_chart(counts: Mapping[int, int], names: Mapping[int, str]) -> alt.Chart:
    """Return one stacked bar of the number of genes of each family."""
    frame = pd.DataFrame(
        {"family": family_name(names, number), "genes": count, "number": number}
        for number, count in sorted(counts.items())
    )
    scale = alt.Scale(
        domain=list(frame["family"]), range=[family_colour(number) for number in frame["number"]]
    )
    chart: alt.Chart = (
        alt.Chart(inline_data(frame), height=64, padding=_PADDING)
        .mark_bar(height=16)
        .encode(
            alt.X(
                "genes:Q",
                title="genes",
                stack="zero",
                scale=alt.Scale(nice=False),
                axis=alt.Axis(tickMinStep=1, format=",d", labelFlush=True),
            ),
            alt.Color("family:N", scale=scale, legend=None),
            alt.Order("number:O"),
            [alt.Tooltip("family:N"), alt.Tooltip("genes:Q", format=",")],
        )
    )
    return chart


def describe_families(counts: Mapping[int, int], names: Mapping[int, str]) -> str:
    """Describe :func:`family_chart` in a sentence, for screen readers.

    >>> describe_families({2: 5, 0: 3}, {0: "Kinase"})
    'Genes by family: Kinase 3, class 2 5'
    """
    parts = (f"{family_name(names, number)} {count:,}" for number, count in sorted(counts.items()))
    return f"Genes by family: {', '.join(parts)}"


def length_chart(counts: Mapping[int, int]) -> alt.Chart:
    """Return a histogram of lengths in bases; `counts` are numbers of genes by length."""
    lengths = np.array(list(counts), dtype=np.int64)
    genes = np.array(list(counts.values()), dtype=np.int64)
    width = 1 + int(np.ptp(lengths)) // _MAX_LENGTH_BARS
    bars = (lengths - lengths.min()) // width
    starts = lengths.min() + width * np.arange(bars.max() + 1)
    frame = pd.DataFrame(
        {"from": starts, "to": starts + width, "genes": np.bincount(bars, weights=genes)}
    )
    chart: alt.Chart = (
        alt.Chart(inline_data(frame), height=120, padding=_PADDING | {"right": _LAST_LABEL_WIDTH})
        .mark_bar(color=NEUTRAL)
        .encode(
            alt.X(
                "from:Q",
                bin="binned",
                title=f"length (bp), n = {genes.sum():,} genes",
                axis=alt.Axis(format=",d", tickMinStep=1),
            ),
            alt.X2("to:Q"),
            alt.Y("genes:Q", title="genes", axis=alt.Axis(tickCount=2, tickMinStep=1, format=",d")),
            [alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("from", "to", "genes")],
        )
    )
    return chart


def describe_lengths(counts: Mapping[int, int]) -> str:
    """Describe :func:`length_chart` in a sentence, for screen readers.

    >>> describe_lengths({300: 2, 1200: 1})
    'Lengths of 3 genes: 300 to 1,200 bp, median 300 bp'
    """
    ordered = np.repeat(sorted(counts), [counts[length] for length in sorted(counts)])
    return (
        f"Lengths of {len(ordered):,} genes: {ordered[0]:,} to {ordered[-1]:,} bp, median"
        f" {np.median(ordered):,.0f} bp"
    )
