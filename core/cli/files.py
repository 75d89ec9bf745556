"""Files named on the command line: how to read them, and their records after all checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core.cli.shared import output_file, write
from core.errors import InputError
from core.progress import Progress, no_progress
from core.sequences.checks import ConflictPolicy, ImportOptions, Known
from core.sequences.importer import Importer, ImportSource
from core.sequences.layout import (
    Layout,
    find_column,
    propose_layout,
    propose_organism,
    with_family_pattern,
)
from core.sequences.limits import Limits
from core.sequences.records import Record, check_organism_name
from core.sequences.references.human import FAMILIES, load_human_reference
from core.sequences.report import Report, rejected_table, require_all_valid
from core.sequences.source_file import SourceFile

BUILT_IN = "builtin:human"
"""FILE that stands for the built-in human reference."""
FILES_HELP = (
    f"FILE is FASTA, FASTQ, a table or Excel, plain, .gz or .zip, or {BUILT_IN}. FILE alone:"
    " the organisms that it names, or else the one in its own name."
)

CONFLICT_POLICIES: Mapping[str, ConflictPolicy] = {
    "error": ConflictPolicy.ERROR,
    "first": ConflictPolicy.FIRST,
    "drop": ConflictPolicy.DROP_BOTH,
}
"""Values of ``--two-families``."""

_INVALID_HINT = (
    "Nothing was loaded. Fix the file, or load its valid records with --good-only;"
    " --rejected FILE writes the invalid ones with their reasons."
)
_NO_FAMILY_HINT = (
    "Name the family column with --family-column, give the pattern of families in headers with"
    " --family-pattern, or one family for all records with --family."
)


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


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """Records that can be loaded.

    Attributes
    ----------
    references
        Valid records by organism.
    families
        Names by class number: of the library's families and of the new ones.
    reports
        One report for each file.
    notes
        What the user should know about how files were read.
    """

    references: dict[str, list[Record]]
    families: dict[int, str]
    reports: list[Report]
    notes: list[str]


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
        type=click.Choice(list(CONFLICT_POLICIES)),
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


def check_files(
    options: FileOptions, known: Known, limits: Limits, progress: Progress = no_progress
) -> CheckedFiles:
    """Read and check all files, and write the rejected records if requested.

    Parameters
    ----------
    known
        What the library has already.

    Raises
    ------
    InputError
        If a file cannot be read, or a record is invalid and is not to be skipped.
    """
    organisms = [item.organism for item in options.sources if item.organism]
    if len(set(organisms)) < len(organisms):
        raise InputError("An organism is named twice.", "Give each ORGANISM=FILE once.")
    importer = Importer(known, limits, progress)
    if any(item.file == BUILT_IN for item in options.sources):
        importer.add_family_names(FAMILIES)
    if options.families:
        names = ImportSource.from_path(options.families, limits)
        importer.add_family_names(names.as_family_names())
    notes: list[str] = []
    for item in options.sources:
        if item.file == BUILT_IN:
            importer.add_records(item.organism, load_human_reference(), FAMILIES)
        else:
            notes += _check_file(importer, item, options, limits)
    if options.rejected:
        write(rejected_table(*importer.reports).decode(), options.rejected)
    if not options.good_only:
        require_all_valid(importer.reports, _INVALID_HINT)
    if not importer.references:
        require_all_valid(importer.reports, "There are no valid records.")
    return CheckedFiles(importer.references, importer.families, importer.reports, notes)


def _check_file(
    importer: Importer, item: Source, options: FileOptions, limits: Limits
) -> list[str]:
    """Check the files of one source; return notes on how they were read."""
    opened = ImportSource.from_path(Path(item.file), limits)
    if opened.unreadable:
        raise InputError(opened.unreadable[0])
    opened.require_sequences()
    importer.add_family_names(opened.family_names)
    notes: list[str] = []
    while opened.files:  # Free each file as soon as it is checked.
        file = opened.files.pop(0)
        layout = _layout(file, options, item.organism)
        if layout.family is None and not options.family:
            raise InputError(f"{file.name}: no families found.", _NO_FAMILY_HINT)
        notes += [f"{file.name}: {note}" for note in layout.notes]
        import_options = ImportOptions(
            organism=item.organism or propose_organism(file),
            family=options.family,
            conflicts=CONFLICT_POLICIES[options.two_families],
        )
        importer.check(file, layout, import_options)
    return notes


def _layout(file: SourceFile, options: FileOptions, organism: str) -> Layout:
    """Return the proposed layout, changed by the options."""
    columns = {
        "sequence": options.sequence_column,
        "family": options.family_column,
        "name": options.name_column,
    }
    changes: dict[str, Any] = {
        part: find_column(file, name) for part, name in columns.items() if name
    }
    if options.family_column:
        changes["family_pattern"] = ""
    if organism:  # The organism of the command line overrides those of the file.
        changes |= {"organism": None, "organism_pattern": ""}
    layout = replace(propose_layout(file), **changes)
    if options.family_pattern:
        layout = with_family_pattern(file, layout, options.family_pattern)
    return layout
