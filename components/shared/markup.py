"""HTML parts of the pages, from templates that escape every value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.shared.palette import INVALID, UNKNOWN, Mark, family_colour, family_mark
from core.calls import confidence_percent
from core.sequences.families import family_name

_TEMPLATES = Path(__file__).with_name("templates")
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = f"<style>{Path(__file__).with_name('style.css').read_text(encoding='utf-8')}</style>"
"""Style of all pages."""
LIVE_INPUT = (_TEMPLATES / "live_input.html").read_text(encoding="utf-8")
"""Style and script that submit the text areas for sequences while one types."""
THEME_CHOICE = (_TEMPLATES / "theme.html").read_text(encoding="utf-8")
"""Script that keeps the theme chosen in the menu for all pages."""
SERVER_SORTED = (_TEMPLATES / "server_sorted.html").read_text(encoding="utf-8")
"""Style for tables that the server sorts: without the menu entries that sort in the browser."""
OPEN_SIGN_IN = (_TEMPLATES / "sign_in.html").read_text(encoding="utf-8")
"""Script that opens the server's sign-in page."""
SCRIPTS = (
    LIVE_INPUT,
    THEME_CHOICE,
    OPEN_SIGN_IN,
    (_TEMPLATES / "scroll_to_top.html.j2").read_text("utf-8"),
)
"""HTML with all scripts of the pages, none of which depends on data."""
_NARROW_BARS = 3


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar of a table.

    Attributes
    ----------
    share
        Its length, 0 to 1.
    figure
        The text at its end.
    """

    name: str
    mark: Mark
    share: float
    figure: str


def legend(families: Mapping[int, str]) -> str:
    """Return a legend: every family beside the dot of its colour, in the order given."""
    return _render(
        "legend", families=[(name, family_colour(number)) for number, name in families.items()]
    )


def family_bars(shares: Mapping[int, float], names: Mapping[int, str]) -> str:
    """Return a bar for the probability, 0 to 1, of each family, in the order given.

    On a phone the first ones are shown, so that the hits are not far below.
    """
    bars = (
        _Bar(family_name(names, number), family_mark(number), share, confidence_percent(share))
        for number, share in shares.items()
    )
    return _bars("Probability of each family", bars, narrow=_NARROW_BARS)


def status_bars(
    called: Mapping[int, int], names: Mapping[int, str], unknown: int, invalid: int
) -> str:
    """Return a bar for the number of queries of each family, then of unknown and invalid ones."""
    ranked = sorted(called.items(), key=lambda item: (-item[1], item[0]))
    rows = [(family_name(names, number), family_mark(number), count) for number, count in ranked]
    rows += [("unknown", UNKNOWN, unknown)] if unknown else []
    rows += [("invalid", INVALID, invalid)] if invalid else []
    largest = max(count for _, _, count in rows)
    bars = (_Bar(name, mark, count / largest, f"{count:,}") for name, mark, count in rows)
    return _bars("Number of queries by family", bars, narrow=len(rows))


def verdict(  # noqa: PLR0917
    name: str, mark: Mark, confidence: float, threshold: float, text: str, label: str
) -> str:
    """Return a family as a heading, and a meter of its confidence with a line at the threshold.

    Parameters
    ----------
    confidence, threshold
        0 to 1.
    text
        The confidence in words.
    label
        All that the meter shows, for screen readers.
    """
    return _render(
        "verdict",
        name=name,
        ground=mark.ground,
        confidence=confidence,
        threshold=threshold,
        text=text,
        label=label,
    )


def fact_table(facts: Mapping[str, str]) -> str:
    """Return a table of names and values."""
    return _render("facts", facts=facts)


def status_line(text: str) -> str:
    """Return a line that screen readers announce when it changes."""
    return _render("status", text=text)


def scroll_to_top(subject: str) -> str:
    """Return a script that scrolls the page to its top, once for each subject."""
    return _render("scroll_to_top", subject=subject)


def _bars(label: str, bars: Iterable[_Bar], *, narrow: int) -> str:
    return _render("bars", label=label, bars=bars, narrow=narrow)


def _render(template: str, **values: object) -> str:
    return _ENVIRONMENT.get_template(f"{template}.html.j2").render(values)
