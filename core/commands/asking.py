"""Commands that ask a library: for gene families, and how close organisms are."""

import argparse
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.classifier import DEFAULT_NEIGHBOURS, classify
from core.commands.parts import Commands, opened, write, write_json
from core.sequences.files import decode, read_text
from core.sequences.parsing import parse
from core.settings import read_settings
from core.similarity import similarity
from core.tables import FORMATS, as_text


def add_to(commands: Commands) -> None:
    """Add `classify` and `similarity`."""
    query = commands.add(_classify, "Name the gene family of every sequence in a file.")
    query.add_argument("file", metavar="FILE|-", help="FASTA, a table or one bare sequence")
    query.add_argument("--organism", action="append", metavar="NAME", help="search only there")
    query.add_argument("--neighbours", type=int, default=DEFAULT_NEIGHBOURS, metavar="K")
    query.add_argument(
        "--threshold",
        type=float,
        metavar="CONFIDENCE",
        help="call a family from this confidence on, 0 to 1; default: the library's own",
    )
    query.add_argument("--format", choices=FORMATS, default="tsv")
    query.add_argument("--output", type=Path, metavar="FILE")

    compare = commands.add(
        _similarity, "Mean best inner product of an organism's genes to another's."
    )
    compare.add_argument("--of", required=True, metavar="ORGANISM")
    compare.add_argument("--to", required=True, metavar="ORGANISM")
    compare.add_argument("--limit", type=int, metavar="N", help="only the first N genes")
    compare.add_argument("--format", choices=("text", "json"), default="text")


def _classify(options: argparse.Namespace) -> None:
    settings = read_settings()
    if options.file == "-":
        limit = settings.max_file_bytes
        text = decode(sys.stdin.buffer.read(limit + 1), "standard input", limit)
    else:
        text = read_text(Path(options.file), settings.max_file_bytes)
    source = "standard input" if options.file == "-" else options.file
    records = parse(text, source, settings.max_record_bases)
    with _without_collector(), opened(settings) as libraries:
        calls = classify(
            libraries.open(options.library),
            records,
            organisms=options.organism,
            neighbours=options.neighbours,
            threshold=options.threshold,
            progress=_show_classified,
        )
    write(as_text(calls, options.format), options.output)


def _similarity(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        found = similarity(libraries.open(options.library), options.of, options.to, options.limit)
    if options.format == "json":
        write_json({"of": found.of, "to": found.to, "mean": found.mean, "n": found.n})
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


def _show_classified(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 100 == 0 or done == total):
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} records{end}")
        sys.stderr.flush()
