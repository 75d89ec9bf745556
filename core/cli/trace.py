"""Command ``trace``: the organisms of the closest relatives of queries."""

from pathlib import Path

import click

from core.cli.classify import read_query_file
from core.cli.shared import (
    QUERY_FORMATS,
    format_option,
    help_examples,
    library_option,
    open_libraries,
    output_option,
    query_argument,
    terminal_progress,
    write,
)
from core.sequences.limits import Limits
from core.settings import read_settings
from core.tracing import trace
from core.tracing.trace_table import FORMATS, format_results


@click.command(
    "trace",
    help=f"Find the organism of the closest relative of every sequence in FILE ({QUERY_FORMATS}),"
    " or of standard input (-).",
    epilog=help_examples("trace reads.fastq.gz", "trace reads.fastq.gz --summary --format csv"),
)
@query_argument
@library_option
@click.option("--summary", is_flag=True, help="One row an organism instead of one a sequence.")
@format_option(*FORMATS)
@output_option
def trace_command(
    file: str, library: str, *, summary: bool, file_format: str, output: Path | None
) -> None:
    """Trace the queries of a file."""
    settings = read_settings()
    records = read_query_file(file, Limits.of_disk(settings))
    with open_libraries(settings) as libraries, terminal_progress() as progress:
        traced = trace(libraries.open(library), records, progress=progress)
    write(format_results(traced, file_format, summary=summary), output)
