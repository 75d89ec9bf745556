"""Charts of the t-SNE map: to explore on the page, and to print. Pure: data in, figure out."""

from collections.abc import Mapping
from itertools import cycle

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.shared.charts import layered
from components.shared.figure import Figure, Panel
from components.shared.formatting import pluralize
from components.shared.palette import family_colour
from core.sequences.families import family_name
from core.similarity.tsne import SequenceMap

FAMILY, ORGANISM = "family", "organism"
_SYMBOLS = {
    "circle": "●",
    "diamond": "◆",
    "square": "■",
    "triangle-up": "▲",
    "cross": "✚",
    "x": "✖",
    "star": "★",
    "triangle-down": "▼",
}
"""Symbols of organisms in the chart, and the same as text for the caption."""
_ORGANISM_COLOURS = (
    "#5B6C9E",
    "#B8703F",
    "#4F8F8B",
    "#A3568C",
    "#8A8A3C",
    "#7A7F87",
    "#C25B5B",
    "#4C9A5B",
)
"""None of them is a family's colour."""
_VEGA = {
    "circle": "circle",
    "diamond": "diamond",
    "square": "square",
    "triangle-up": "triangle-up",
    "cross": "cross",
    "x": "M-1,-1L1,1M-1,1L1,-1",
    "star": "M0,-1L0.3,-0.3L1,-0.2L0.5,0.3L0.6,1L0,0.6L-0.6,1L-0.5,0.3L-1,-0.2L-0.3,-0.3Z",
    "triangle-down": "triangle-down",
}
"""The same symbols in Vega's words, or as SVG paths."""
_LEGEND = alt.Legend(
    title=None, orient="bottom", columns=2, labelLimit=200, symbolStrokeWidth=0, symbolOpacity=1
)
_TITLE = "t-SNE map"
_PRINTED_HEIGHT = 250
_PRINTED_ASPECT = 1.4
"""About the width of a panel of a file, as a multiple of its height."""
_HEIGHT = 640


def map_table(sequence_map: SequenceMap, names: Mapping[int, str]) -> pd.DataFrame:
    """Return the gene and coordinates of each point."""
    table = pd.DataFrame(
        {
            "gene": gene.name,
            "family": family_name(names, gene.family),
            "number": gene.family,
            "organism": gene.organism,
            "length (bp)": gene.length,
        }
        for gene in sequence_map.genes
    )
    return table.assign(x=sequence_map.coordinates[:, 0], y=sequence_map.coordinates[:, 1])


def map_figure(table: pd.DataFrame, colour_by: str) -> go.Figure:
    """Draw the points; colours are families or organisms, symbols organisms.

    Parameters
    ----------
    colour_by
        ``"family"`` or ``"organism"``.
    """
    symbols = _symbols(table)
    figure = go.Figure()
    for name, colour in _colours(table, colour_by).items():
        rows = np.flatnonzero(table[colour_by] == name)
        group = table.iloc[rows]
        texts = group[["gene", "family", "organism"]].map(_escape)
        figure.add_trace(
            go.Scatter(
                x=group["x"],
                y=group["y"],
                mode="markers",
                name=f"{_escape(name)} ({len(rows):,})",
                customdata=np.column_stack([rows, texts]),
                hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<br>%{customdata[3]}"
                "<extra></extra>",
                marker={
                    "size": 6,
                    "opacity": 0.75,
                    "color": colour,
                    "symbol": [symbols[organism] for organism in group["organism"]],
                    "line": {"width": 0},
                },
            )
        )
    figure.update_layout(
        height=_HEIGHT,
        dragmode="lasso",
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def printed_map(sequence_map: SequenceMap, table: pd.DataFrame) -> Figure:
    """Draw the map for files, once by family and once by organism, with its coordinates."""
    panels = tuple(
        Panel(f"{_TITLE} by {colour_by}", _printed_chart(table, colour_by))
        for colour_by in (FAMILY, ORGANISM)
    )
    coordinates = table.drop(columns="number")
    return Figure(_TITLE, panels, describe_map(sequence_map), coordinates)


def _printed_chart(table: pd.DataFrame, colour_by: str) -> alt.LayerChart:
    (left, right), (low, high) = _square_limits(table)
    colours, symbols = _colours(table, colour_by), _symbols(table)
    # Charts of one file share their colours, and the legend of these, but not their fills.
    colour = alt.Color if colour_by == FAMILY else alt.Fill
    points = (
        alt.Chart()
        .mark_point(filled=colour_by == FAMILY, strokeWidth=0, size=9, opacity=0.75)
        .encode(
            alt.X("x:Q", axis=None, scale=alt.Scale(domain=[left, right], nice=False)),
            alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[low, high], nice=False)),
            colour(
                f"{colour_by}:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=_LEGEND,
            ),
            alt.Shape(
                "organism:N",
                scale=alt.Scale(
                    domain=list(symbols), range=[_VEGA[symbol] for symbol in symbols.values()]
                ),
                legend=_LEGEND,
            ),
        )
    )
    return layered([points], _PRINTED_HEIGHT, table[["x", "y", "family", "organism"]])


def _square_limits(table: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return limits of both axes by which a unit is about as long on either."""
    middle = [(table[axis].min() + table[axis].max()) / 2 for axis in ("x", "y")]
    spans = [table[axis].max() - table[axis].min() for axis in ("x", "y")]
    half = max(spans[0] / _PRINTED_ASPECT, spans[1], 1e-9) * 0.52
    across, up = middle
    wide = half * _PRINTED_ASPECT
    return (across - wide, across + wide), (up - half, up + half)


def describe_map(sequence_map: SequenceMap) -> str:
    """Say what the map shows, and how to read it."""
    count = len(sequence_map.genes)
    sample = "" if count == sequence_map.total else f" (random sample of {sequence_map.total:,})"
    return (
        f"t-SNE of {pluralize(count, 'sequence')}{sample} by cosine distance. Only neighbourhoods"
        " are interpretable, not the axes or the distances between clusters."
    )


def text_symbols(table: pd.DataFrame) -> dict[str, str]:
    """Return the symbol of each organism as text."""
    return {organism: _SYMBOLS[symbol] for organism, symbol in _symbols(table).items()}


def _symbols(table: pd.DataFrame) -> dict[str, str]:
    """Return the symbol of each organism in the chart."""
    return dict(zip(dict.fromkeys(table["organism"]), cycle(_SYMBOLS), strict=False))


def _colours(table: pd.DataFrame, colour_by: str) -> dict[str, str]:
    """Return the colour of each family or organism, in the order of the legend."""
    if colour_by == ORGANISM:
        return dict(zip(dict.fromkeys(table["organism"]), cycle(_ORGANISM_COLOURS), strict=False))
    families = table.drop_duplicates("number").sort_values("number")
    return {
        name: family_colour(number)
        for name, number in zip(families["family"], families["number"].tolist(), strict=True)
    }


def _escape(text: str) -> str:
    """Escape the HTML that Plotly reads in its texts."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
