"""Figures: charts with a caption, and their files to download."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from components.shared.charts import INK
from components.shared.figure_files import DEFAULT_SIZE, SIZES, render_charts
from components.shared.formatting import escape_markdown
from components.shared.services import draw_fragment
from core.runs.exports.downloads import file_name, neutralize_formula

_PAGE_INK = "currentColor"
"""Colour of the page's text, which changes with the theme."""
_PAGE_TEXT = {"labelColor": _PAGE_INK, "titleColor": _PAGE_INK}
"""Streamlit's own grey has a contrast below 4.5."""
_PAGE_CONFIG = {
    "style": {INK: {"color": _PAGE_INK}},
    **dict.fromkeys(("axis", "legend", "header"), _PAGE_TEXT),
}
"""Colours of a chart on a page."""
_FILES = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
"""Formats of a figure's files, with their MIME types."""


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
class TextFile:
    """A file of a figure in a format of its own, such as Newick."""

    label: str
    ending: str
    text: str


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
    notes
        How to read it: paragraphs of plain text behind a button; may be empty.
    files
        Its further files.
    """

    title: str
    panels: tuple[Panel, ...]
    caption: str
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    files: tuple[TextFile, ...] = ()


def show_figure(figure: Figure, *, columns: int = 2) -> None:
    """Draw a figure with up to so many panels in a row, its caption, notes and downloads."""
    st.markdown(f"#### {escape_markdown(figure.title)}")
    for start in range(0, len(figure.panels), columns):
        row = st.columns(min(columns, len(figure.panels)), gap="medium")
        for column, panel in zip(row, figure.panels[start:], strict=False):
            with column:
                _show_panel(figure, panel)
    st.markdown(escape_markdown(figure.caption))
    with st.container(horizontal=True):
        if figure.notes:
            with st.popover("How to read this", icon=":material/help:"):
                st.markdown("\n\n".join(map(escape_markdown, figure.notes)))
        offer_figure(figure)


def offer_figure(figure: Figure) -> None:
    """Draw the button behind which a figure's downloads are."""
    with st.popover("Download", icon=":material/download:"):
        draw_fragment(_offer_figure, None, figure)


def _offer_figure(figure: Figure) -> None:
    """Draw the buttons that download a figure, in a chosen size, and its table."""
    stem = file_name(figure.title).lower()
    size = st.selectbox("Size", list(SIZES), key=f"size of {stem}")
    suffix = "" if size == DEFAULT_SIZE else f"_{file_name(size).lower()}"
    for kind, mime in _FILES.items():
        make = partial(build_chart, figure, kind, size)
        offer_files(kind.upper(), make, f"{stem}{suffix}.{kind}", mime)
    for file in figure.files:
        make = partial(file.text.encode, "utf-8")
        offer_files(file.label, make, f"{stem}.{file.ending}", "text/plain")
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


def build_chart(figure: Figure, kind: str, size: str = DEFAULT_SIZE) -> bytes:
    """Return the figure as a file, black on white: ``"pdf"``, ``"svg"`` or ``"png"``.

    Parameters
    ----------
    size
        A name of :data:`~components.shared.figure_files.SIZES`.
    """
    charts = {panel.title or figure.title: panel.chart for panel in figure.panels}
    return render_charts(charts, kind, SIZES[size])


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
    return specification | {"datasets": tables, "config": _PAGE_CONFIG}
