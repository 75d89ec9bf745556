"""Commands ``load`` and ``demo``."""

from typing import TYPE_CHECKING

import click

from core import defaults
from core.access.machine import current_user
from core.cli.files import FILES_HELP, FileOptions, file_options
from core.cli.shared import (
    disk_limits,
    help_examples,
    library_option,
    open_libraries,
    write,
)
from core.cli.terminal import print_text, terminal_progress
from core.stores.milvus.index import INDEX_KINDS, VectorIndex

if TYPE_CHECKING:
    from core.library.load import LoadReport
    from core.library.manager import Libraries
    from core.library.writer import OrganismReport
    from core.sequences.checks import Known

_WRITER_TIMEOUT = 600.0
"""Seconds to wait for another writer to finish."""


@click.command(
    "load",
    help="Load reference sequences, one organism at a time or several at once.\n\n" + FILES_HELP,
    epilog=help_examples(
        "load human=builtin:human",
        "load dog=dog.fasta.gz --families families.txt",
        "load dog=- < dog.fasta",
        "load mouse.xlsx --family-column Class --good-only --rejected rejected.tsv",
    ),
)
@file_options(required=True)
@library_option
@click.option(
    "--encoder",
    type=click.Choice(sorted(defaults.ENCODERS)),
    help=f"Default: {defaults.ENCODERS[0]}.",
)
@click.option("--index", type=click.Choice(INDEX_KINDS), help="Default: FLAT, which is exact.")
@click.option(
    "--replace",
    is_flag=True,
    help="Replace these organisms instead of adding to them.",
)
def load_command(
    files: FileOptions, library: str, encoder: str | None, index: str | None, *, replace: bool
) -> None:
    """Load files into a library."""
    from core.cli.checked_files import check_files  # Imported when run: see core.cli.
    from core.library.load import load

    with open_libraries() as libraries, terminal_progress() as progress:
        known = _known(libraries, library, replace=replace)
        checked = check_files(files, known, disk_limits(), progress)
        report = load(
            libraries,
            checked.references,
            library=library,
            encoder=encoder,
            index=VectorIndex.of_kind(index) if index else None,
            families=checked.families,
            source=", ".join(f"{item.organism}={item.file}".lstrip("=") for item in files.sources),
            by=current_user(),
            replace=replace,
            progress=progress,
            timeout=_WRITER_TIMEOUT,
        )
    notes = "".join(f"{note}\n" for note in checked.notes())
    print_text(notes + _format_report(report))


def _known(libraries: "Libraries", name: str, *, replace: bool) -> "Known":
    """Return what the library has, without interrupted loads."""
    from core.library.load import known_records  # Imported when run: see core.cli.

    if name in libraries.names():
        libraries.reconcile(name, timeout=_WRITER_TIMEOUT)
    return known_records(libraries, name, replace=replace)


def _format_report(report: "LoadReport") -> str:
    lines = [
        f"{organism.organism}: {organism.added:,} sequences {_count_phrase(organism)};"
        f" of {organism.records:,} records"
        f" {organism.copies:,} were exact copies, {organism.known:,} were there already"
        + (
            f"; {organism.without_vector:,} are kept but can not be found: the encoder recognises"
            " nothing in them"
            if organism.without_vector
            else ""
        )
        for organism in report.organisms
    ]
    return "\n".join([*lines, f"Loaded in {report.seconds:.1f} s.", ""])


def _count_phrase(report: "OrganismReport") -> str:
    return f"in the place of {report.replaced:,}" if report.replaced else "added"


@click.command("demo", epilog=help_examples("demo"))
@library_option
def demo_command(library: str) -> None:
    """Load the human reference, classify an example file and print the answers."""
    from core.calls import Status, confidence_percent  # Imported when run: see core.cli.
    from core.classify import classify
    from core.library.load import load
    from core.sequences.queries import read_text_queries
    from core.sequences.references.examples import make_examples
    from core.sequences.references.human import FAMILIES, SOURCE, load_human_reference
    from core.settings import read_settings

    file = read_settings().home / "example.fasta"
    with open_libraries() as libraries, terminal_progress() as progress:
        if library not in libraries.names():
            report = load(
                libraries,
                {"human": load_human_reference()},
                library=library,
                families=FAMILIES,
                source=SOURCE,
                progress=progress,
            )
            print_text(_format_report(report))
        write(make_examples(), file)
        queries = read_text_queries(make_examples(), str(file), disk_limits())
        calls = classify(libraries.open(library), queries)
    print_text(f"{file}: {len(calls)} sequences\n")
    for call in calls:
        answer = (
            f"{call.family}, confidence {confidence_percent(call.confidence)}"
            if call.status is Status.CALLED
            else call.status.value
        )
        print_text(f"  {call.query:16} {answer}\n")
