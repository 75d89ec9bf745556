"""All records of an upload checked, against each other and the library, before any is written.

Files on this machine's disk, from a path to records: all of them good, or the reason why not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import InputError
from core.progress import Progress
from core.sequences.checks import (
    Checker,
    Draft,
    ambiguous_bases,
    compare_names,
    compare_with_each_other,
    compare_with_library,
)
from core.sequences.families import is_family, is_missing, number_families
from core.sequences.files import read_bytes
from core.sequences.layout import propose, read_entries
from core.sequences.limits import Limits
from core.sequences.readers.detection import read_upload
from core.sequences.records import Record
from core.sequences.report import Choices, Known, Rejected, Report, collect
from core.sequences.upload import Entry, Upload

_STEP = 1_000


def validate(
    entries: Sequence[Entry],
    source: str,
    max_bases: int,
    *,
    known: Known | None = None,
    choices: Choices | None = None,
    progress: Progress = lambda _doing, _done, _total: None,
) -> Report:
    """Check all records of an upload against each other and against the library.

    Parameters
    ----------
    entries
        Its records, as :func:`core.sequences.upload.read_entries` gives them.
    source
        Its label.
    max_bases
        Longest sequence that can be used.
    known
        What the library has; nothing if None.
    choices
        What the person decides; each record must say everything itself if None.
    progress
        What it raises ends the check.
    """
    known, choices = known or Known(), choices or Choices()
    written = [_family(entry, choices) for entry in entries]
    usable = [each for each in written if is_family(each)]
    numbering = number_families(usable, known.library, known.given)
    checker = Checker(max_bases, numbering, choices)
    drafts = []
    for done, (entry, family) in enumerate(zip(entries, written, strict=True)):
        if done % _STEP == 0:
            progress("Checking", done, len(entries))
        drafts.append(checker.draft(entry, family))
    progress("Comparing", 0, len(entries))
    compare_with_each_other(drafts, choices.rule)
    progress("Comparing with the library", 0, len(entries))
    compare_with_library(drafts, known)
    compare_names(drafts)
    progress("Checked", len(entries), len(entries))
    kept = {*known.library, *_families(drafts)}
    names = {number: name for number, name in numbering.names.items() if number in kept}
    return _report(drafts, source, names)


def _family(entry: Entry, choices: Choices) -> str:
    """The family as written, or the one chosen for all that have none."""
    written = choices.family if is_missing(entry.family) else entry.family
    return "" if is_missing(written) else written.strip()


def _families(drafts: Sequence[Draft]) -> set[int | None]:
    """Numbers of the families that good records have: what is rejected names none."""
    return {record.family for draft in drafts if (record := draft.usable)}


def _report(drafts: Sequence[Draft], source: str, families: Mapping[int, str]) -> Report:
    good: dict[str, list[Record]] = {}
    rejected = []
    for draft in drafts:
        if record := draft.usable:
            good.setdefault(draft.organism, []).append(record)
        else:
            reasons = tuple(each.message for each in draft.findings if each.refuses)
            meant = draft.entry.organism or draft.organism
            rejected.append(Rejected(replace(draft.entry, organism=meant), reasons))
    records = [record for each in good.values() for record in each]
    balance = Counter(record.family for record in records if record.family is not None)
    bases = sum(len(record.residues) for record in records)
    return Report(
        source=source,
        records=len(drafts),
        good={organism: tuple(each) for organism, each in good.items()},
        rejected=tuple(rejected),
        issues=collect(finding for draft in drafts for finding in draft.findings),
        families=families,
        balance=dict(sorted(balance.items())),
        bases=bases,
        ambiguous=sum(ambiguous_bases(record.residues) for record in records) / max(bases, 1),
    )


def read_path(path: Path, limits: Limits) -> list[Upload]:
    """The files that a file is made of, as :func:`core.sequences.readers.detection.read_upload` gives them.

    Raises
    ------
    InputError
        If there is no such file, or nothing of it can be read.
    """
    return read_upload(read_bytes(path, limits.max_bytes), path.name, limits)


def read_records(path: Path, organism: str, limits: Limits) -> list[Record]:
    """The records of a file whose parts stand where they are looked for first.

    Parameters
    ----------
    organism
        Of all of them.

    Raises
    ------
    InputError
        If it cannot be read, or a record of it cannot be used.
    """
    upload = read_path(path, limits)[0]
    entries = read_entries(upload, propose(upload))
    choices = Choices(organism=organism)
    report = validate(entries, upload.name, limits.max_record_bases, choices=choices)
    require_clean([report])
    return [record for records in report.good.values() for record in records]


def require_clean(reports: Sequence[Report], hint: str = "Mend the file.") -> None:
    """Check that every record of some files can be loaded.

    Raises
    ------
    InputError
        Saying how many cannot, and why the first of them cannot.
    """
    if all(report.clean for report in reports):
        return
    first = next(report for report in reports if not report.clean)
    bad = sum(len(report.rejected) for report in reports)
    records = sum(report.records for report in reports)
    message = f"{bad:,} of {records:,} records cannot be loaded. In {first.source}:"
    raise InputError(f"{message} {first.rejected[0].reasons[0]}", hint)
