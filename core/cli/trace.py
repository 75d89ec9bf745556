"""The command that traces: from which organism the closest relatives of queries come."""

import argparse

from core.cli.classify import queries, show_answered
from core.cli.shared import Commands, open_libraries, output_file, write
from core.sequences.limits import Limits
from core.settings import read_settings
from core.tracing import trace
from core.tracing.trace_table import FORMATS, as_text


def add_to(commands: Commands) -> None:
    """Add `trace`."""
    tracing = commands.add(
        _trace, "Say from which organism the closest relative of every sequence in a file is."
    )
    tracing.add_argument(
        "file",
        metavar="FILE|-",
        help="FASTA, FASTQ, a table, Excel or one bare sequence; plain, gzipped or zipped",
    )
    tracing.add_argument(
        "--summary", action="store_true", help="a row an organism instead of a row a sequence"
    )
    tracing.add_argument("--format", choices=FORMATS, default="tsv")
    tracing.add_argument("--output", type=output_file, metavar="FILE")


def _trace(options: argparse.Namespace) -> None:
    settings = read_settings()
    records = queries(options.file, Limits.of_disk(settings))
    with open_libraries(settings) as libraries:
        traced = trace(libraries.open(options.library), records, progress=show_answered)
    write(as_text(traced, options.format, summary=options.summary), options.output)
