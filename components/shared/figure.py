"""Figures: charts with a caption, and their files to download."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from components.shared.charts import INK
from components.shared.formatting import escape_markdown
from core.runs.exports.downloads import file_name, neutralize_formula

_PAGE_INK = "currentColor"
"""Colour of the page's text, which changes with the theme."""
_PAPER_INK = "#000000"
_PANEL_WIDTH = 400
"""Pixels in a file: two panels are as wide as a printed page."""
_PPI = 300


@dataclass(frozen=True)
class Panel:
    """A chart of a figure; the only one needs no title."""

    title: str
    chart: alt.LayerChart

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The chart for a page, made once for all runs of the page."""
        # Labels at the ends of lines need more space than Vega reserves.
        return _page_specification(self.chart) | {"padding": {"right": 14}}


@dataclass(frozen=True, slots=True)
class Figure:
    """Charts with a caption.

    Attributes
    ----------
    title
        The heading, and the stem of its files' names.
    caption
        What it shows, in a sentence or two of plain text.
    table
        The data that it is drawn from.
    """

    title: str
    panels: tuple[Panel, ...]
    caption: str
    table: pd.DataFrame


def show_figure(figure: Figure, *, columns: int = 2) -> None:
    """Draw a figure with up to so many panels in a row, its caption and its downloads."""
    st.markdown(f"#### {escape_markdown(figure.title)}")
    for start in range(0, len(figure.panels), columns):
        row = st.columns(min(columns, len(figure.panels)), gap="medium")
        for column, panel in zip(row, figure.panels[start:], strict=False):
            with column:
                _show_panel(figure, panel)
    st.markdown(escape_markdown(figure.caption))
    stem = file_name(figure.title).lower()
    with st.popover("Download", icon=":material/download:"):
        offer_files("PNG", partial(build_chart, figure, "png"), f"{stem}.png", "image/png")
        offer_files("SVG", partial(build_chart, figure, "svg"), f"{stem}.svg", "image/svg+xml")
        offer_table(figure.table, stem)


def show_chart(chart: alt.Chart | alt.LayerChart, description: str) -> None:
    """Draw a chart that is no figure, with a description for screen readers."""
    st.vega_lite_chart(spec=_page_specification(chart), alt=description)


def offer_table(table: pd.DataFrame, stem: str) -> None:
    """Draw the buttons that download a table."""
    offer_files("CSV", partial(as_file, table, ","), f"{stem}.csv", "text/csv")
    offer_files("TSV", partial(as_file, table, "\t"), f"{stem}.tsv", "text/tab-separated-values")


def offer_files(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """Draw a button for a file that is made when it is clicked."""
    st.download_button(
        label, make, file_name=name, mime=mime, on_click="ignore", width="stretch", key=name
    )


def build_chart(figure: Figure, kind: str) -> bytes:
    """Return the figure as a file for print, black on white: ``"png"`` or ``"svg"``."""
    panels = [
        panel.chart.properties(width=_PANEL_WIDTH, title=panel.title or figure.title)
        for panel in figure.panels
    ]
    chart = alt.concat(*panels, columns=2).resolve_scale(shape="independent")
    chart = chart.configure(style=_inked(_PAPER_INK)).configure_view(stroke=None)
    if kind == "svg":
        text = io.StringIO()
        chart.save(text, format="svg")
        return text.getvalue().encode()
    data = io.BytesIO()
    chart.save(data, format="png", ppi=_PPI)
    return data.getvalue()


def as_file(table: pd.DataFrame, separator: str) -> bytes:
    """Return a table as text, without formulas; a mark tells Excel that CSV is UTF-8."""
    texts = table.map(lambda cell: neutralize_formula(cell) if isinstance(cell, str) else cell)
    encoding = "utf-8-sig" if separator == "," else "utf-8"
    return texts.to_csv(sep=separator, index=False, lineterminator="\n").encode(encoding)


def _show_panel(figure: Figure, panel: Panel) -> None:
    if panel.title:
        st.markdown(f"**{escape_markdown(panel.title)}**")
    st.vega_lite_chart(
        spec=panel.specification, alt=f"{panel.title or figure.title}. {figure.caption}"
    )


def _page_specification(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """Return a chart as a page draws it, in Vega-Lite, with its data in Arrow tables.

    Unlike `st.altair_chart`, this neither validates the chart, as the tests do, nor changes
    settings of Altair for all threads.
    """
    specification: dict[str, Any] = chart.to_dict(validate=False)
    tables = {name: pa.Table.from_pylist(rows) for name, rows in specification["datasets"].items()}
    # In place of the sizes that Altair's theme sets, which are Streamlit's to choose.
    return specification | {"datasets": tables, "config": {"style": _inked(_PAGE_INK)}}


def _inked(ink: str) -> dict[str, dict[str, str]]:
    """Return the style of text and thin lines in a colour."""
    return {INK: {"color": ink}}
