"""Commands that maintain libraries: remove, calibrate, refit, repair, export, import."""

from pathlib import Path

import click

from core.access.machine import current_user
from core.cli.shared import (
    disk_limits,
    help_examples,
    library_name,
    library_option,
    open_libraries,
    output_file,
)
from core.cli.terminal import print_text, terminal_progress
from core.errors import LibraryError


@click.command("remove", epilog=help_examples("remove dog", "remove dog --library lab"))
@click.argument("organism")
@library_option
def _remove(organism: str, library: str) -> None:
    """Remove an organism with all its sequences."""
    with open_libraries() as libraries:
        count = libraries.remove_organism(library, organism)
    print_text(f"{organism}: {count:,} sequences removed.\n")


@click.command("calibrate", epilog=help_examples("calibrate", "calibrate --threshold 0.95"))
@library_option
@click.option("--threshold", type=float, metavar="CONFIDENCE", help="New threshold, 0 to 1.")
def _calibrate(library: str, threshold: float | None) -> None:
    """Recompute a library's confidences and threshold, or set the threshold."""
    with open_libraries() as libraries:
        if threshold is None:
            opened = libraries.calibrate(library)
        else:
            libraries.set_threshold(library, threshold)
            opened = libraries.open(library)
    print_text(
        f"The library {opened.name} calls a family from a confidence of"
        f" {opened.threshold:.2f} on.\n"
    )


@click.command("rename", epilog=help_examples("rename lab2 --library lab"))
@click.argument("name", metavar="NEW_NAME", type=library_name)
@library_option
def _rename(name: str, library: str) -> None:
    """Rename a library."""
    with open_libraries() as libraries:
        libraries.rename(library, name)
    print_text(f"The library {library} is now called {name}.\n")


@click.command("delete", epilog=help_examples("delete --library old --yes"))
@library_option
@click.option("--yes", is_flag=True, help="Confirm the deletion (required).")
def _delete(library: str, *, yes: bool) -> None:
    """Delete a library with all its organisms."""
    if not yes:
        message = "Deleting a library cannot be undone: confirm with '--yes'."
        raise click.UsageError(message)
    with open_libraries() as libraries:
        count = libraries.delete(library)
    print_text(f"The library {library} was deleted: {count:,} sequences.\n")


@click.command("refit", epilog=help_examples("refit --library lab"))
@library_option
def _refit(library: str) -> None:
    """Fit a library's encoder to all its sequences, and encode them again."""
    from core.library.refit import refit  # Imported when run: see core.cli.

    with open_libraries() as libraries, terminal_progress() as progress:
        report = refit(libraries, library, progress=progress)
    print_text(
        f"The encoder of the library {report.library} is fitted to {report.sequences:,} sequences,"
        f" after {report.seconds:.1f} s.\n"
    )


@click.command("reconcile", epilog=help_examples("reconcile", "reconcile --library lab"))
@library_option
def _reconcile(library: str) -> None:
    """Verify and repair: finish what a crash interrupted, and make both stores agree."""
    # Imported when run: see core.cli.
    from core.library.repair import DAMAGED_HINT, damaged_text, repair

    with open_libraries() as libraries, terminal_progress() as progress:
        report = repair(libraries, library, progress=progress)
    if report.library_removed:
        print_text(f"The library {report.library} had no sequences and was removed.\n")
        return
    interrupted = report.interrupted
    print_text(
        f"{interrupted.loads_undone} interrupted loads undone,"
        f" {interrupted.removals_finished} removals finished,"
        f" {interrupted.collections_dropped} collections dropped.\n"
        f"{report.sequences:,} sequences compared: {report.vectors_written:,} lost vectors"
        f" restored, {report.vectors_deleted:,} vectors without a sequence deleted.\n"
    )
    if report.damaged:
        raise LibraryError(damaged_text(report), DAMAGED_HINT)


@click.command("export", epilog=help_examples("export lab.zip --library lab"))
@click.argument("file", type=output_file)
@library_option
def _export(file: Path, library: str) -> None:
    """Export a library into one file, as a backup or to share it."""
    from core.library.archive import export_library  # Imported when run: see core.cli.

    with open_libraries() as libraries, terminal_progress() as progress:
        count = export_library(libraries, library, file, progress=progress)
    print_text(f"{file}: {count:,} sequences of the library {library}.\n")


@click.command("import", epilog=help_examples("import lab.zip", "import lab.zip --library lab2"))
@click.argument("file", type=Path)
@click.option(
    "--library",
    type=library_name,
    metavar="NAME",
    help="Name of the new library; default: its name when it was exported.",
)
def _import(file: Path, library: str | None) -> None:
    """Create a library from an exported file."""
    from core.library.archive import import_library  # Imported when run: see core.cli.

    with open_libraries() as libraries, terminal_progress() as progress:
        report = import_library(
            libraries,
            file,
            library,
            limits=disk_limits(),
            display_name=file.name,
            by=current_user(),
            progress=progress,
        )
    for organism in report.organisms:
        print_text(f"{organism.organism}: {organism.added:,} sequences\n")
    print_text(f"Imported as library {report.library} in {report.seconds:.1f} s.\n")


COMMANDS = (_remove, _calibrate, _rename, _delete, _refit, _reconcile, _export, _import)
"""All of them, in the order of the help."""
