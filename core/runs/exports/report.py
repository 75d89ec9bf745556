"""A run as one HTML file that needs nothing else: to be mailed, printed, kept.

It has no scripts, loads nothing, and says so to the browser. Whatever names hold is escaped, and
cannot turn round the text beside it.
"""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice

from core.alignment.pairwise import Alignment, as_text
from core.classify import Call, Status
from core.runs.call_table import COLUMNS, call_row, confidence_phrase
from core.runs.exports.downloads import Download, download, facts
from core.runs.run import Run

MOST_ROWS = 5_000
"""Calls in the report's table."""
MOST_DETAILS = 100
"""Calls that are shown with their evidence."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1b2328; --paper: #fff; --line: #d5dade; --soft: #5b6770 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecef; --paper: #14191d; --line: #39434b; --soft: #9aa6af }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2rem }
p, .soft { color: var(--soft) } b, td, summary { color: var(--ink) }
table { border-collapse: collapse; font-size: .87rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0;
  border-bottom: 1px solid var(--line) }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.wide { overflow-x: auto; overflow-wrap: break-word } .wide td { max-width: 22rem }
.wide td:last-child { min-width: 16rem }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .45em }
.bar { display: inline-block; height: .7em; min-width: 1px }
.none { background: repeating-linear-gradient(45deg, #8a949b 0 2px, transparent 2px 4px) }
details { border-bottom: 1px solid var(--line); padding: .4rem 0 } summary { cursor: pointer }
pre { overflow-x: auto; font-size: .8rem; line-height: 1.3; overflow-wrap: normal }
@media print {
  @page { size: landscape } body { margin: 0; max-width: none } details { break-inside: avoid }
  .wide { overflow: visible } .wide table { font-size: .62rem }
  .wide th, .wide td { padding-right: .4rem }
  .wide td:first-child { min-width: 8rem; overflow-wrap: anywhere }
  .wide td:last-child { min-width: 6rem }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_report(
    run: Run,
    calls: Sequence[Call],
    *,
    colour: Callable[[int], str],
    alignments: Mapping[int, Sequence[Alignment]] | None = None,
    link: str = "",
) -> Download:
    """The run as one page: what was asked, what came out, and the evidence of the first calls.

    Parameters
    ----------
    colour
        The colour of a family, by its class number, as CSS has it.
    alignments
        Alignments to show with calls, by their places from 0.
    link
        Address of the run, where that is known.
    """
    writing = _Writing(run, colour, alignments or {}, link)
    text = "".join(
        chain(
            writing.head(),
            writing.summary(),
            writing.table(calls),
            writing.details(calls),
            writing.facts(),
        )
    )
    return download(run, ".html", "text/html", f"{text}</body></html>\n")


class _Writing:
    """Writes a report, a section after the other."""

    def __init__(
        self,
        run: Run,
        colour: Callable[[int], str],
        alignments: Mapping[int, Sequence[Alignment]],
        link: str,
    ) -> None:
        self._run = run
        self._colour = colour
        self._alignments = alignments
        self._link = link

    def head(self) -> Iterator[str]:
        run = self._run
        yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        yield '<meta name="viewport" content="width=device-width">'
        yield f"<title>{html.escape(run.name)} · GeneKin</title><style>{_STYLE}</style></head>"
        yield f"<body><h1>{_name(run.name)}</h1><p>GeneKin, {run.created_at:%d %B %Y, %H:%M} UTC,"
        yield f" with the library {_name(run.library)}"
        if self._link.startswith(("https://", "http://")):
            yield f' · <a href="{html.escape(self._link)}">open this run</a>'
        yield "</p>"

    def summary(self) -> Iterator[str]:
        run = self._run
        counts = [f"<b>{run.statuses.get(status, 0):,}</b> {status.value}" for status in Status]
        yield f"<h2>{run.queries:,} {'query' if run.queries == 1 else 'queries'}</h2>"
        yield f"<p>{' · '.join(counts)}</p><table>"
        for family, count in sorted(run.called.items(), key=lambda item: -item[1]):
            share = count / run.queries
            yield f"<tr><td>{self._family(family)}</td><td class=number>{count:,}</td>"
            yield f"<td>{self._bar(share, family)}</td></tr>"
        if unknown := run.statuses.get(Status.UNKNOWN, 0):
            yield f"<tr><td>{_dot()}unknown</td><td class=number>{unknown:,}</td><td>"
            yield f"{self._bar(unknown / run.queries)}</td></tr>"
        yield "</table>"

    def table(self, calls: Sequence[Call]) -> Iterator[str]:
        yield "<h2>Answers</h2>"
        if len(calls) > MOST_ROWS:
            yield f"<p>The first {MOST_ROWS:,} of {len(calls):,}; TSV, CSV and Excel have all.</p>"
        yield '<div class="wide"><table><tr>'
        yield from (f'<th scope="col">{column}</th>' for column in COLUMNS)
        yield "</tr>"
        for call in islice(calls, MOST_ROWS):
            yield f"<tr>{''.join(map(_cell, call_row(call).values()))}</tr>"
        yield "</table></div>"

    def details(self, calls: Sequence[Call]) -> Iterator[str]:
        yield "<h2>How they were decided</h2>"
        if len(calls) > MOST_DETAILS:
            yield f"<p>Of the first {MOST_DETAILS:,} of {len(calls):,}.</p>"
        opened = " open" if len(calls) == 1 else ""
        for place, call in enumerate(islice(calls, MOST_DETAILS)):
            yield f"<details{opened}><summary>{_name(call.query)}: {self._answer(call)}</summary>"
            yield f"<p>{' · '.join(_told(call))}</p>"
            yield from self._families(call)
            yield from self._hits(call)
            for each in self._alignments.get(place, ()):
                yield from _aligned(each)
            yield "</details>"

    def facts(self) -> Iterator[str]:
        yield "<h2>What was asked of what</h2><table>"
        for name, value in facts(self._run, self._link).items():
            yield f'<tr><th scope="row">{name}</th><td>{_name(value)}</td></tr>'
        yield "</table>"

    def _answer(self, call: Call) -> str:
        if call.status is Status.CALLED and call.family_id is not None:
            return f"{self._family(call.family_id)}, {confidence_phrase(call.confidence)}"
        return f"{_dot()}{call.status.value}"

    def _family(self, number: int) -> str:
        name = self._run.families.get(number, f"class {number}")
        return f"{_dot(self._colour(number))}{_name(name)}"

    def _bar(self, share: float, family: int | None = None) -> str:
        width = f"width:{20 * share:.2f}rem"
        if family is None:
            return f'<span class="bar none" style="{width}"></span>'
        colour = html.escape(self._colour(family))
        return f'<span class="bar" style="{width};background:{colour}"></span>'

    def _families(self, call: Call) -> Iterator[str]:
        if call.families:
            yield "<table>"
            for family, share in call.families.items():
                yield f"<tr><td>{self._family(family)}</td><td class=number>{share:.1%}</td>"
                yield f"<td>{self._bar(share, family)}</td></tr>"
            yield "</table>"

    def _hits(self, call: Call) -> Iterator[str]:
        if call.hits:
            yield '<table><tr><th scope="col">closest genes</th><th scope="col">organism</th>'
            yield '<th scope="col">family</th><th scope="col">inner product</th>'
            yield '<th scope="col">bases</th></tr>'
        for hit in call.hits:
            yield f"<tr><td>{_name(hit.name)}</td><td>{_name(hit.organism)}</td>"
            yield f"<td>{self._family(hit.family)}</td><td class=number>{hit.score:.3f}</td>"
            yield f"<td class=number>{hit.length:,}</td></tr>"
        if call.hits:
            yield "</table>"


def _told(call: Call) -> Iterator[str]:
    if call.reason:
        yield _name(call.reason)
    if call.status is Status.UNKNOWN:
        yield f"the best guess is {_name(call.family)}"
    yield f"{call.length:,} bases"
    if call.strand:
        yield f"{'forward' if call.strand == '+' else 'reverse'} strand, frame {call.frame}"
    if call.organism:
        yield f"closest organism {_name(call.organism)}"


def _aligned(alignment: Alignment) -> Iterator[str]:
    about = f"identity {alignment.identity:.0%}, {alignment.query_coverage:.0%} of the query"
    yield f"<p>With {_name(alignment.of.name)}: {about},"
    chance = "" if alignment.beyond_chance else "; chance brings as much"
    yield f" {alignment.hit_coverage:.0%} of the gene{chance}</p>"
    yield f"<pre>{html.escape(as_text(alignment))}</pre>"


def _name(text: str) -> str:
    """Other people's text: as it is, and whichever way it runs, it turns nothing else round."""
    return f"<bdi>{html.escape(text)}</bdi>"


def _cell(value: str | float | None) -> str:
    if value is None:
        return "<td></td>"
    return (
        f"<td>{_name(value)}</td>" if isinstance(value, str) else f"<td class=number>{value}</td>"
    )


def _dot(colour: str = "") -> str:
    if not colour:
        return '<span class="dot none"></span>'
    return f'<span class="dot" style="background:{html.escape(colour)}"></span>'
