"""Commands that load: files, and the demo."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.classifier import Status, classify
from core.commands.parts import Commands, opened, show_progress, write
from core.encoders import DEFAULT_ENCODER, ENCODERS
from core.errors import InputError
from core.loading import LoadReport, load
from core.sequences.examples import examples
from core.sequences.files import read_text
from core.sequences.parsing import parse, parse_families
from core.sequences.records import Record
from core.sequences.reference import FAMILIES, SOURCE, human_reference
from core.settings import Settings, read_settings
from core.stores.vectors import INDEX_KINDS, VectorIndex
from core.tables import sure

BUILT_IN = "builtin:human"
"""What to give as FILE for the human reference that comes with GeneKin."""


def add_to(commands: Commands) -> None:
    """Add `load` and `demo`."""
    add = commands.add(_load, "Load reference sequences, an organism at a time or several at once.")
    add.add_argument(
        "references",
        nargs="+",
        metavar="ORGANISM=FILE",
        help=f"a table with the header sequence<TAB>class, plain or .gz; or {BUILT_IN}",
    )
    add.add_argument("--encoder", choices=sorted(ENCODERS), help=f"default {DEFAULT_ENCODER}")
    add.add_argument("--index", choices=INDEX_KINDS, help="default FLAT, which is exact")
    add.add_argument("--families", type=Path, metavar="FILE", help="a table class<TAB>gene_family")
    commands.add(_demo, "Load the human reference, classify an example file, print the answers.")


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
    with opened(settings) as libraries:
        report = load(
            libraries,
            references,
            library=options.library,
            encoder=options.encoder,
            index=VectorIndex.of_kind(options.index) if options.index else None,
            families=families,
            source=", ".join(options.references).encode(errors="replace").decode(),
            progress=show_progress,
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


def _demo(options: argparse.Namespace) -> None:
    settings = read_settings()
    file = settings.home / "example.fasta"
    with opened(settings) as libraries:
        if options.library not in libraries.names():
            report = load(
                libraries,
                {"human": human_reference()},
                library=options.library,
                families=FAMILIES,
                source=SOURCE,
                progress=show_progress,
            )
            sys.stdout.write(_told(report))
        write(examples(), file)
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
