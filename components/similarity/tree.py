"""The tree of the organisms as a figure. Pure: data in, figure out."""

from collections.abc import Iterable

import altair as alt
import pandas as pd

from components.shared.charts import INK
from components.shared.figure import Figure, Panel
from components.shared.formatting import pluralize
from core.similarity import Comparison
from core.similarity.tree import Tree

_LETTER = 0.02
"""Room for a letter of a name, as a share of the highest distance."""
_FROM_ZERO = "datum.value < 0 ? '' : format(datum.value, '.2f')"
"""The names stand where the axis goes on below zero."""
_ROW = 34


def tree_figure(tree: Tree, comparison: Comparison) -> Figure:
    """The organisms joined by how close they are."""
    lines = [
        {"line": number, "order": order, "distance": distance, "place": place}
        for number, join in enumerate(tree.joins)
        for order, (distance, place) in enumerate(
            [
                (join.starts[0], join.places[0]),
                (join.distance, join.places[0]),
                (join.distance, join.places[1]),
                (join.starts[1], join.places[1]),
            ]
        )
    ]
    room = _LETTER * max(map(len, tree.organisms))
    highest = max(join.distance for join in tree.joins) or 1.0
    x = alt.X(
        "distance:Q",
        title="distance: 1 − mean best inner product, both ways",
        scale=alt.Scale(domain=[highest * 1.15, -highest * room], nice=False),
        axis=alt.Axis(labelExpr=_FROM_ZERO, tickCount=7, grid=False, titleAnchor="start"),
    )
    rows = len(tree.organisms)
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.6, rows - 0.4], reverse=True))
    branches = (
        alt.Chart(pd.DataFrame(lines))
        .mark_line(style=INK, strokeWidth=1.6)
        .encode(x=x, y=y, detail="line:N", order="order:Q")
    )
    leaves = (
        alt.Chart(pd.DataFrame({"organism": tree.organisms, "place": range(rows), "distance": 0.0}))
        .mark_text(style=INK, align="left", dx=6, fontSize=13)
        .encode(x=x, y=y, text="organism:N")
    )
    joins = pd.DataFrame(
        {"distance": join.distance, "place": sum(join.places) / 2, "label": f"{join.distance:.2f}"}
        for join in tree.joins
    )
    labels = (
        alt.Chart(joins)
        .mark_text(style=INK, align="right", baseline="bottom", dx=-4, dy=-2, fontSize=11)
        .encode(x=x, y=y, text="label:N")
    )
    chart = alt.LayerChart(layer=[branches, leaves, labels]).properties(height=60 + _ROW * rows)
    says = (
        f"{pluralize(rows, 'organism')} joined by average linkage ({comparison.encoder} encoder,"
        f" n = {comparison.n:,} genes). It shows which are close in these genes; it is not a"
        " phylogeny."
    )
    return Figure("Tree of the organisms", (Panel("", chart),), says, _joined(tree))


def _joined(tree: Tree) -> pd.DataFrame:
    """Which organisms meet which, and at what distance; the closest first."""
    groups: dict[float, str] = {float(at): name for at, name in enumerate(tree.organisms)}
    rows = []
    for join in sorted(tree.joins, key=lambda each: each.distance):
        one, other = (groups.pop(_nearest(groups, place)) for place in join.places)
        groups[sum(join.places) / 2] = f"{one}, {other}"
        rows.append({"organisms": one, "joined with": other, "distance": join.distance})
    return pd.DataFrame(rows)


def _nearest(places: Iterable[float], place: float) -> float:
    """That place, where rounding may have moved it."""
    return min(places, key=lambda each: abs(each - place))
