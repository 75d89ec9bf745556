"""Files of charts in the sizes of journals and slides. Pure: charts in, bytes out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

import altair as alt
import vl_convert

from components.shared.charts import INK

_PAPER_INK = "#000000"
_FONT = "Helvetica, Arial, sans-serif"
_PPI = 300
_POINTS = 72 / 25.4
"""Points of a millimetre."""
_FIRST_WIDTH = 200.0
"""Pixels of a panel in the first layout, which shows how much room labels need."""
_MIN_WIDTH = 60.0
_MAX_HEIGHT = 250
"""Pixels of a panel's axes, unless it has a row for each of its items."""
_TITLE_SIZE = 11
_LETTER_WIDTH = 6.0
"""Mean width of a letter of a title, in pixels."""
_SIZES = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a figure on paper or on a slide.

    Attributes
    ----------
    width, height
        Exact width, and maximum height, in millimetres.
    columns
        Panels in a row.
    text_scale
        Points of a pixel: labels have 10 pixels.
    """

    width: float
    height: float
    columns: int
    text_scale: float

    @property
    def layout_width(self) -> float:
        """Width of the layout, in pixels."""
        return self.width * _POINTS / self.text_scale


DEFAULT_SIZE = "Double column (183 mm)"
SIZES: Mapping[str, Size] = {
    DEFAULT_SIZE: Size(183, 247, 2, 0.7),
    "Single column (89 mm)": Size(89, 247, 1, 0.7),
    "Slide (16:9)": Size(338.7, 190.5, 2, 1.5),
}
"""Sizes by name, as for a page of a journal and for a slide."""


def render_charts(charts: Mapping[str, alt.LayerChart], kind: str, size: Size) -> bytes:
    """Lay charts out as one figure and return its file.

    Parameters
    ----------
    charts
        By title.
    kind
        ``"pdf"``, ``"svg"`` or ``"png"``, the latter with 300 pixels per inch.
    """
    svg = _lay_out(charts, size)
    width, height = _dimensions(svg)
    scale = min(size.width / width, size.height / height)
    if kind == "svg":
        return _resize(svg, f"{width * scale:.2f}mm", f"{height * scale:.2f}mm").encode()
    scale *= _POINTS
    svg = _resize(svg, f"{width * scale:.2f}", f"{height * scale:.2f}")
    return vl_convert.svg_to_pdf(svg) if kind == "pdf" else vl_convert.svg_to_png(svg, ppi=_PPI)


def _lay_out(charts: Mapping[str, alt.LayerChart], size: Size) -> str:
    """Draw charts so that, with their labels, they are as wide as the layout."""
    columns = min(size.columns, len(charts))
    svg = _draw(charts, columns, _FIRST_WIDTH, size)
    missing = size.layout_width - _dimensions(svg)[0]
    return _draw(charts, columns, max(_MIN_WIDTH, _FIRST_WIDTH + missing / columns), size)


def _draw(charts: Mapping[str, alt.LayerChart], columns: int, width: float, size: Size) -> str:
    letters = int(size.layout_width / columns / _LETTER_WIDTH)
    panels = [
        chart.properties(width=width, height=_limit(chart.height), title=wrap(title, letters))
        for title, chart in charts.items()
    ]
    figure = alt.concat(*panels, columns=columns).resolve_scale(
        shape="independent", fill="independent"
    )
    figure = figure.configure(
        style={INK: {"color": _PAPER_INK}}, font=_FONT, background="#FFFFFF", padding=4
    )
    figure = figure.configure_view(stroke=None).configure_title(
        anchor="start", frame="bounds", fontSize=_TITLE_SIZE
    )
    return vl_convert.vegalite_to_svg(figure.to_dict())


def _limit(height: float | alt.Step) -> float | alt.Step:
    return height if isinstance(height, alt.Step) else min(height, _MAX_HEIGHT)


def _dimensions(svg: str) -> tuple[float, float]:
    """Return width and height of an image, in pixels."""
    match = _SIZES.search(svg)
    if match is None:
        message = "The image has no size."
        raise ValueError(message)
    return float(match[1]), float(match[2])


def _resize(svg: str, width: str, height: str) -> str:
    return _SIZES.sub(f'width="{width}" height="{height}"', svg, count=1)
