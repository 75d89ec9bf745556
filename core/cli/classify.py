"""Commands that query a library: classify, trace, and the similarity of organisms."""

from collections.abc import Sequence
from pathlib import Path

import click

from core import defaults
from core.cli.shared import (
    QUERY_FORMATS,
    TABLE_FORMATS,
    answer,
    answer_file,
    format_option,
    help_examples,
    library_option,
    output_option,
    query_argument,
    resume_option,
    write,
)


@click.command(
    "classify",
    help=f"Find the gene family of every sequence in FILE ({QUERY_FORMATS}), or of standard input"
    " (-).",
    epilog=help_examples(
        "classify queries.fasta",
        "classify queries.fasta.gz --threshold 0.95 --format csv --output calls.csv",
        "classify - --organism human < query.txt",
        "classify queries.fasta --align",
        "classify queries.fasta --format blast6 --output hits.txt",
        "classify reads.fastq.gz --format parquet --output calls.parquet --resume",
    ),
)
@query_argument
@library_option
@click.option("--organism", multiple=True, metavar="NAME", help="Search only here; repeatable.")
@click.option(
    "--neighbours",
    type=int,
    default=defaults.NEIGHBOURS,
    show_default=True,
    metavar="K",
    help="Maximum hits a query.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="CONFIDENCE",
    help="Minimum confidence for a call, 0 to 1; default: the library's own.",
)
@click.option(
    "--align",
    is_flag=True,
    help="Align every query with its hits: adds identity, coverage and E-value. Takes longer.",
)
@format_option(*TABLE_FORMATS, "blast6")
@output_option
@resume_option
def classify_command(
    *,
    file: str,
    library: str,
    organism: Sequence[str],
    neighbours: int,
    threshold: float | None,
    align: bool,
    file_format: str,
    output: Path | None,
    resume: bool,
) -> None:
    """Classify the queries of a file."""
    options = {
        "library": library,
        "organisms": organism,
        "neighbours": neighbours,
        "threshold": threshold,
        "align": align,
    }
    answer_file("classify", options, file, file_format, output, resume=resume)


@click.command(
    "trace",
    help=f"Find the organism of the closest relative of every sequence in FILE ({QUERY_FORMATS}),"
    " or of standard input (-).",
    epilog=help_examples(
        "trace reads.fastq.gz",
        "trace reads.fastq.gz --summary --format csv",
        "trace reads.fastq.gz --output traced.tsv.gz --resume",
    ),
)
@query_argument
@library_option
@click.option("--summary", is_flag=True, help="One row an organism instead of one a sequence.")
@format_option(*TABLE_FORMATS)
@output_option
@resume_option
def trace_command(
    file: str, library: str, *, summary: bool, file_format: str, output: Path | None, resume: bool
) -> None:
    """Trace the queries of a file."""
    options = {"library": library, "summary": summary}
    answer_file("trace", options, file, file_format, output, resume=resume)


@click.command("similarity", epilog=help_examples("similarity --of dog --to human"))
@library_option
@click.option("--of", "of", required=True, metavar="ORGANISM", help="Organism of the genes.")
@click.option(
    "--to", "to", required=True, metavar="ORGANISM", help="Organism they are compared to."
)
@click.option("--limit", type=int, metavar="N", help="Only the first N genes of each organism.")
@format_option("text", "json")
def similarity_command(library: str, of: str, to: str, limit: int | None, file_format: str) -> None:
    """Compute the mean best inner product of an organism's genes with another's."""
    options = {"library": library, "of": of, "to": to, "limit": limit, "file_format": file_format}
    write(answer("similarity", options), None)
