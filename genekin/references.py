"""Reference sequences of programs, after the checks that files go through on every other way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from core.errors import InputError
from core.progress import Progress
from core.sequences.checks import ImportOptions, Known
from core.sequences.import_source import ImportSource
from core.sequences.importer import Importer
from core.sequences.issues import Severity
from core.sequences.layout import Layout, with_family_pattern
from core.sequences.layout_proposal import propose_layout, propose_organism
from core.sequences.limits import Limits
from core.sequences.records import Record, check_organism_name
from core.sequences.references.human import FAMILIES, load_human_reference
from core.sequences.references.human import SOURCE as HUMAN_SOURCE
from core.sequences.report import Report, require_all_valid
from core.sequences.source_file import SourceFile
from genekin.inputs import ReferenceInput, References, describe_references, read_content

BUILT_IN = "builtin:human"
"""Stands for the built-in human reference, as on the command line."""

_INVALID_HINT = "Nothing was loaded. Correct them, or leave them out with valid_only=True."
_NO_FAMILY_HINT = (
    "Give the pattern of families in headers with family_pattern, or one family for all records"
    " with family."
)
_COUNTED = ("copy", "known")
"""Kinds of warnings whose records the report of the load counts."""


@dataclass(frozen=True, slots=True)
class ReferenceOptions:
    """Options for reading reference sequences.

    Attributes
    ----------
    families
        Names by class number, or a file of them.
    family
        Family of records that name none.
    family_pattern
        Regular expression with one group, the family in a header; detected if empty.
    valid_only
        Leave invalid records out, instead of refusing all.
    """

    families: Mapping[int, str] | str | PathLike[str] = field(default_factory=dict)
    family: str = ""
    family_pattern: str = ""
    valid_only: bool = False


@dataclass(frozen=True, slots=True)
class CheckedReferences:
    """Reference sequences that can be loaded.

    Attributes
    ----------
    records
        Valid records by organism.
    families
        Names by class number.
    source
        Where they came from, in a line.
    notes
        How they were read, and what was changed or left out.
    """

    records: Mapping[str, Sequence[Record]]
    families: Mapping[int, str]
    source: str
    notes: Sequence[str]


def check_references(
    references: References,
    options: ReferenceOptions,
    known: Known,
    limits: Limits,
    progress: Progress,
) -> CheckedReferences:
    """Read and check reference sequences.

    Parameters
    ----------
    references
        By organism, or one input that names the organisms itself.
    known
        What the library has already.

    Raises
    ------
    InputError
        If an input cannot be read, or a record is invalid and is not to be left out.
    """
    by_organism = references if isinstance(references, Mapping) else {"": references}
    importer = Importer(known, limits, progress)
    importer.add_family_names(_family_names(options.families, limits))
    sources = []
    for organism, reference in by_organism.items():
        if organism:
            check_organism_name(organism)
        name = _add(importer, organism, reference, options, limits)
        sources.append(f"{organism}={name}".lstrip("="))
    if not options.valid_only:
        require_all_valid(importer.reports, _INVALID_HINT)
    if not importer.references:
        require_all_valid(importer.reports, "There are no valid records.")
        raise InputError("There are no reference sequences.", "Give at least one organism.")
    return CheckedReferences(
        importer.references,
        importer.families,
        ", ".join(sources),
        [note for report in importer.reports for note in _notes(report)],
    )


def _family_names(
    families: Mapping[int, str] | str | PathLike[str], limits: Limits
) -> Mapping[int, str]:
    if isinstance(families, Mapping):
        return families
    return ImportSource.from_path(Path(families).expanduser(), limits).as_family_names()


def _add(
    importer: Importer,
    organism: str,
    reference: ReferenceInput,
    options: ReferenceOptions,
    limits: Limits,
) -> str:
    """Check the sequences of an organism; return the name of their source."""
    if isinstance(reference, str) and reference == BUILT_IN:
        importer.add_family_names(FAMILIES)
        importer.add_records(organism or "human", load_human_reference(), FAMILIES)
        return HUMAN_SOURCE
    if content := read_content(reference, limits):
        name = content.name
        source = ImportSource.from_bytes(content.data, name, limits)
    else:
        name = "the records"
        records = describe_references(reference)  # type: ignore[arg-type]  # the only kind left
        source = ImportSource.from_records(records, name, limits)
    if source.unreadable:
        raise InputError(source.unreadable[0])
    source.require_sequences()
    importer.add_family_names(source.family_names)
    while source.files:  # Free each file as soon as it is checked.
        _check_file(importer, source.files.pop(0), organism, options)
    return name


def _check_file(
    importer: Importer, file: SourceFile, organism: str, options: ReferenceOptions
) -> None:
    layout = _layout(file, organism, options)
    if layout.family is None and not options.family:
        raise InputError(f"{file.name}: no families found.", _NO_FAMILY_HINT)
    owner = organism or propose_organism(file)
    importer.check(file, layout, ImportOptions(organism=owner, family=options.family))


def _layout(file: SourceFile, organism: str, options: ReferenceOptions) -> Layout:
    layout = propose_layout(file)
    if organism:  # It overrides those of the file.
        layout = replace(layout, organism=None, organism_pattern="")
    if options.family_pattern:
        layout = with_family_pattern(file, layout, options.family_pattern)
    return layout


def _notes(report: Report) -> Iterator[str]:
    for note in report.notes:
        yield f"{report.source}: {note}"
    for issue in report.issues:
        if issue.severity is Severity.WARNING and issue.code not in _COUNTED:
            yield f"{report.source}: {issue.message} The first: {issue.examples[0]}"
    if report.rejected:
        yield (
            f"{report.source}: {len(report.rejected):,} of {report.records:,} records were left"
            f" out; the first: {report.rejected[0].reasons[0]}"
        )
