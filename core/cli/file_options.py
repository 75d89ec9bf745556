"""Options that name reference files and say how to read them."""

import argparse
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from core.cli.files import BUILT_IN, source
from core.cli.shared import output_file

FileOptions = argparse.Namespace
SOURCES = "ORGANISM=FILE"
FILES_HELP = (
    f"FILE is FASTA, FASTQ, a table or Excel, plain, .gz or .zip, or {BUILT_IN}. FILE alone:"
    " the organisms that it names, or else the one in its own name."
)

_OPTIONS = (
    click.option("--families", type=Path, metavar="FILE", help="Class numbers and their names."),
    *(
        click.option(
            f"--{part}-column",
            metavar="NAME",
            help=f"Column of the {part}; default: detected.",
        )
        for part in ("sequence", "family", "name")
    ),
    click.option(
        "--family-pattern", metavar="REGEX", help=r"Family in a header, such as class=(\d+)."
    ),
    click.option(
        "--family",
        default="",
        metavar="NAME|NUMBER",
        help="Default family, of records that name none.",
    ),
    click.option(
        "--two-families",
        type=click.Choice(["error", "first", "drop"]),
        default="error",
        show_default=True,
        help="A sequence with two families: reject the file, keep the first, or drop both.",
    ),
    click.option("--good-only", is_flag=True, help="Load the valid records of a file with others."),
    click.option(
        "--rejected",
        type=output_file,
        metavar="FILE",
        help="Write the rejected records and the reasons to a file.",
    ),
)


def file_options(*, required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the files and how to read them, passed as one `files`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**options: object) -> None:
            files = argparse.Namespace(**{name: options.pop(name) for name in _NAMES})
            command(files=files, **options)

        for option in reversed(_OPTIONS):
            run = option(run)
        return click.argument(
            "sources", nargs=-1, required=required, type=source, metavar=f"{SOURCES}..."
        )(run)

    return decorate


_NAMES = (
    "sources",
    "families",
    "sequence_column",
    "family_column",
    "name_column",
    "family_pattern",
    "family",
    "two_families",
    "good_only",
    "rejected",
)
