"""Charts of an organism's genes, by family and by length. Pure: counts in, chart out."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from components.shared.charts import inline_data
from components.shared.palette import NEUTRAL, family_colour
from core.sequences.families import family_name

_MAX_LENGTH_BARS = 30
_MAX_TICKS = 6
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
    """Return a histogram of lengths in bases, on a logarithmic scale.

    Parameters
    ----------
    counts
        Number of genes by length.
    """
    lengths = np.array(list(counts), dtype=np.int64)
    genes = np.array(list(counts.values()), dtype=np.int64)
    low, high = int(lengths.min()), int(lengths.max()) + 1
    # Of lengths that span less than the bars, each has a bar of its own.
    edges = np.geomspace(low, high, 1 + min(_MAX_LENGTH_BARS, high - low))
    bars, _ = np.histogram(lengths, edges, weights=genes)
    frame = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "genes": bars})
    chart: alt.Chart = (
        alt.Chart(inline_data(frame), height=120, padding=_PADDING | {"right": _LAST_LABEL_WIDTH})
        .mark_bar(color=NEUTRAL, orient="vertical")
        .encode(
            alt.X(
                "from:Q",
                bin="binned",
                title=f"length (bp, log scale), n = {genes.sum():,} genes",
                scale=alt.Scale(type="log", domain=[low, high], nice=False),
                axis=alt.Axis(format=",d", values=_log_ticks(low, high), labelFlush=True),
            ),
            alt.X2("to:Q"),
            alt.Y("genes:Q", title="genes", axis=alt.Axis(tickCount=2, tickMinStep=1, format=",d")),
            [alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("from", "to", "genes")],
        )
    )
    return chart


def _log_ticks(low: int, high: int) -> list[int]:
    """Return up to six round lengths of a range; its ends where there are fewer than two.

    >>> _log_ticks(60, 18_000), _log_ticks(301, 305)
    ([100, 300, 1000, 3000, 10000], [301, 305])
    """
    decades = [10**power for power in range(len(str(high)))]
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [digit * decade for decade in decades for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= _MAX_TICKS:
            break
    return ticks if len(ticks) > 1 else [low, high]


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
