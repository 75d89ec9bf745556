"""Files named on the command line, and the options that say how to read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core.cli.shared import output_file
from core.errors import InputError
from core.sequences.records import check_organism_name

BUILT_IN = "builtin:human"
"""FILE that stands for the built-in human reference."""
STANDARD_INPUT = "-"
"""FILE that stands for standard input."""
FILES_HELP = (
    f"FILE is FASTA, FASTQ, a table or Excel, plain, .gz or .zip, {BUILT_IN}, or - for standard"
    " input. FILE alone: the organisms that it names, or else the one in its own name."
)

CONFLICT_CHOICES = ("error", "first", "drop")
"""Values of ``--two-families``."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to load; all records belong to `organism`, unless that is empty."""

    organism: str
    file: str


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options that name files and say how to read them."""

    sources: Sequence[Source]
    families: Path | None
    sequence_column: str | None
    family_column: str | None
    name_column: str | None
    family_pattern: str | None
    family: str
    two_families: str
    good_only: bool
    rejected: Path | None


def source(argument: str) -> Source:
    """Parse ORGANISM=FILE, or FILE alone.

    Raises
    ------
    InputError
        If it is neither, or the name of the organism is invalid.
    """
    organism, equals, file = argument.partition("=")
    if not equals or "/" in organism:
        return Source("human" if argument == BUILT_IN else "", argument)
    if not (organism and file):
        message = f"{argument!r} is not of the form ORGANISM=FILE."
        raise InputError(message, "Or give the file alone.")
    check_organism_name(organism)
    return Source(organism, file)


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
        type=click.Choice(CONFLICT_CHOICES),
        default=CONFLICT_CHOICES[0],
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
    """Return a decorator that adds the options, which the command gets as one `files`.

    Parameters
    ----------
    required
        Whether at least one file must be named.
    """
    names = [field.name for field in fields(FileOptions)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**options: Any) -> None:
            files = FileOptions(**{name: options.pop(name) for name in names})
            command(files=files, **options)

        for option in reversed(_OPTIONS):
            run = option(run)
        return click.argument(
            "sources", nargs=-1, required=required, type=source, metavar="ORGANISM=FILE..."
        )(run)

    return decorate
