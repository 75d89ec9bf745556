"""Checks of records: each one by itself, against each other, and against the library."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import InputError
from core.sequences.alphabet import (
    count_ambiguous,
    find_invalid_character,
    looks_like_protein,
    normalise,
)
from core.sequences.families import Numbering, is_missing, is_spreadsheet_error
from core.sequences.issues import LEFT_OUT, FindingTally, rejects, shorten
from core.sequences.layout import Entry
from core.sequences.limits import Limits
from core.sequences.readers.tables import escape_formula
from core.sequences.records import Record, clean_name, clean_organism_name, sequence_id

MIN_LENGTH = 18
"""Length in bp below which a sequence is very short: six residues, one k-mer of the default
encoder."""
MAX_AMBIGUOUS = 0.1
"""Share of ambiguous bases above which there is a warning."""
MAX_READABLE_AMBIGUOUS = 0.9
"""Share of ambiguous bases above which a sequence, such as one of N alone, is invalid."""


class ConflictPolicy(StrEnum):
    """Handling of a sequence that has two families in the file."""

    ERROR = "error"
    FIRST = "first"
    DROP_BOTH = "drop both"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Choices of the user.

    Attributes
    ----------
    organism
        Organism of records that name none.
    family
        Family of records that name none, a class number or a name; empty to reject them.
    conflicts
        Handling of a sequence with two families.
    synonyms
        Families as written, each with the family that its records belong to.
    new_families
        Whether unknown families are created; otherwise their records are rejected.
    """

    organism: str = ""
    family: str = ""
    conflicts: ConflictPolicy = ConflictPolicy.ERROR
    synonyms: tuple[tuple[str, str], ...] = ()
    new_families: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """Everything known before a file is checked; nothing by default.

    Attributes
    ----------
    library
        Names of the library's families by class number.
    family_names
        Names by class number from a family names file: what the numbers of *this* file mean.
    find_families
        Returns the families of those of some ids that the library has, by id.
    partitions
        Partitions of the library's organisms, by which sequences have their ids.
    """

    library: Mapping[int, str] = field(default_factory=dict)
    family_names: Mapping[int, str] = field(default_factory=dict)
    find_families: Callable[[Sequence[int]], Mapping[int, int]] = lambda _ids: {}
    partitions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a sequence is invalid.

    Attributes
    ----------
    code
        Short stable identifier of the kind of fault.
    description
        The predicate of a sentence whose subject is the record.
    offset
        The invalid base, from 0, where it is one base.
    """

    code: str
    description: str
    offset: int | None = None


def find_fault(residues: str, max_bases: int) -> Fault | None:
    """Return the first reason why normalised residues are invalid, or None.

    >>> find_fault("ACG7", 100).description
    "has an invalid character '7' at base 4; use IUPAC nucleotide codes"
    """
    if not residues:
        return Fault("empty", "has no sequence")
    if len(residues) > max_bases:
        return too_long(len(residues), max_bases)
    if (invalid := find_invalid_character(residues)) is None:
        return None
    offset, letter = invalid
    what = f"has an invalid character {letter!r} at base {offset + 1:,}"
    if looks_like_protein(residues):
        return Fault("protein", f"{what} and looks like a protein; use a DNA sequence", offset)
    return Fault("letter", f"{what}; use IUPAC nucleotide codes", offset)


def too_long(bases: int, max_bases: int) -> Fault:
    """Return the fault of a sequence with more bases than the maximum."""
    return Fault("too long", f"has {bases:,} bp; the maximum is {max_bases:,} bp")


def too_many_invalid(source: str, reason: str, limits: Limits) -> InputError:
    """Return the error for a file of which hardly anything can be used.

    Parameters
    ----------
    reason
        Why the first invalid record is invalid, a full sentence.
    """
    message = f"{source}: more than {limits.max_invalid:,} records are invalid. The first: {reason}"
    return InputError(message, "Check that this is the right file, and how its columns are used.")


@dataclass(slots=True)
class Draft:
    """An entry on its way to a record.

    Attributes
    ----------
    family
        As written, or the default one.
    reasons
        Messages of the findings that reject it.
    """

    entry: Entry
    findings: FindingTally
    family: str = ""
    organism: str = ""
    record: Record | None = None
    reasons: tuple[str, ...] = ()

    def add(self, code: str, description: str, line: int | None = None) -> None:
        """Add a finding; `description` is the predicate of a sentence about the record."""
        line = self.entry.line if line is None else line
        message = f"Record {self.entry.position:,} (line {line:,}) {description}."
        self.add_message(code, line, message)

    def add_message(self, code: str, line: int, message: str) -> None:
        """Add a finding with its full message."""
        self.findings.add(code, self.entry.position, line, message)
        if rejects(code):
            self.reasons += (message,)

    @property
    def valid_record(self) -> Record | None:
        """The record, unless a finding rejects it."""
        return None if self.reasons else self.record


class EntryChecker:
    """Checks one entry at a time.

    Attributes
    ----------
    findings
        Findings of all entries.
    """

    def __init__(self, max_bases: int, numbering: Numbering, options: ImportOptions) -> None:
        self.findings = FindingTally()
        self._max_bases = max_bases
        self._numbering = numbering
        self._options = options

    def check(self, entry: Entry, family: str) -> Draft:
        """Return the entry with its findings, and its record unless it has none."""
        draft = Draft(entry, self.findings, family)
        if entry.problem:
            draft.add_message(entry.problem.code, entry.line, entry.problem.message)
            return draft
        residues = normalise(entry.body)
        name = clean_name(entry.name)
        self._check_residues(draft, residues)
        self._check_family(draft, family)
        self._check_organism(draft)
        _check_name(draft, name)
        number = self._numbering.numbers.get(family)
        draft.record = Record(name, residues, entry.position, entry.line, number)
        return draft

    def _check_residues(self, draft: Draft, residues: str) -> None:
        if fault := find_fault(residues, self._max_bases):
            line = None if fault.offset is None else draft.entry.line_of_base(fault.offset)
            draft.add(fault.code, fault.description, line)
            return
        if len(residues) < MIN_LENGTH:
            draft.add("short", f"has {len(residues)} bp")
        share = count_ambiguous(residues) / len(residues)
        if share > MAX_READABLE_AMBIGUOUS:
            draft.add("no bases", f"has {share:.0%} ambiguous bases; too few are left to compare")
        elif share > MAX_AMBIGUOUS:
            draft.add("ambiguous", f"has {share:.0%} ambiguous bases")

    def _check_family(self, draft: Draft, family: str) -> None:
        shown = repr(shorten(family, 40))
        if not family:
            draft.add("no family", "has no family")
        elif is_spreadsheet_error(family):
            draft.add("class", f"has the spreadsheet error {shown} as its family")
        elif family not in self._numbering.numbers:
            draft.add("class", f"has an invalid family {shown}; use a class number or a name")
        elif family in self._numbering.unknown:
            if self._options.new_families:
                draft.add("unknown family", f"has the new family {shown}, which will be created")
            else:
                draft.add("new family", f"has the unknown family {shown}")

    def _check_organism(self, draft: Draft) -> None:
        named = not is_missing(draft.entry.organism)
        written = draft.entry.organism if named else self._options.organism
        draft.organism = clean_organism_name(written) or ""
        if not written.strip():
            draft.add("organism", "has no organism")
        elif not draft.organism:
            shown = repr(shorten(written, 40))
            what = f"has an invalid organism name {shown}; use letters, digits and underscores"
            draft.add("organism", what)


def _check_name(draft: Draft, name: str) -> None:
    if is_spreadsheet_error(name):
        draft.add("name error", f"has the spreadsheet error {shorten(name, 40)!r} as its name")
    if name != draft.entry.name:
        draft.add("name", f"was renamed to {shorten(name, 40)!r}")
    if escape_formula(name) != name:
        draft.add("formula", f"has the name {shorten(name, 40)!r}")


def compare_with_each_other(drafts: Iterable[Draft], conflicts: ConflictPolicy) -> None:
    """Find duplicates, and sequences with two families."""
    by_sequence: dict[int, list[Draft]] = {}
    for draft in drafts:
        if record := draft.valid_record:
            by_sequence.setdefault(sequence_id(draft.organism, record.residues), []).append(draft)
    for first, *others in by_sequence.values():
        if any(_number(other) != _number(first) for other in others):
            _reject_conflicts(first, others, conflicts)
        valid = [draft for draft in (first, *others) if draft.valid_record]
        for duplicate in valid[1:]:
            duplicate.add("copy", f"duplicates {_location(valid[0])}")


def _reject_conflicts(first: Draft, others: Sequence[Draft], conflicts: ConflictPolicy) -> None:
    """Reject the records of one sequence that the policy does not keep."""
    code = "two families" if conflicts is ConflictPolicy.ERROR else LEFT_OUT
    different = next(draft for draft in others if _number(draft) != _number(first))
    for draft in (first, *others):
        same_as_first = _number(draft) == _number(first)
        if conflicts is ConflictPolicy.FIRST and same_as_first:
            continue
        other = different if same_as_first else first
        draft.add(
            code,
            f"has the family {_written_family(draft)}; {_location(other)} has the same sequence"
            f" with the family {_written_family(other)}",
        )


def compare_with_library(drafts: Iterable[Draft], known: Known) -> None:
    """Find records that the library has already, in the same family or in another."""

    def id_of(draft: Draft, record: Record) -> int:
        partition = known.partitions.get(draft.organism, draft.organism)
        return sequence_id(partition, record.residues)

    ids = {id_of(draft, record): None for draft in drafts if (record := draft.valid_record)}
    families = known.find_families(list(ids)) if ids else {}
    for draft in drafts:
        if (record := draft.valid_record) is None:
            continue
        family = families.get(id_of(draft, record))
        if family is None:
            continue
        if family == record.family:
            draft.add("known", "is already present in the library")
        else:
            name = known.library.get(family, str(family))
            draft.add(
                "other family",
                f"has the family {_written_family(draft)};"
                f" the library has the same sequence with the family {name!r}",
            )


def compare_names(drafts: Iterable[Draft]) -> None:
    """Find names that occur twice."""
    first_by_name: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if draft.record and draft.record.name:
            first = first_by_name.setdefault((draft.organism, draft.record.name), draft)
            if first is not draft:
                draft.add("same name", f"has the same name as {_location(first)}")


def _number(draft: Draft) -> int | None:
    return draft.record.family if draft.record else None


def _written_family(draft: Draft) -> str:
    return repr(shorten(draft.family, 40))


def _location(draft: Draft) -> str:
    return f"record {draft.entry.position:,} (line {draft.entry.line:,})"
