"""A figure on a page: its panels, the sentence that says what it shows, and its files."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import altair as alt
import pandas as pd
import streamlit as st

from components.shared.charts import INK
from components.shared.formatting import escape_markdown
from core.runs.exports.downloads import file_name, neutralize_formula

_Chart = TypeVar("_Chart", alt.LayerChart, alt.ConcatChart)

_PAGE, _PAPER = "currentColor", "#000000"
"""The ink of a page is the colour of its text, also when it turns dark while it is shown."""
_WIDTH = 400
"""Of a panel in a file: two of them are as wide as a page."""
_PPI = 300


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart of a figure; `title` may be empty where it is the only one."""

    title: str
    chart: alt.LayerChart


@dataclass(frozen=True, slots=True)
class Figure:
    """What a page shows in one place.

    Attributes
    ----------
    title
        What it is called; its files are, too.
    says
        What it shows, in a sentence or two; plain text.
    table
        The figures that it is drawn from.
    """

    title: str
    panels: tuple[Panel, ...]
    says: str
    table: pd.DataFrame


def show_figure(figure: Figure, *, beside: int = 2) -> None:
    """Draw a figure, so many panels beside each other, with its sentence and its files."""
    st.markdown(f"#### {escape_markdown(figure.title)}")
    for start in range(0, len(figure.panels), beside):
        columns = st.columns(min(beside, len(figure.panels)), gap="medium")
        for column, panel in zip(columns, figure.panels[start:], strict=False):
            with column:
                _show_panel(figure, panel)
    st.markdown(escape_markdown(figure.says))
    stem = file_name(figure.title).lower()
    with st.popover("Download", icon=":material/download:"):
        offer_files("PNG", partial(build_chart, figure, "png"), f"{stem}.png", "image/png")
        offer_files("SVG", partial(build_chart, figure, "svg"), f"{stem}.svg", "image/svg+xml")
        offer_table(figure.table, stem)


def offer_table(table: pd.DataFrame, stem: str) -> None:
    """Buttons for a table's files."""
    offer_files("CSV", partial(as_file, table, ","), f"{stem}.csv", "text/csv")
    offer_files("TSV", partial(as_file, table, "\t"), f"{stem}.tsv", "text/tab-separated-values")


def offer_files(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A button for a file that is made when it is wanted."""
    st.download_button(
        label, make, file_name=name, mime=mime, on_click="ignore", width="stretch", key=name
    )


def build_chart(figure: Figure, kind: str) -> bytes:
    """The figure as a file for a paper, black on white: ``"png"`` or ``"svg"``."""
    panels = [
        panel.chart.properties(width=_WIDTH, title=panel.title or figure.title)
        for panel in figure.panels
    ]
    chart = _inked(alt.concat(*panels, columns=2).resolve_scale(shape="independent"), _PAPER)
    chart = chart.configure_view(stroke=None)
    if kind == "svg":
        text = io.StringIO()
        chart.save(text, format="svg")
        return text.getvalue().encode()
    data = io.BytesIO()
    chart.save(data, format="png", ppi=_PPI)
    return data.getvalue()


def as_file(table: pd.DataFrame, separator: str) -> bytes:
    """A table as text; no cell of it is a formula, and Excel sees that CSV is UTF-8."""
    texts = table.map(lambda cell: neutralize_formula(cell) if isinstance(cell, str) else cell)
    encoding = "utf-8-sig" if separator == "," else "utf-8"
    return texts.to_csv(sep=separator, index=False, lineterminator="\n").encode(encoding)


def _show_panel(figure: Figure, panel: Panel) -> None:
    if panel.title:
        st.markdown(f"**{escape_markdown(panel.title)}**")
    # Names at the ends of lines are wider than they are taken for.
    chart: alt.LayerChart = panel.chart.properties(padding={"right": 14})
    st.altair_chart(_inked(chart, _PAGE), alt=f"{panel.title or figure.title}. {figure.says}")


def _inked(chart: _Chart, ink: str) -> _Chart:
    inked: _Chart = chart.configure(style={INK: {"color": ink}})
    return inked
