"""Bars with their figures beside them, as HTML: drawn at once, and read by screen readers."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from components.shared.palette import INVALID, UNKNOWN, Mark, family_mark

_NEARLY = 0.99


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar.

    Attributes
    ----------
    share
        How long it is, 0 to 1.
    figure
        What stands at its end.
    """

    name: str
    mark: Mark
    share: float
    figure: str


def family_bars(shares: Mapping[int, float], names: Mapping[int, str]) -> str:
    """HTML: how likely each family is, in the order given; `shares` are fractions."""
    return _table(
        "How likely each family is",
        (
            Bar(_name(names, number), family_mark(number), share, _percent(share))
            for number, share in shares.items()
        ),
    )


def outcome_bars(
    called: Mapping[int, int], names: Mapping[int, str], unknown: int, invalid: int
) -> str:
    """HTML: numbers of queries called a family, the largest first, then those that were not."""
    ranked = sorted(called.items(), key=lambda item: (-item[1], item[0]))
    rows = [(_name(names, number), family_mark(number), count) for number, count in ranked]
    rows += [("unknown", UNKNOWN, unknown)] if unknown else []
    rows += [("invalid", INVALID, invalid)] if invalid else []
    most = max(count for _, _, count in rows)
    return _table(
        "Number of queries by family",
        (Bar(name, mark, count / most, f"{count:,}") for name, mark, count in rows),
    )


def _table(label: str, bars: Iterable[Bar]) -> str:
    style = "width:100%;border-collapse:collapse;font-size:.87rem;line-height:1.75"
    rows = "".join(map(_row, bars))
    return f'<table aria-label="{html.escape(label)}" style="{style}">{rows}</table>'


def _row(bar: Bar) -> str:
    ground = f"background:{bar.mark.ground};border:1px solid {bar.mark.edge}"
    return (
        '<tr><th scope="row" style="font-weight:400;text-align:left;white-space:nowrap;'
        f'padding-right:.8em;max-width:15em;overflow:hidden;text-overflow:ellipsis">'
        f"{html.escape(bar.name)}</th>"
        '<td style="width:100%"><div style="height:.75rem;min-width:2px;border-radius:2px;'
        f'box-sizing:border-box;width:{bar.share:.1%};{ground}"></div></td>'
        '<td style="text-align:right;padding-left:.8em;white-space:nowrap;'
        f'font-variant-numeric:tabular-nums">{html.escape(bar.figure)}</td></tr>'
    )


def _percent(share: float) -> str:
    """The share in words; nothing is ever quite certain, nor ruled out."""
    if share > _NEARLY:
        return "> 99%"
    return "< 1%" if share < 1 - _NEARLY else f"{share:.0%}"


def _name(names: Mapping[int, str], number: int) -> str:
    return names.get(number, f"class {number}")
