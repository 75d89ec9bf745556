"""Files named on the command line: their records after all checks."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.cli.files import BUILT_IN, STANDARD_INPUT, FileOptions, Source
from core.cli.shared import write
from core.errors import InputError
from core.progress import Progress, no_progress
from core.sequences.checks import ConflictPolicy, ImportOptions, Known
from core.sequences.import_source import ImportSource
from core.sequences.importer import Importer
from core.sequences.issues import LEFT_OUT, Severity
from core.sequences.layout import Layout, find_column, with_family_pattern
from core.sequences.layout_proposal import propose_layout, propose_organism
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.sequences.references.human import FAMILIES, load_human_reference
from core.sequences.report import Report, rejected_table, require_all_valid
from core.sequences.source_file import SourceFile

_CONFLICT_POLICIES: Mapping[str, ConflictPolicy] = {
    "error": ConflictPolicy.ERROR,
    "first": ConflictPolicy.FIRST,
    "drop": ConflictPolicy.DROP_BOTH,
}
"""Policies by their name on the command line."""

_COUNTED = ("copy", "known", LEFT_OUT)
"""Kinds of warnings whose records other notes, or the report of the load, count."""
_INVALID_HINT = (
    "Nothing was loaded. Fix the file, or load its valid records with --good-only;"
    " --rejected FILE writes the invalid ones with their reasons."
)
_NO_FAMILY_HINT = (
    "Name the family column with --family-column, give the pattern of families in headers with"
    " --family-pattern, or one family for all records with --family."
)


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
    """

    references: dict[str, list[Record]]
    families: dict[int, str]
    reports: list[Report]

    def notes(self) -> list[str]:
        """Return notes on how files were read, and what was changed or left out of them."""
        return [f"{report.source}: {note}" for report in self.reports for note in _notes(report)]


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
    if [item.file for item in options.sources].count(STANDARD_INPUT) > 1:
        raise InputError("Standard input is named twice.", "It can be read only once.")
    importer = Importer(known, limits, progress)
    if any(item.file == BUILT_IN for item in options.sources):
        importer.add_family_names(FAMILIES)
    if options.families:
        names = ImportSource.from_path(options.families, limits)
        importer.add_family_names(names.as_family_names())
    for item in options.sources:
        if item.file == BUILT_IN:
            importer.add_records(item.organism, load_human_reference(), FAMILIES)
        else:
            _check_file(importer, item, options, limits)
    if options.rejected:
        write(rejected_table(*importer.reports).decode(), options.rejected)
    if not options.good_only:
        require_all_valid(importer.reports, _INVALID_HINT)
    if not importer.references:
        require_all_valid(importer.reports, "There are no valid records.")
    return CheckedFiles(importer.references, importer.families, importer.reports)


def _notes(report: Report) -> Iterator[str]:
    yield from report.notes
    for issue in report.issues:
        if issue.severity is Severity.WARNING and issue.code not in _COUNTED:
            yield f"{issue.message} The first: {issue.examples[0]}"
    if report.rejected:
        yield (
            f"{len(report.rejected):,} of {report.records:,} records were left out; the first:"
            f" {report.rejected[0].reasons[0]}"
        )


def _check_file(importer: Importer, item: Source, options: FileOptions, limits: Limits) -> None:
    """Check the files of one source."""
    opened = _open(item.file, limits)
    if opened.unreadable:
        raise InputError(opened.unreadable[0])
    opened.require_sequences()
    importer.add_family_names(opened.family_names)
    while opened.files:  # Free each file as soon as it is checked.
        file = opened.files.pop(0)
        layout = _layout(file, options, item.organism)
        if layout.family is None and not options.family:
            raise InputError(f"{file.name}: no families found.", _NO_FAMILY_HINT)
        organism = item.organism
        if not organism and (layout.organism is None or item.file != STANDARD_INPUT):
            organism = _propose_organism(item, file)
        import_options = ImportOptions(
            organism=organism,
            family=options.family,
            conflicts=_CONFLICT_POLICIES[options.two_families],
        )
        importer.check(file, layout, import_options)


def _open(file: str, limits: Limits) -> ImportSource:
    if file != STANDARD_INPUT:
        return ImportSource.from_path(Path(file), limits)
    return ImportSource.from_bytes(
        sys.stdin.buffer.read(limits.max_bytes + 1), "standard input", limits
    )


def _propose_organism(item: Source, file: SourceFile) -> str:
    """Return the organism that the name of a file suggests; standard input has none."""
    if item.file == STANDARD_INPUT:
        raise InputError("Standard input names no organism.", "Give it as ORGANISM=-.")
    return propose_organism(file)


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
