"""The map of a library's sequences: hover to see what a point is, draw around some to list them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components.shared.figure import offer_table
from components.shared.formatting import escape_markdown, pluralize
from components.shared.jobs import compute, is_kept
from components.shared.palette import family_colour
from core.library.library import Library
from core.similarity.tsne import FEWEST, MOST, SequenceMap, map_sequences

_FAMILY, _ORGANISM = "family", "organism"
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "triangle-down")
_MARKS = ("●", "◆", "■", "▲", "✚", "✖", "★", "▼")
_ORGANISMS = (
    "#5B6C9E",
    "#B8703F",
    "#4F8F8B",
    "#A3568C",
    "#8A8A3C",
    "#7A7F87",
    "#C25B5B",
    "#4C9A5B",
)
"""Of organisms, where these are what is coloured: none is a family's."""
_HEIGHT = 640
_QUICK = 300
"""Sequences that are laid out while a person waits."""


def show_map(library: Library) -> None:
    """A button that draws it; then the map, and what is chosen on it."""
    st.subheader("Map of the sequences")
    total = sum(organism.count for organism in library.organisms())
    if total < FEWEST:
        st.caption(f"{pluralize(total, 'sequence')} are too few for a map.")
        return
    key = ("map", library.name, library.contents())
    if not is_kept(key) and not st.session_state.get("map wanted"):
        drawn = "all of them" if total <= MOST else f"{MOST:,} of them, drawn at random"
        st.caption(f"Sequences that share much stand near each other. It shows {drawn}.")
        if not st.button("Draw the map"):
            return
        st.session_state["map wanted"] = True
    found = compute(
        key,
        f"Map of {library.name}",
        lambda progress: map_sequences(library, progress=progress),
        quick=total <= _QUICK,
    )
    if found is not None:
        _show(found, library.families)


def _show(found: SequenceMap, names: Mapping[int, str]) -> None:
    by = st.segmented_control(
        "Coloured by", [_FAMILY, _ORGANISM], default=_FAMILY, required=True, key="map colours"
    )
    table = table_of(found, names)
    chosen = st.plotly_chart(
        figure(table, by),
        on_select="rerun",
        selection_mode=("lasso", "box", "points"),
        key=f"map {by}",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["autoScale2d"],
            "toImageButtonOptions": {"format": "svg", "filename": "map of sequences"},
        },
    )
    shapes = dict(zip(dict.fromkeys(table["organism"]), _MARKS, strict=False))
    told = ", ".join(f"{mark} {escape_markdown(organism)}" for organism, mark in shapes.items())
    of = "" if len(table) == found.total else f" of {found.total:,}, drawn at random"
    st.caption(
        f"{pluralize(len(table), 'sequence')}{of}; t-SNE of one minus their inner products. Only who"
        " is near whom means something: not the axes, not the distance between groups. Draw around"
        f" points with the lasso to list them. {told}"
    )
    places = [int(point["customdata"][0]) for point in chosen["selection"]["points"]]
    if places:
        some = table.iloc[sorted(places)][["gene", "family", "organism", "bases"]]
        st.dataframe(some, hide_index=True, alt="The sequences that are chosen on the map")
        with st.popover("Download", icon=":material/download:", key="download of the map"):
            offer_table(some, "sequences of the map")


def table_of(found: SequenceMap, names: Mapping[int, str]) -> pd.DataFrame:
    """A row a point: where it is, and what."""
    table = pd.DataFrame(
        {
            "gene": gene.name,
            "family": names.get(gene.family, f"class {gene.family}"),
            "number": gene.family,
            "organism": gene.organism,
            "bases": gene.length,
        }
        for gene in found.genes
    )
    return table.assign(x=found.places[:, 0], y=found.places[:, 1])


def figure(table: pd.DataFrame, by: str) -> go.Figure:
    """The map as a figure; families have their colours, and organisms their symbols."""
    organisms = list(dict.fromkeys(table["organism"]))
    found = go.Figure()
    groups = table.sort_values("number", kind="stable")[by] if by == _FAMILY else table[by]
    for number, name in enumerate(dict.fromkeys(groups)):
        rows = np.flatnonzero(table[by] == name)
        some = table.iloc[rows]
        texts = some[["gene", "family", "organism"]].map(_shown)
        shapes = [organisms.index(each) % len(_SYMBOLS) for each in some["organism"]]
        colour = (
            family_colour(int(some["number"].iloc[0]))
            if by == _FAMILY
            else _ORGANISMS[number % len(_ORGANISMS)]
        )
        found.add_trace(
            go.Scatter(
                x=some["x"],
                y=some["y"],
                mode="markers",
                name=f"{_shown(name)} ({len(rows):,})",
                customdata=np.column_stack([rows, texts]),
                hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<br>%{customdata[3]}"
                "<extra></extra>",
                marker={
                    "size": 6,
                    "opacity": 0.75,
                    "color": colour,
                    "symbol": [_SYMBOLS[shape] for shape in shapes],
                    "line": {"width": 0},
                },
            )
        )
    found.update_layout(
        height=_HEIGHT,
        dragmode="lasso",
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
    )
    found.update_xaxes(visible=False)
    found.update_yaxes(visible=False, scaleanchor="x")
    return found


def _shown(text: str) -> str:
    """Plotly reads some HTML in its texts."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
