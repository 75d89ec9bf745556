"""Commands that query a library: classify, trace, and the similarity of organisms."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import defaults
from core.cli.shared import (
    QUERY_FORMATS,
    TABLE_FORMATS,
    disk_limits,
    format_option,
    help_examples,
    library_option,
    open_libraries,
    output_option,
    query_argument,
    terminal_progress,
    write,
    write_json,
)
from core.sequences.files import read_bytes
from core.sequences.records import Record

if TYPE_CHECKING:
    from core.runs.alignments import Alignments
    from core.sequences.limits import Limits


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
) -> None:
    """Classify the queries of a file."""
    records = read_query_file(file, disk_limits())
    from core.classify import classify  # Imported when run: see core.cli.
    from core.runs.call_table import format_calls

    alignments: Alignments | None = None
    with (
        _garbage_collector_off(),
        open_libraries() as libraries,
        terminal_progress() as progress,
    ):
        opened = libraries.open(library)
        organisms = list(organism) or None
        calls = classify(
            opened,
            records,
            organisms=organisms,
            neighbours=neighbours,
            threshold=threshold,
            progress=progress,
        )
        if align or file_format == "blast6":
            from core.runs.alignments import align_hits  # Imported when run: see core.cli.

            alignments = align_hits(
                opened,
                [record.residues for record in records],
                calls,
                searched=opened.count_genes(organisms),
                closest_only=file_format in {"tsv", "csv"},
                progress=progress,
            )
        families = opened.families
    if file_format == "blast6":
        from core.runs.blast_table import format_blast_table  # Imported when run: see core.cli.

        write(format_blast_table(calls, alignments or {}), output)
    else:
        write(format_calls(calls, file_format, families, alignments), output)


def read_query_file(file: str, limits: "Limits") -> list[Record]:
    """Return the queries of a file, or of standard input if it is ``-``."""
    from core.sequences.queries import read_queries  # Imported when run: see core.cli.

    if file == "-":
        return read_queries(sys.stdin.buffer.read(limits.max_bytes + 1), "standard input", limits)
    return read_queries(read_bytes(Path(file), limits.max_bytes), file, limits)


@click.command(
    "trace",
    help=f"Find the organism of the closest relative of every sequence in FILE ({QUERY_FORMATS}),"
    " or of standard input (-).",
    epilog=help_examples("trace reads.fastq.gz", "trace reads.fastq.gz --summary --format csv"),
)
@query_argument
@library_option
@click.option("--summary", is_flag=True, help="One row an organism instead of one a sequence.")
@format_option(*TABLE_FORMATS)
@output_option
def trace_command(
    file: str, library: str, *, summary: bool, file_format: str, output: Path | None
) -> None:
    """Trace the queries of a file."""
    records = read_query_file(file, disk_limits())
    from core.tracing import trace  # Imported when run: see core.cli.
    from core.tracing.trace_table import format_results

    with open_libraries() as libraries, terminal_progress() as progress:
        traced = trace(libraries.open(library), records, progress=progress)
    write(format_results(traced, file_format, summary=summary), output)


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
    from core.similarity import compare_organisms  # Imported when run: see core.cli.

    with open_libraries() as libraries:
        result = compare_organisms(libraries.open(library), of, to, limit)
    if file_format == "json":
        write_json({"of": result.organism, "to": result.reference, **asdict(result.estimate)})
        return
    sys.stdout.write(
        f"{result.mean:.4f}\tmean best inner product of {result.n:,} genes of {result.organism}"
        f" with those of {result.reference}\n"
    )


@contextmanager
def _garbage_collector_off() -> Iterator[None]:
    """Switch the garbage collector off for a short run.

    Milvus Lite keeps its postings as millions of tuples; traversing them again and again, to find
    nothing, takes a fifth of the time of a batch.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
