"""Commands that write a library into one file, and make a library of one.

Commands that look after libraries: what becomes of them.
"""

import argparse
import sys
from pathlib import Path

from core.cli.shared import (
    Commands,
    current_user,
    library_name,
    open_libraries,
    output_file,
    show_progress,
)
from core.library.archive import export_library, import_library
from core.library.refit import refit
from core.library.repair import repair
from core.sequences.limits import Limits
from core.settings import read_settings


def add_to(commands: Commands) -> None:
    """Add the commands that maintain libraries."""
    remove = commands.add(_remove, "Remove an organism with all its sequences.")
    remove.add_argument("organism", metavar="ORGANISM")

    calibrate = commands.add(
        _calibrate, "Fit a library's confidences and threshold again, or choose the threshold."
    )
    calibrate.add_argument("--threshold", type=float, metavar="CONFIDENCE", help="0 to 1")

    rename = commands.add(_rename, "Call a library by another name.")
    rename.add_argument("name", metavar="NEW_NAME", type=library_name)

    delete = commands.add(_delete, "Remove a library with all its organisms.")
    delete.add_argument("--yes", action="store_true", required=True, help="yes, remove it")

    commands.add(_refit, "Fit a library's encoder to all that it has now, and encode it anew.")

    commands.add(
        _reconcile, "Undo or finish what a crash interrupted, and bring both stores into agreement."
    )

    export = commands.add(_export, "Write a library into one file, to keep it or to pass it on.")
    export.add_argument("file", type=output_file, metavar="FILE", help="such as lab.zip")

    take = commands.add(_import, "Make a library of an exported file.", of_library=False)
    take.add_argument("file", type=Path, metavar="FILE")
    take.add_argument("--library", type=library_name, metavar="NAME", help="default: as it was")


def _export(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        count = export_library(libraries, options.library, options.file, progress=show_progress)
    sys.stdout.write(f"{options.file}: {count:,} sequences of the library {options.library}.\n")


def _import(options: argparse.Namespace) -> None:
    settings = read_settings()
    with open_libraries(settings) as libraries:
        report = import_library(
            libraries,
            options.file,
            options.library,
            limits=Limits.of_disk(settings),
            called=options.file.name,
            by=current_user(),
            progress=show_progress,
        )
    for each in report.organisms:
        sys.stdout.write(f"{each.organism}: {each.added:,} sequences\n")
    sys.stdout.write(f"The library {report.library} is there, after {report.seconds:.1f} s.\n")


def _remove(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        removed = libraries.remove_organism(options.library, options.organism)
    sys.stdout.write(f"{options.organism}: {removed:,} sequences removed.\n")


def _calibrate(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
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
    with open_libraries(read_settings()) as libraries:
        libraries.rename(options.library, options.name)
    sys.stdout.write(f"The library {options.library} is now called {options.name}.\n")


def _delete(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        removed = libraries.delete(options.library)
    sys.stdout.write(f"The library {options.library} is removed: {removed:,} sequences.\n")


def _refit(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        done = refit(libraries, options.library, progress=show_progress)
    sys.stdout.write(
        f"The encoder of the library {done.library} is fitted to {done.sequences:,} sequences,"
        f" after {done.seconds:.1f} s.\n"
    )


def _reconcile(options: argparse.Namespace) -> None:
    with open_libraries(read_settings()) as libraries:
        done = repair(libraries, options.library, progress=show_progress)
    sys.stdout.write(
        f"{done.interrupted.loads_undone} interrupted loads undone,"
        f" {done.interrupted.removals_finished} removals finished,"
        f" {done.interrupted.collections_dropped} collections dropped.\n"
        f"{done.sequences:,} sequences compared: {done.vectors_written:,} vectors were lost and are"
        f" written anew, {done.vectors_deleted:,} belonged to no sequence and are deleted.\n"
    )
