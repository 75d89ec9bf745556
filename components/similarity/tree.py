"""The tree of organisms. Pure: data in, figure out."""

import altair as alt
import pandas as pd

from components.shared.charts import INK, inline_data, layered
from components.shared.figure import Figure, Panel, TextFile
from components.shared.formatting import pluralize
from core.similarity import Comparison
from core.similarity.tree import Tree

_LETTER_WIDTH = 0.02
"""Room for one letter of a name, as a share of the largest distance."""
_NON_NEGATIVE_LABELS = "datum.value < 0 ? '' : format(datum.value, '.2f')"
"""Names stand where the axis continues below zero, so it has no labels there."""
_ROW_HEIGHT = 34


def tree_figure(tree: Tree, comparison: Comparison) -> Figure:
    """Draw the organisms as a dendrogram."""
    organisms = len(tree.organisms)
    margin = _LETTER_WIDTH * max(map(len, tree.organisms))
    highest = max(join.distance for join in tree.joins) or 1.0
    x = alt.X(
        "distance:Q",
        title="distance: 1 − mean best-hit cosine similarity, both directions",
        scale=alt.Scale(domain=[highest * 1.15, -highest * margin], nice=False),
        axis=alt.Axis(labelExpr=_NON_NEGATIVE_LABELS, tickCount=7, grid=False, titleAnchor="start"),
    )
    y = alt.Y(
        "position:Q", axis=None, scale=alt.Scale(domain=[-0.6, organisms - 0.4], reverse=True)
    )
    branches = (
        alt.Chart()
        .mark_line(style=INK, strokeWidth=1.6)
        .encode(x, y, alt.Detail("line:N"), alt.Order("order:Q"))
    )
    leaves = pd.DataFrame(
        {"organism": tree.organisms, "position": range(organisms), "distance": 0.0}
    )
    names = (
        alt.Chart(inline_data(leaves))
        .mark_text(style=INK, align="left", dx=6, fontSize=13)
        .encode(x, y, alt.Text("organism:N"))
    )
    joins = pd.DataFrame(
        {
            "distance": join.distance,
            "position": sum(join.positions) / 2,
            "label": f"{join.distance:.2f}",
        }
        for join in tree.joins
    )
    distances = (
        alt.Chart(inline_data(joins))
        .mark_text(style=INK, align="right", baseline="bottom", dx=-4, dy=-2, fontSize=11)
        .encode(x, y, alt.Text("label:N"))
    )
    chart = layered([branches, names, distances], 60 + _ROW_HEIGHT * organisms, _branches(tree))
    caption = (
        f"{pluralize(organisms, 'organism')}, average linkage (UPGMA; {comparison.encoder} encoder,"
        f" n = {comparison.n:,} genes). Similarity of these genes, not a phylogeny."
    )
    newick = TextFile("Newick", "nwk", tree.newick())
    table = _join_table(tree)
    return Figure("Tree of organisms", (Panel("", chart),), caption, table, files=(newick,))


def _branches(tree: Tree) -> pd.DataFrame:
    """Return the corners of the bracket that draws each join."""
    return pd.DataFrame(
        {"line": number, "order": order, "distance": distance, "position": position}
        for number, join in enumerate(tree.joins)
        for order, (distance, position) in enumerate(
            [
                (join.start_distances[0], join.positions[0]),
                (join.distance, join.positions[0]),
                (join.distance, join.positions[1]),
                (join.start_distances[1], join.positions[1]),
            ]
        )
    )


def _join_table(tree: Tree) -> pd.DataFrame:
    """List which groups of organisms are joined at what distance, nearest first."""
    return pd.DataFrame(
        {
            "organisms": ", ".join(merge.one),
            "joined with": ", ".join(merge.other),
            "distance": merge.distance,
        }
        for merge in tree.merges()
    )
