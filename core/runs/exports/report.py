"""A run as one self-contained HTML page, to mail, print or keep; its template is beside it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.alignment.pairwise import Alignment, format_alignment
from core.calls import Call, Status, confidence_percent
from core.runs.call_table import COLUMNS, call_row
from core.runs.exports.downloads import Download, describe_run, make_download
from core.runs.run import Run

if TYPE_CHECKING:
    from jinja2 import Template

MAX_ROWS = 5_000
"""Maximum number of calls in the report's table."""
MAX_DETAILS = 100
"""Maximum number of calls with their evidence."""


def export_report(
    run: Run,
    calls: Sequence[Call],
    *,
    colour: Callable[[int], str],
    alignments: Mapping[int, Sequence[Alignment]] | None = None,
    link: str = "",
) -> Download:
    """Export the run as one page: the results, the evidence of the first calls, the parameters.

    Parameters
    ----------
    colour
        Returns the CSS colour of a family by its class number.
    alignments
        Alignments to show, by the index of the call.
    link
        Address of the run, if known.
    """
    details = [
        (call, (alignments or {}).get(index, ())) for index, call in enumerate(calls[:MAX_DETAILS])
    ]
    page = _template().render(
        run=run,
        link=link if link.startswith(("https://", "http://")) else "",
        statuses=tuple(Status),
        called=sorted(run.called.items(), key=lambda item: -item[1]),
        unknown=run.statuses.get(Status.UNKNOWN, 0),
        columns=COLUMNS,
        rows=[call_row(call) for call in calls[:MAX_ROWS]],
        details=details,
        total=len(calls),
        parameters=describe_run(run, link),
        family_colour=colour,
        family_name=lambda number: run.families.get(number, f"class {number}"),
        format_alignment=format_alignment,
        confidence_percent=confidence_percent,
    )
    return make_download(run, ".html", "text/html", page)


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
