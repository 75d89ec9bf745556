"""The command line: the same calls as the pages, under a contract that scripts can rely on.

Exit status 0 done, 2 bad usage or bad input, 1 a service failed; then one line on standard error
says what and where.
"""

import argparse
import gc
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from core import __version__
from core.classifier import DEFAULT_NEIGHBOURS, Status, classify
from core.encoders import DEFAULT_ENCODER, ENCODERS
from core.errors import GeneKinError, InputError
from core.libraries import DEFAULT_LIBRARY, Libraries
from core.loading import LoadReport, load
from core.names import check_library_name
from core.sequences.examples import examples
from core.sequences.files import decode, read_text
from core.sequences.parsing import parse, parse_families
from core.sequences.records import Record
from core.sequences.reference import FAMILIES, SOURCE, human_reference
from core.settings import Settings, read_settings
from core.similarity import similarity
from core.stores import Stores
from core.stores.vectors import INDEX_KINDS, VectorIndex
from core.tables import FORMATS, as_text, sure

BUILT_IN = "builtin:human"
"""What to give as FILE for the human reference that comes with GeneKin."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logging.basicConfig(level=logging.CRITICAL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # As files are, whatever the terminal says.
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except GeneKinError as error:
        sys.stderr.write(f"genekin: {' '.join(str(error).split())}\n")
        return error.exit_status
    except OSError as error:
        # What is still buffered can go nowhere; Python would complain of it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # A reader, such as head, that has had enough.
            where = error.filename or "Standard output"
            sys.stderr.write(f"genekin: {where} cannot be written: {error.strerror}.\n")
            return 1
    except KeyboardInterrupt:
        sys.stderr.write("genekin: stopped; nothing was left half done.\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="genekin", description="From a DNA sequence to its gene family.")
    parser.add_argument("--version", action="version", version=f"genekin {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
        name = run.__name__.strip("_")
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    add = command(_load, "Load reference sequences, an organism at a time or several at once.")
    add.add_argument(
        "references",
        nargs="+",
        metavar="ORGANISM=FILE",
        help=f"a table with the header sequence<TAB>class, plain or .gz; or {BUILT_IN}",
    )
    add.add_argument("--encoder", choices=sorted(ENCODERS), help=f"default {DEFAULT_ENCODER}")
    add.add_argument("--index", choices=INDEX_KINDS, help="default FLAT, which is exact")
    add.add_argument("--families", type=Path, metavar="FILE", help="a table class<TAB>gene_family")

    query = command(_classify, "Name the gene family of every sequence in a file.")
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

    compare = command(_similarity, "Mean best inner product of an organism's genes to another's.")
    compare.add_argument("--of", required=True, metavar="ORGANISM")
    compare.add_argument("--to", required=True, metavar="ORGANISM")
    compare.add_argument("--limit", type=int, metavar="N", help="only the first N genes")
    compare.add_argument("--format", choices=("text", "json"), default="text")

    status = command(_status, "What is loaded, and where it is kept.")
    status.add_argument("--format", choices=("text", "json"), default="text")

    remove = command(_remove, "Remove an organism with all its sequences.")
    remove.add_argument("organism", metavar="ORGANISM")

    calibrate = command(
        _calibrate, "Fit a library's confidences and threshold again, or choose the threshold."
    )
    calibrate.add_argument("--threshold", type=float, metavar="CONFIDENCE", help="0 to 1")

    rename = command(_rename, "Call a library by another name.")
    rename.add_argument("name", metavar="NEW_NAME", type=_library)

    delete = command(_delete, "Remove a library with all its organisms.")
    delete.add_argument("--yes", action="store_true", required=True, help="yes, remove it")

    reconcile = command(_reconcile, "Undo or finish what a crash interrupted.")

    demo = command(_demo, "Load the human reference, classify an example file, print the answers.")

    for each in (add, query, compare, remove, calibrate, rename, delete, reconcile, demo):
        each.add_argument("--library", type=_library, default=DEFAULT_LIBRARY, metavar="NAME")
    return parser


def _library(name: str) -> str:
    check_library_name(name)
    return name


def _load(options: argparse.Namespace) -> None:
    settings = read_settings()
    references = dict(_reference(argument, settings) for argument in options.references)
    if len(references) < len(options.references):
        message = "An organism is named twice."
        raise InputError(message, "Give each ORGANISM=FILE once.")
    built_in = any(argument.endswith(f"={BUILT_IN}") for argument in options.references)
    families = dict(FAMILIES) if built_in else {}
    if options.families:
        text = read_text(options.families, settings.max_file_bytes)
        families |= parse_families(text, options.families.name)
    with _opened(settings) as libraries:
        report = load(
            libraries,
            references,
            library=options.library,
            encoder=options.encoder,
            index=VectorIndex.of_kind(options.index) if options.index else None,
            families=families,
            source=", ".join(options.references).encode(errors="replace").decode(),
            progress=_show_progress,
        )
    sys.stdout.write(_told(report))


def _reference(argument: str, settings: Settings) -> tuple[str, Sequence[Record]]:
    organism, equals, file = argument.partition("=")
    if not (organism and equals and file):
        message = f"{argument!r} is not of the form ORGANISM=FILE."
        raise InputError(message)
    if file == BUILT_IN:
        return organism, human_reference()
    text = read_text(Path(file), settings.max_file_bytes)
    return organism, parse(text, file, settings.max_record_bases, with_families=True)


def _told(report: LoadReport) -> str:
    lines = [
        f"{each.organism}: {each.added:,} sequences added; of {each.records:,} records"
        f" {each.copies:,} were exact copies, {each.known:,} were there already"
        + (
            f"; {each.without_vector:,} are kept but can not be found: the encoder recognises"
            " nothing in them"
            if each.without_vector
            else ""
        )
        for each in report.organisms
    ]
    return "\n".join([*lines, f"Loaded in {report.seconds:.1f} s.", ""])


def _classify(options: argparse.Namespace) -> None:
    settings = read_settings()
    if options.file == "-":
        limit = settings.max_file_bytes
        text = decode(sys.stdin.buffer.read(limit + 1), "standard input", limit)
    else:
        text = read_text(Path(options.file), settings.max_file_bytes)
    source = "standard input" if options.file == "-" else options.file
    records = parse(text, source, settings.max_record_bases)
    with _without_collector(), _opened(settings) as libraries:
        calls = classify(
            libraries.open(options.library),
            records,
            organisms=options.organism,
            neighbours=options.neighbours,
            threshold=options.threshold,
            progress=_show_classified,
        )
    _write(as_text(calls, options.format), options.output)


def _similarity(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        found = similarity(libraries.open(options.library), options.of, options.to, options.limit)
    if options.format == "json":
        _write_json({"of": found.of, "to": found.to, "mean": found.mean, "n": found.n})
        return
    sys.stdout.write(
        f"{found.mean:.4f}\tmean best inner product of {found.n:,} genes of {found.of}"
        f" with those of {found.to}\n"
    )


def _status(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        status = _described(libraries)
    if options.format == "json":
        _write_json(status)
        return
    lines = [
        f"GeneKin {status['version']}",
        f"vectors: {status['vectors']['address']} ({status['vectors']['version']})",
        f"labels: {status['labels']['address']}",
    ]
    for library in status["libraries"]:
        lines.append(
            f"library {library['name']}: encoder {library['encoder']}, index {library['index']}"
        )
        lines += [
            f"  {organism['name']}: {organism['sequences']:,} sequences"
            for organism in library["organisms"]
        ]
    if not status["libraries"]:
        lines.append(f"Nothing is loaded yet. Try: python -m core load human={BUILT_IN}")
    sys.stdout.write("\n".join(lines) + "\n")


def _described(libraries: Libraries) -> dict[str, Any]:
    opened = [libraries.open(name) for name in libraries.names()]
    stores = libraries.stores
    return {
        "version": __version__,
        "vectors": {"address": stores.vectors.address, "version": stores.vectors.version()},
        "labels": {"address": stores.database.address},
        "libraries": [
            {
                "name": library.name,
                "encoder": library.encoder.name,
                "fingerprint": library.fingerprint,
                "index": library.index.kind,
                "threshold": library.threshold,
                "families": library.families,
                "organisms": [
                    {
                        "name": organism.name,
                        "sequences": organism.count,
                        "families": organism.families,
                    }
                    for organism in library.organisms()
                ],
            }
            for library in opened
        ],
    }


def _remove(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        removed = libraries.remove_organism(options.library, options.organism)
    sys.stdout.write(f"{options.organism}: {removed:,} sequences removed.\n")


def _calibrate(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        if options.threshold is None:
            library = libraries.calibrate(options.library)
        else:
            libraries.set_threshold(options.library, options.threshold)
            library = libraries.open(options.library)
    sys.stdout.write(
        f"The library {library.name} calls a family from a confidence of"
        f" {library.threshold:.2f} on.\n"
    )


def _rename(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        libraries.rename(options.library, options.name)
    sys.stdout.write(f"The library {options.library} is now called {options.name}.\n")


def _delete(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        removed = libraries.delete(options.library)
    sys.stdout.write(f"The library {options.library} is removed: {removed:,} sequences.\n")


def _reconcile(options: argparse.Namespace) -> None:
    with _opened(read_settings()) as libraries:
        done = libraries.reconcile(options.library)
    sys.stdout.write(
        f"{done.loads_undone} interrupted loads undone,"
        f" {done.removals_finished} removals finished.\n"
    )


def _demo(options: argparse.Namespace) -> None:
    settings = read_settings()
    file = settings.home / "example.fasta"
    with _opened(settings) as libraries:
        if options.library not in libraries.names():
            report = load(
                libraries,
                {"human": human_reference()},
                library=options.library,
                families=FAMILIES,
                source=SOURCE,
                progress=_show_progress,
            )
            sys.stdout.write(_told(report))
        _write(examples(), file)
        records = parse(
            read_text(file, settings.max_file_bytes), str(file), settings.max_record_bases
        )
        calls = classify(libraries.open(options.library), records)
    sys.stdout.write(f"{file}: {len(calls)} sequences\n")
    for call in calls:
        answer = (
            f"{call.family}, {sure(call.confidence)}"
            if call.status is Status.CALLED
            else call.status.value
        )
        sys.stdout.write(f"  {call.query:16} {answer}\n")


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


@contextmanager
def _opened(settings: Settings) -> Iterator[Libraries]:
    with Stores(settings) as stores:
        yield Libraries(stores, settings.cache_mb * 1_000_000)


def _write(text: str, output: Path | None) -> None:
    """To standard output, or to a file that is complete or not there."""
    if output is None:
        sys.stdout.write(text)
        return
    part = output.parent / f".{output.name}.part"
    try:
        # A link, such as /dev/stdout, a device or a pipe is written to, never replaced.
        if output.is_symlink() or (output.exists() and not output.is_file()):
            output.write_text(text, encoding="utf-8")
            return
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        message = f"{output} cannot be written: {error.strerror}."
        raise InputError(message) from None


def _write_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _show_classified(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 100 == 0 or done == total):
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} records{end}")
        sys.stderr.flush()


def _show_progress(doing: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if doing == "Indexing" else ""
        sys.stderr.write(f"\r\x1b[K{doing}: {done:,} of {total:,}{end}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
