"""Read what a figure draws."""

from collections.abc import Callable
from typing import Any

from components.shared.figure import Figure, Panel


def specification(panel: Panel) -> dict[str, Any]:
    """Return the Vega-Lite specification of a panel."""
    found: dict[str, Any] = panel.chart.to_dict()
    return found


def encodings(panel: Panel) -> list[dict[str, Any]]:
    """Return the encodings of a panel's layers."""
    return [layer["encoding"] for layer in specification(panel)["layer"]]


def rows(panel: Panel) -> list[dict[str, Any]]:
    """Return the rows of a panel's main table."""
    found: list[dict[str, Any]] = max(specification(panel)["datasets"].values(), key=len)
    return found


def panel_named(figure: Figure, title: str) -> Panel:
    """Return the panel with this title."""
    (panel,) = [panel for panel in figure.panels if panel.title == title]
    return panel


def drawn(build: Callable[..., Figure | None], *arguments: Any) -> Figure:
    """Return the figure that a function builds; it must draw one."""
    figure = build(*arguments)
    assert figure is not None
    return figure
