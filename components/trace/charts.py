"""The chart of the Trace page. Pure: data in, figure out."""

from collections.abc import Iterable

import altair as alt
import pandas as pd

from components.shared.charts import ACCENT, FULL_LABELS, INK, PERCENT_AXIS, layered, tooltip
from components.shared.figure import Figure, Panel
from components.shared.formatting import pluralize
from core.tracing import OrganismShare

_SCALE = alt.Scale(domain=[0, 1.15], nice=False)
"""Leaves room for the labels behind the bars."""
_LABEL_X = 1.02
_ROW_HEIGHT = 28


def composition_figure(origins: Iterable[OrganismShare], queries: int) -> Figure:
    """Draw the share of each organism in a batch.

    Parameters
    ----------
    queries
        Number of traced queries.
    """
    table = pd.DataFrame(
        {
            "organism": origin.organism,
            "queries": origin.queries,
            "share": origin.share.mean,
            "low": origin.share.low,
            "high": origin.share.high,
        }
        for origin in origins
    )
    frame = table.assign(label=[f"{share:.1%}" for share in table["share"]])
    base = alt.Chart(frame).encode(
        y=alt.Y("organism:N", title=None, sort=None, axis=FULL_LABELS),
        tooltip=tooltip("organism", values=("share", "low", "high"), counts=("queries",)),
    )
    title = f"share of {pluralize(queries, 'query', 'queries')}, 95% CI"
    bars = base.mark_bar(color=ACCENT, height={"band": 0.66}).encode(
        x=alt.X("share:Q", title=title, scale=_SCALE, axis=PERCENT_AXIS)
    )
    intervals = base.mark_rule(style=INK, strokeWidth=1.2).encode(
        x=alt.X("low:Q", scale=_SCALE), x2="high:Q"
    )
    labels = base.mark_text(style=INK, align="left").encode(
        x=alt.datum(_LABEL_X, scale=_SCALE), text="label:N"
    )
    chart = layered([bars, intervals, labels], alt.Step(_ROW_HEIGHT))
    caption = (
        "Maximum-likelihood mixture of the whole batch, with 95% confidence intervals. Only loaded"
        " organisms are considered: a query from another one counts for its closest relative."
    )
    return Figure("Estimated composition", (Panel("", chart),), caption, table)
