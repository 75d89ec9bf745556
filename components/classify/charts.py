"""The graphic summary of a query: which parts of it match its hits. Pure: data in, chart out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import altair as alt
import pandas as pd

from components.shared.charts import FULL_LABELS, inline_data
from components.shared.palette import family_colour
from core.alignment.explanation import Segment
from core.sequences.families import family_name

_ROW_HEIGHT = 24
_PALE = 0.45
"""Opacity of a segment that is not significant."""
_ARROWS = {"forward": "triangle-right", "reverse": "triangle-left"}


def evidence_map(
    segments: Sequence[Segment], names: Mapping[int, str], length: int
) -> alt.LayerChart:
    """Draw where a query matches its hits.

    One row per hit, one arrow per segment, pointing along the strand. Segments that are not
    significant are pale.

    Parameters
    ----------
    names
        Family names by class number.
    length
        Bases of the query.
    """
    return draw_segments(_rows(segments, names), length, "position in the query (bp)")


def draw_segments(rows: Iterable[Mapping[str, object]], length: int, title: str) -> alt.LayerChart:
    """Draw segments as arrows on a query, a row for each hit.

    Parameters
    ----------
    rows
        Segments with the label of their ``hit``, their ``family`` and ``organism``, the ``colour``
        and ``opacity``, ``from`` and ``to``, the ``strand``, the position of the ``tip``, ``frame``
        and ``bits``.
    length
        Letters of the query.
    title
        Of the axis.
    """
    frame = pd.DataFrame(list(rows))
    base = alt.Chart(inline_data(frame)).encode(
        alt.Y("hit:N", title=None, sort=None, axis=FULL_LABELS),
        alt.Color("colour:N", scale=None),
        alt.Opacity("opacity:Q", scale=None),
        [
            alt.Tooltip("hit:N"),
            alt.Tooltip("family:N"),
            alt.Tooltip("organism:N"),
            alt.Tooltip("from:Q", format=","),
            alt.Tooltip("to:Q", format=","),
            alt.Tooltip("strand:N"),
            alt.Tooltip("frame:N"),
            alt.Tooltip("bits:Q", format=".0f"),
        ],
    )
    position = alt.X(
        "from:Q",
        title=title,
        scale=alt.Scale(domain=[1, max(2, length)], nice=False),
        axis=alt.Axis(format=",d", tickCount=8, labelFlush=True),
    )
    shape = alt.Shape(
        "strand:N",
        scale=alt.Scale(domain=list(_ARROWS), range=list(_ARROWS.values())),
        legend=None,
    )
    bars = base.mark_bar(height={"band": 0.5}).encode(position, alt.X2("to:Q"))
    tips = base.mark_point(filled=True, size=170, opacity=1).encode(alt.X("tip:Q"), shape)
    chart: alt.LayerChart = (bars + tips).properties(
        height=alt.Step(_ROW_HEIGHT), padding={"bottom": 4}
    )
    return chart


def describe_evidence(segments: Sequence[Segment], names: Mapping[int, str]) -> str:
    """Describe :func:`evidence_map` in a sentence, for screen readers."""
    hits = len({segment.hit.id for segment in segments})
    longest = max(segments, key=lambda segment: segment.end - segment.start)
    return (
        f"Segments of the query that match {hits:,} of its top hits; the longest:"
        f" {longest.hit.name}, {family_name(names, longest.hit.family)}, bases {longest.start:,} to"
        f" {longest.end:,}, {_strand(longest)} strand"
    )


def _rows(segments: Sequence[Segment], names: Mapping[int, str]) -> Iterator[dict[str, object]]:
    ranks: dict[int, int] = {}
    for segment in segments:
        rank = ranks.setdefault(segment.hit.id, len(ranks) + 1)
        yield {
            "hit": f"{rank}. {segment.hit.name}",
            "family": family_name(names, segment.hit.family),
            "colour": family_colour(segment.hit.family),
            "organism": segment.hit.organism,
            "from": segment.start,
            "to": segment.end,
            "strand": _strand(segment),
            "tip": segment.end if segment.strand == "+" else segment.start,
            "frame": segment.frame,
            "bits": segment.bits,
            "opacity": 1.0 if segment.significant else _PALE,
        }


def _strand(segment: Segment) -> str:
    return "forward" if segment.strand == "+" else "reverse"
