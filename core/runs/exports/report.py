"""A run as one self-contained HTML page, to mail, print or keep; its template is beside it."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.alignment.pairwise import Alignment, format_alignment, format_evalue
from core.calls import Call, Status, confidence_percent
from core.runs.alignments import Alignments
from core.runs.exports.downloads import Download, describe_run, make_download
from core.runs.exports.hits import describe_alignment
from core.runs.run import Run
from core.sequences.families import family_name

if TYPE_CHECKING:
    from jinja2 import Template

MAX_ROWS = 5_000
"""Maximum number of calls in the report's table."""
MAX_DETAILS = 100
"""Maximum number of calls with their evidence."""


def export_report(
    run: Run,
    calls: Sequence[Call],
    alignments: Alignments,
    *,
    colour: Callable[[int], str],
    link: str = "",
) -> Download:
    """Export the run as one page: the results, the evidence of the first calls, the parameters.

    Parameters
    ----------
    alignments
        Alignments of the hits; of every call with its evidence, that of the closest hit is shown.
    colour
        Returns the CSS colour of a family by its class number.
    link
        Address of the run, if known.
    """
    page = _template().render(
        run=run,
        link=link if link.startswith(("https://", "http://")) else "",
        statuses=tuple(Status),
        called=sorted(run.called.items(), key=lambda item: -item[1]),
        unknown=run.statuses.get(Status.UNKNOWN, 0),
        rows=[
            (call, _closest_alignment(index, call, alignments))
            for index, call in enumerate(calls[:MAX_ROWS])
        ],
        details=[
            (call, [(hit, alignments.get((index, hit.id))) for hit in call.hits])
            for index, call in enumerate(calls[:MAX_DETAILS])
        ],
        total=len(calls),
        parameters=describe_run(run, link),
        family_colour=colour,
        family_name=partial(family_name, run.families),
        format_alignment=format_alignment,
        format_evalue=format_evalue,
        describe_alignment=describe_alignment,
        confidence_percent=confidence_percent,
    )
    return make_download(run, ".html", "text/html", page)


def _closest_alignment(index: int, call: Call, alignments: Alignments) -> Alignment | None:
    return alignments.get((index, call.closest.id)) if call.closest else None


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")
