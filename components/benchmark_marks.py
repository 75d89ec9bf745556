"""What all charts of the benchmark are made of.

Methods are told apart by position and label. GeneKin's own have the accent colour, all others are
grey; texts and thin lines take the ink of the ground that they are shown on.
"""

import altair as alt

from components.palette import NEUTRAL

ACCENT = "#128088"
"""GeneKin's own methods: on white and on dark ground alike."""
OWN = alt.condition("datum.own", alt.value(ACCENT), alt.value(NEUTRAL))
"""The colour of a mark, by its column `own`."""
INK = "ink"
"""The style of texts and lines that are as dark, or as light, as the ground asks for."""
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Where an axis of shares has its labels."""


def layered(layers: list[alt.Chart], height: int | alt.Step) -> alt.LayerChart:
    """Charts over each other; `height` in pixels."""
    chart = alt.LayerChart(layer=layers)
    sized: alt.LayerChart = chart.properties(height=height)
    return sized


def tooltip(*names: str) -> list[alt.Tooltip]:
    """What is told of a mark: these columns, its accuracy with its interval, and of how many."""
    return [
        *(alt.Tooltip(f"{name}:N") for name in names),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("accuracy", "low", "high")),
        alt.Tooltip("n:Q", format=","),
    ]
