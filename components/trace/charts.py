"""Figures of where queries are from. Pure: data in, figure out."""

from collections.abc import Iterable

import altair as alt
import pandas as pd

from components.shared.charts import ACCENT, INK
from components.shared.figure import Figure, Panel
from components.shared.formatting import pluralize
from core.tracing import Origin

_ROOM = alt.Scale(domain=[0, 1.15], nice=False)
"""Behind the bars stand their figures."""
_FIGURES = 1.02
_PERCENT = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
_EVERY_LABEL = alt.Axis(labelLimit=220, labelOverlap=False)


def shares(origins: Iterable[Origin], traced: int) -> Figure:
    """How much of a batch comes from each organism."""
    table = pd.DataFrame(
        {
            "organism": each.organism,
            "queries": each.queries,
            "share": each.share.mean,
            "low": each.share.low,
            "high": each.share.high,
        }
        for each in origins
    )
    table["label"] = [f"{share:.1%}" for share in table["share"]]
    base = alt.Chart(table).encode(
        y=alt.Y("organism:N", title=None, sort=None, axis=_EVERY_LABEL),
        tooltip=[
            "organism:N",
            alt.Tooltip("queries:Q", format=","),
            *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("share", "low", "high")),
        ],
    )
    title = f"share of {pluralize(traced, 'query', 'queries')}"
    bars = base.mark_bar(color=ACCENT, height={"band": 0.66}).encode(
        x=alt.X("share:Q", title=title, scale=_ROOM, axis=_PERCENT)
    )
    spread = base.mark_rule(style=INK, strokeWidth=1.2).encode(
        x=alt.X("low:Q", scale=_ROOM), x2="high:Q"
    )
    figures = base.mark_text(style=INK, align="left").encode(
        x=alt.datum(_FIGURES, scale=_ROOM), text="label:N"
    )
    chart = alt.LayerChart(layer=[bars, spread, figures]).properties(height=alt.Step(28))
    says = (
        "The mixture under which the whole batch is likeliest, with 95% intervals. Of the"
        " organisms that are loaded: a query from elsewhere counts for what is closest to it."
    )
    return Figure("Where from", (Panel("", chart),), says, table.drop(columns="label"))
