"""Commands that ask a library: for gene families, and how close organisms are."""

import argparse
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from core.classify import DEFAULT_NEIGHBOURS, classify
from core.cli.shared import Commands, open_libraries, output_file, write, write_json
from core.runs.call_table import FORMATS, format_calls
from core.sequences.files import read_bytes
from core.sequences.limits import Limits
from core.sequences.queries import read_queries
from core.sequences.records import Record
from core.settings import read_settings
from core.similarity import similarity


def add_to(commands: Commands) -> None:
    """Add `classify` and `similarity`."""
    query = commands.add(_classify, "Name the gene family of every sequence in a file.")
    query.add_argument(
        "file",
        metavar="FILE|-",
        help="FASTA, FASTQ, a table, Excel or one bare sequence; plain, gzipped or zipped",
    )
    query.add_argument("--organism", action="append", metavar="NAME", help="search only there")
    query.add_argument("--neighbours", type=int, default=DEFAULT_NEIGHBOURS, metavar="K")
    query.add_argument(
        "--threshold",
        type=float,
        metavar="CONFIDENCE",
        help="call a family from this confidence on, 0 to 1; default: the library's own",
    )
    query.add_argument("--format", choices=FORMATS, default="tsv")
    query.add_argument("--output", type=output_file, metavar="FILE")

    compare = commands.add(
        _similarity, "Mean best inner product of an organism's genes to another's."
    )
    compare.add_argument("--of", required=True, metavar="ORGANISM")
    compare.add_argument("--to", required=True, metavar="ORGANISM")
    compare.add_argument("--limit", type=int, metavar="N", help="only the first N genes")
    compare.add_argument("--format", choices=("text", "json"), default="text")


def _classify(options: argparse.Namespace) -> None:
    settings = read_settings()
    records = queries(options.file, Limits.of_disk(settings))
    with _without_collector(), open_libraries(settings) as libraries:
        calls = classify(
            libraries.open(options.library),
            records,
            organisms=options.organism,
            neighbours=options.neighbours,
            threshold=options.threshold,
            progress=show_answered,
        )
    write(format_calls(calls, options.format), options.output)


def queries(file: str, limits: Limits) -> list[Record]:
    """The queries of a file, or of standard input if it is ``-``."""
    if file == "-":
        return read_queries(sys.stdin.buffer.read(limits.max_bytes + 1), "standard input", limits)
    return read_queries(read_bytes(Path(file), limits.max_bytes), file, limits)


def _similarity(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        found = similarity(libraries.open(options.library), options.of, options.to, options.limit)
    if options.format == "json":
        write_json({"of": found.of, "to": found.to, **asdict(found.estimate)})
        return
    sys.stdout.write(
        f"{found.mean:.4f}\tmean best inner product of {found.n:,} genes of {found.of}"
        f" with those of {found.to}\n"
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave the garbage collector out of a short run.

    Milvus Lite keeps its postings as millions of tuples; going over them again and again, to find
    nothing, takes a fifth of the time that a batch takes.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def show_answered(done: int, total: int) -> None:
    """Say on a terminal how many records are answered."""
    if sys.stderr.isatty() and (done % 100 == 0 or done == total):
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} records{end}")
        sys.stderr.flush()
