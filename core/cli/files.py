"""What a command is told to load: from files to records, checked as the pages check an upload."""

import argparse
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.cli.shared import output_file, show_progress, write
from core.errors import InputError
from core.library.naming import check_organism_name
from core.sequences.importer import read_path, require_clean, validate
from core.sequences.layout import find_column, organism_of, propose, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_families
from core.sequences.records import Record
from core.sequences.references.human import FAMILIES, human_reference
from core.sequences.report import Choices, ConflictPolicy, Known, Report, rejected_table
from core.sequences.upload import Format, Layout, Upload

BUILT_IN = "builtin:human"
"""What to give as FILE for the human reference that comes with GeneKin."""

_RULES = {
    "error": ConflictPolicy.ERROR,
    "first": ConflictPolicy.FIRST,
    "drop": ConflictPolicy.DROP_BOTH,
}
_NOT_LOADED = (
    "Nothing was loaded: mend the file, or load the other records with --good-only."
    " --rejected FILE writes these ones with their reasons."
)
_NO_FAMILIES = (
    "Name its column with --family-column, or what stands around it in a header with"
    " --family-pattern; or give one for all records with --family."
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to load; all of it goes into one organism, unless that is empty."""

    organism: str
    file: str


@dataclass(slots=True)
class Checked:
    """What can be loaded.

    Attributes
    ----------
    references
        Records by organism.
    families
        Names of class numbers, of those that the library has and of those that are new.
    reports
        What was found, file by file.
    notes
        How files were read, where that may surprise.
    """

    references: dict[str, list[Record]] = field(default_factory=dict)
    families: dict[int, str] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, organism: str, records: Sequence[Record]) -> None:
        """Take in records that can be loaded."""
        self.references.setdefault(organism, []).extend(records)


def add_options(command: argparse.ArgumentParser, files: str = "+") -> None:
    """Add what names the files, so many as `files` says, and how they are to be read."""
    command.add_argument(
        "sources",
        nargs=files,
        type=source,
        metavar="ORGANISM=FILE",
        help=f"FASTA, FASTQ, a table or Excel, plain, .gz or .zip; or {BUILT_IN}. FILE alone: the"
        " organisms that it names, or else the one that its own name says",
    )
    command.add_argument("--families", type=Path, metavar="FILE", help="class numbers and names")
    for part in ("sequence", "family", "name"):
        about = f"the column of the {part}, by its name; otherwise it is looked for"
        command.add_argument(f"--{part}-column", metavar="NAME", help=about)
    command.add_argument(
        "--family-pattern", metavar="REGEX", help=r"the family in a header, such as class=(\d+)"
    )
    command.add_argument(
        "--family", default="", metavar="NAME|NUMBER", help="of the records that name none"
    )
    command.add_argument(
        "--two-families",
        choices=_RULES,
        default="error",
        help="a sequence with two: an error, its first one counts, or it is left out",
    )
    command.add_argument(
        "--good-only", action="store_true", help="load the good records of a file with bad ones"
    )
    command.add_argument(
        "--rejected",
        type=output_file,
        metavar="FILE",
        help="where to write the bad ones, with reasons",
    )


def source(argument: str) -> Source:
    """What ORGANISM=FILE, or FILE alone, names.

    Raises
    ------
    InputError
        If it is neither, or the organism cannot be one.
    """
    organism, equals, file = argument.partition("=")
    if not equals or "/" in organism:
        return Source("human" if argument == BUILT_IN else "", argument)
    if not (organism and file):
        message = f"{argument!r} is not of the form ORGANISM=FILE."
        raise InputError(message, "Or give the file alone.")
    check_organism_name(organism)
    return Source(organism, file)


def check(options: argparse.Namespace, known: Known, limits: Limits) -> Checked:
    """Read and check all files; what is rejected is written down, if that is wanted.

    Parameters
    ----------
    known
        What the library has.

    Raises
    ------
    InputError
        If a file cannot be read, or a record cannot be loaded and is not to be left out.
    """
    sources: list[Source] = options.sources
    named = [each.organism for each in sources if each.organism]
    if len(set(named)) < len(named):
        raise InputError("An organism is named twice.", "Give each ORGANISM=FILE once.")
    given: dict[int, str] = {}
    if any(each.file == BUILT_IN for each in sources):
        given |= FAMILIES
    if options.families:
        given |= read_families(read_path(options.families, limits)[0])
    checker = _Checker(options, replace(known, given=given), limits)
    for each in sources:
        checker.read(each)
    checked = checker.checked
    if options.rejected:
        write(rejected_table(*checked.reports).decode(), options.rejected)
    if not options.good_only:
        require_clean(checked.reports, _NOT_LOADED)
    if not checked.references:
        require_clean(checked.reports, "There is no good record.")
    return checked


class _Checker:
    """Checks one file after the other, each against what those before it bring."""

    def __init__(self, options: argparse.Namespace, known: Known, limits: Limits) -> None:
        self._options = options
        self._known = known
        self._limits = limits
        self.checked = Checked(families=dict(known.library))

    def read(self, source: Source) -> None:
        if source.file == BUILT_IN:
            self.checked.add(source.organism, human_reference())
            self._learn(FAMILIES, FAMILIES)
            return
        uploads = deque(read_path(Path(source.file), self._limits))
        for upload in uploads:
            if upload.format is Format.UNREADABLE:
                raise InputError(" ".join(upload.notes))
            if upload.format is Format.FAMILIES:
                given = {**self._known.given, **read_families(upload)}
                self._known = replace(self._known, given=given)
        sequences = [each for each in uploads if each.format is not Format.FAMILIES]
        if not sequences:
            message = f"{source.file} names families, and has no sequences."
            raise InputError(message, "Give it with --families, beside a file of sequences.")
        uploads.clear()
        while sequences:  # None is held any longer than it takes to check it.
            self._check(sequences.pop(0), source.organism)

    def _check(self, upload: Upload, organism: str) -> None:
        options = self._options
        layout = self._layout(upload, organism)
        if layout.family is None and not options.family:
            message = f"{upload.name} names no families in a way that could be told."
            raise InputError(message, _NO_FAMILIES)
        self.checked.notes += [f"{upload.name}: {note}" for note in layout.notes]
        report = validate(
            read_entries(upload, layout),
            upload.name,
            self._limits.max_record_bases,
            known=self._known,
            choices=Choices(
                organism=organism or organism_of(upload),
                family=options.family,
                rule=_RULES[options.two_families],
            ),
            progress=show_progress,
        )
        for name, records in report.good.items():
            self.checked.add(name, records)
        self.checked.reports.append(report)
        self._learn(report.families, report.balance)

    def _layout(self, upload: Upload, organism: str) -> Layout:
        """Where the parts stand: as the options say, otherwise as proposed."""
        options = self._options
        changes: dict[str, Any] = {
            part: find_column(upload, name)
            for part in ("sequence", "family", "name")
            if (name := getattr(options, f"{part}_column"))
        }
        if options.family_column:
            changes["family_pattern"] = ""
        if options.family_pattern:
            changes["family_pattern"] = options.family_pattern
            if upload.headed:
                changes["family"] = 0
        if organism:  # What the command says goes before what the file says.
            changes |= {"organism": None, "organism_pattern": ""}
        return replace(propose(upload), **changes)

    def _learn(self, names: Mapping[int, str], used: Mapping[int, object]) -> None:
        """Let the next file see the families of this one: a number means one thing in a load."""
        unnamed = {number: f"class {number}" for number in used}
        self.checked.families = unnamed | self.checked.families | dict(names)
        self._known = replace(self._known, library=self.checked.families)
