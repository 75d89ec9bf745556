"""The t-SNE map of a library's sequences: hover for details, lasso to list."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components.shared.computation import compute, is_computed
from components.shared.figure import offer_table
from components.shared.formatting import escape_markdown, family_name, pluralize
from components.shared.palette import family_colour
from components.shared.session import session
from core.library.library import Library
from core.similarity.tsne import MAX_SEQUENCES, MIN_SEQUENCES, SequenceMap, map_sequences

_FAMILY, _ORGANISM = "family", "organism"
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
_HEIGHT = 640
_QUICK = 300
"""Number of sequences up to which the map is computed right away."""


def show_map(library: Library) -> None:
    """Offer to compute the map; show it once it is there."""
    st.subheader("t-SNE map")
    total = sum(organism.count for organism in library.organisms())
    if total < MIN_SEQUENCES:
        st.caption(f"{pluralize(total, 'sequence')}: too few for a map.")
        return
    key = ("map", library.name, library.contents())
    if not is_computed(key) and not session.map_requested:
        sample = (
            "all sequences"
            if total <= MAX_SEQUENCES
            else f"a random sample of {MAX_SEQUENCES:,} sequences"
        )
        st.caption(f"Places similar sequences close to each other, for {sample}.")
        if not st.button("Compute"):
            return
        session.map_requested = True
    sequence_map = compute(
        key,
        f"t-SNE map of {library.name}",
        lambda progress: map_sequences(library, progress=progress),
        quick=total <= _QUICK,
    )
    if sequence_map is not None:
        _show(sequence_map, library.families)


def _show(sequence_map: SequenceMap, names: Mapping[int, str]) -> None:
    colour_by = st.segmented_control(
        "Colour by", [_FAMILY, _ORGANISM], default=_FAMILY, required=True, key="map colours"
    )
    table = map_table(sequence_map, names)
    chosen = st.plotly_chart(
        map_figure(table, colour_by),
        on_select="rerun",
        selection_mode=("lasso", "box", "points"),
        key=f"map {colour_by}",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["autoScale2d"],
            "toImageButtonOptions": {"format": "svg", "filename": "sequence_map"},
        },
    )
    st.caption(_caption(sequence_map, table))
    indices = sorted(int(point["customdata"][0]) for point in chosen["selection"]["points"])
    if indices:
        selected = table.iloc[indices][["gene", "family", "organism", "length (bp)"]]
        st.dataframe(selected, hide_index=True, alt="Selected sequences")
        with st.popover("Download", icon=":material/download:", key="download of the map"):
            offer_table(selected, "selected_sequences")


def _caption(sequence_map: SequenceMap, table: pd.DataFrame) -> str:
    symbols = dict(zip(dict.fromkeys(table["organism"]), _SYMBOLS.values(), strict=False))
    organisms = ", ".join(
        f"{symbol} {escape_markdown(organism)}" for organism, symbol in symbols.items()
    )
    sample = (
        "" if len(table) == sequence_map.total else f" (random sample of {sequence_map.total:,})"
    )
    return (
        f"t-SNE of {pluralize(len(table), 'sequence')}{sample} by cosine distance. Only"
        " neighbourhoods are interpretable, not the axes or the distances between clusters. Select"
        f" points with the lasso to list them. {organisms}"
    )


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
    symbols = list(_SYMBOLS)
    organisms = list(dict.fromkeys(table["organism"]))
    figure = go.Figure()
    ordered = table.sort_values("number", kind="stable") if colour_by == _FAMILY else table
    for number, name in enumerate(dict.fromkeys(ordered[colour_by])):
        rows = np.flatnonzero(table[colour_by] == name)
        group = table.iloc[rows]
        texts = group[["gene", "family", "organism"]].map(_escape)
        colour = (
            family_colour(int(group["number"].iloc[0]))
            if colour_by == _FAMILY
            else _ORGANISM_COLOURS[number % len(_ORGANISM_COLOURS)]
        )
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
                    "symbol": [
                        symbols[organisms.index(organism) % len(symbols)]
                        for organism in group["organism"]
                    ],
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


def _escape(text: str) -> str:
    """Escape the HTML that Plotly reads in its texts."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
