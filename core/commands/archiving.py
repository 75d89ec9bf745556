"""Commands that write a library into one file, and make a library of one."""

import argparse
import sys
from pathlib import Path

from core.archives import export_library, import_library
from core.commands.parts import Commands, library_name, opened, output_file, show_progress
from core.commands.person import person
from core.sequences.limits import Limits
from core.settings import read_settings


def add_to(commands: Commands) -> None:
    """Add `export` and `import`."""
    export = commands.add(_export, "Write a library into one file, to keep it or to pass it on.")
    export.add_argument("file", type=output_file, metavar="FILE", help="such as lab.zip")

    take = commands.add(_import, "Make a library of an exported file.", of_library=False)
    take.add_argument("file", type=Path, metavar="FILE")
    take.add_argument("--library", type=library_name, metavar="NAME", help="default: as it was")


def _export(options: argparse.Namespace) -> None:
    with opened(read_settings()) as libraries:
        count = export_library(libraries, options.library, options.file, progress=show_progress)
    sys.stdout.write(f"{options.file}: {count:,} sequences of the library {options.library}.\n")


def _import(options: argparse.Namespace) -> None:
    settings = read_settings()
    with opened(settings) as libraries:
        report = import_library(
            libraries,
            options.file,
            options.library,
            limits=Limits.of_disk(settings),
            called=options.file.name,
            by=person(),
            progress=show_progress,
        )
    for each in report.organisms:
        sys.stdout.write(f"{each.organism}: {each.added:,} sequences\n")
    sys.stdout.write(f"The library {report.library} is there, after {report.seconds:.1f} s.\n")
