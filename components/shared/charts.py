"""What all charts of the benchmark are made of.

Methods are told apart by position and label. GeneKin's own have the accent colour, all others are
grey; texts and thin lines take the ink of the ground that they are shown on.

Pure figure builders: data in, figure out.
"""

from collections.abc import Iterator, Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from components.shared.palette import NEUTRAL, family_colour
from core.alignment.explanation import Segment

ACCENT = "#128088"
"""GeneKin's own methods: on white and on dark ground alike."""
OWN = alt.condition("datum.own", alt.value(ACCENT), alt.value(NEUTRAL))
"""The colour of a mark, by its column `own`."""
INK = "ink"
"""The style of texts and lines that are as dark, or as light, as the ground asks for."""
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Where an axis of shares has its labels."""


def layered(layers: list[alt.Chart], height: int | alt.Step) -> alt.LayerChart:
    """Charts over each other; `height` in pixels."""
    chart = alt.LayerChart(layer=layers)
    sized: alt.LayerChart = chart.properties(height=height)
    return sized


def tooltip(*names: str) -> list[alt.Tooltip]:
    """What is told of a mark: these columns, its accuracy with its interval, and of how many."""
    return [
        *(alt.Tooltip(f"{name}:N") for name in names),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("accuracy", "low", "high")),
        alt.Tooltip("n:Q", format=","),
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


def evidence_map(
    segments: Sequence[Segment], names: Mapping[int, str], bases: int
) -> alt.LayerChart:
    """What a query of so many bases shares with its hits: a row a hit, an arrow a stretch.

    An arrow points along the strand that is read; what chance alone may bring is pale.
    """
    frame = pd.DataFrame(
        {
            "hit": f"{rank}. {segment.of.name}",
            "family": names.get(segment.of.family, f"class {segment.of.family}"),
            "colour": family_colour(segment.of.family),
            "organism": segment.of.organism,
            "from": segment.start,
            "to": segment.end,
            "strand": "forward" if segment.strand == "+" else "reverse",
            "tip": segment.end if segment.strand == "+" else segment.start,
            "frame": segment.frame,
            "bits": segment.bits,
            "opacity": 1.0 if segment.beyond_chance else 0.45,
        }
        for rank, segment in _ranked(segments)
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("hit:N", title=None, sort=None, axis=_EVERY_LABEL),
        color=alt.Color("colour:N", scale=None),
        opacity=alt.Opacity("opacity:Q", scale=None),
        tooltip=[
            "hit:N",
            "family:N",
            "organism:N",
            alt.Tooltip("from:Q", format=","),
            alt.Tooltip("to:Q", format=","),
            "strand:N",
            "frame:N",
            alt.Tooltip("bits:Q", format=".0f"),
        ],
    )
    position = alt.X(
        "from:Q",
        title="position on the query, bases",
        scale=alt.Scale(domain=[1, max(2, bases)], nice=False),
        axis=alt.Axis(format=",d", tickCount=8, labelFlush=True),
    )
    stretches = base.mark_bar(height={"band": 0.5}).encode(x=position, x2="to:Q")
    tips = base.mark_point(filled=True, size=170, opacity=1).encode(
        x="tip:Q",
        shape=alt.Shape(
            "strand:N",
            scale=alt.Scale(domain=list(_ARROWS), range=list(_ARROWS.values())),
            legend=None,
        ),
    )
    chart: alt.LayerChart = (stretches + tips).properties(height=alt.Step(24), padding=_TIGHT)
    return chart


def evidence_text(segments: Sequence[Segment], names: Mapping[int, str]) -> str:
    """What :func:`evidence_map` shows, in words."""
    genes = len({segment.of.id for segment in segments})
    longest = max(segments, key=lambda segment: segment.end - segment.start)
    family = names.get(longest.of.family, f"class {longest.of.family}")
    return (
        f"Stretches that {genes:,} of the nearest genes share with the query; the longest:"
        f" {longest.of.name}, {family}, bases {longest.start:,} to {longest.end:,},"
        f" {'forward' if longest.strand == '+' else 'reverse'} strand"
    )


def _ranked(segments: Sequence[Segment]) -> Iterator[tuple[int, Segment]]:
    """Each segment with the rank of its hit, from 1."""
    ranks: dict[int, int] = {}
    for segment in segments:
        yield ranks.setdefault(segment.of.id, len(ranks) + 1), segment


_LENGTH_BARS = 30
_TIGHT = {"bottom": 4}
_LABEL_END = 14
"""Pixels that the last label may stick out."""
_EVERY_LABEL = alt.Axis(labelLimit=220, labelOverlap=False)
_ARROWS = {"forward": "triangle-right", "reverse": "triangle-left"}
