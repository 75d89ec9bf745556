"""Import report: valid records, issues by kind, and rejected records as a table to correct."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from core.sequences.alphabet import count_ambiguous
from core.sequences.checks import Draft
from core.sequences.issues import FindingTally, Issue
from core.sequences.layout import Entry
from core.sequences.readers.tables import REASON_HEADER, escape_formula
from core.sequences.records import Record

HEADER = (*REASON_HEADER, "name", "organism", "family", "sequence")
"""Columns of the rejected records; the first two are ignored when the table is read again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An invalid record as written, with its organism and the reasons."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Result of checking a file.

    Attributes
    ----------
    source
        Name of the file.
    records
        Number of records.
    valid
        Valid records by organism, exact copies included: what ``load`` takes.
    rejected
        The other records.
    issues
        Issues by kind, errors first.
    families
        Names of the library's families and of the new ones, by class number.
    family_counts
        Number of valid records by family.
    bases, ambiguous
        Number of bases of all valid records, and the share of ambiguous ones.
    notes
        What the user should know about how the file was read, in full sentences.
    """

    source: str
    records: int
    valid: Mapping[str, tuple[Record, ...]]
    rejected: tuple[Rejected, ...]
    issues: tuple[Issue, ...]
    families: Mapping[int, str]
    family_counts: Mapping[int, int]
    bases: int
    ambiguous: float
    notes: tuple[str, ...] = ()

    @property
    def valid_count(self) -> int:
        """Number of valid records."""
        return sum(map(len, self.valid.values()))

    @property
    def all_valid(self) -> bool:
        """True if every record is valid."""
        return not self.rejected


def make_report(
    drafts: Sequence[Draft],
    findings: FindingTally,
    source: str,
    families: Mapping[int, str],
    notes: Sequence[str],
) -> Report:
    """Summarise checked records."""
    valid: dict[str, list[Record]] = {}
    rejected = []
    for draft in drafts:
        if record := draft.valid_record:
            valid.setdefault(draft.organism, []).append(record)
        else:
            organism = draft.entry.organism or draft.organism
            rejected.append(Rejected(replace(draft.entry, organism=organism), draft.reasons))
    records = [record for group in valid.values() for record in group]
    counts = Counter(record.family for record in records if record.family is not None)
    bases = sum(len(record.residues) for record in records)
    return Report(
        source=source,
        records=len(drafts),
        valid={organism: tuple(group) for organism, group in valid.items()},
        rejected=tuple(rejected),
        issues=findings.issues(),
        families=families,
        family_counts=dict(sorted(counts.items())),
        bases=bases,
        ambiguous=sum(count_ambiguous(record.residues) for record in records) / max(bases, 1),
        notes=tuple(notes),
    )


def require_all_valid(reports: Sequence[Report], hint: str = "Fix the file.") -> None:
    """Check that every record of some files is valid.

    Raises
    ------
    InputError
        With the number of invalid records and the first reason.
    """
    if all(report.all_valid for report in reports):
        return
    first = next(report for report in reports if not report.all_valid)
    invalid = sum(len(report.rejected) for report in reports)
    records = sum(report.records for report in reports)
    message = f"{invalid:,} of {records:,} records are invalid. In {first.source}:"
    raise InputError(f"{message} {first.rejected[0].reasons[0]}", hint)


def rejected_table(*reports: Report) -> bytes:
    """Return the rejected records with their reasons, as tab-separated UTF-8 text.

    With several reports, each reason begins with the file. No cell is a formula to a spreadsheet;
    reading the table again undoes the escaping.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(HEADER)
    for report in reports:
        prefix = f"{report.source}: " if len(reports) > 1 else ""
        writer.writerows(_cells(rejected, prefix) for rejected in report.rejected)
    return buffer.getvalue().encode("utf-8-sig")  # The byte order mark tells Excel it is UTF-8.


def _cells(rejected: Rejected, prefix: str) -> list[str]:
    entry = rejected.entry
    sequence = "".join(entry.body.split())
    reason = prefix + " ".join(rejected.reasons)
    cells = (reason, str(entry.line), entry.name, entry.organism, entry.family, sequence)
    return [escape_formula(cell) for cell in cells]
