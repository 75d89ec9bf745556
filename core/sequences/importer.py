"""Import of reference sequences, the one path from files to records that are ready to load.

A source is opened (:class:`~core.sequences.import_source.ImportSource`). For each of its files a
layout is proposed (:mod:`core.sequences.layout_proposal`), which the user may change; then the
importer checks all records of the file, each by itself, against each other and against the library,
and reports what it found (:class:`Importer`). Nothing is written here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.progress import Progress, no_progress
from core.sequences.checks import (
    Draft,
    EntryChecker,
    ImportOptions,
    Known,
    compare_names,
    compare_with_each_other,
    compare_with_library,
    too_many_invalid,
)
from core.sequences.families import (
    PLACEHOLDER,
    Numbering,
    check_family_count,
    class_number,
    default_name,
    is_family,
    is_missing,
    number_families,
)
from core.sequences.import_source import ImportSource
from core.sequences.issues import shorten
from core.sequences.layout import Entry, Layout, column_label, read_entries, read_families
from core.sequences.layout_proposal import describe_choices, propose_layout
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.sequences.report import Report, make_report, require_all_valid
from core.sequences.similar_families import SimilarFamily, find_similar_families
from core.sequences.source_file import SourceFile
from core.sequences.spellings import Spellings

_STEP = 1_000


class Importer:
    """Checks files one after the other; each is also checked against those before it.

    Attributes
    ----------
    references
        Valid records of all files, by organism.
    families
        Names by class number: of the library's families and of the new ones.
    reports
        Reports of the files that were checked.
    """

    def __init__(self, known: Known, limits: Limits, progress: Progress = no_progress) -> None:
        self._known = known
        self._limits = limits
        self._progress = progress
        self.references: dict[str, list[Record]] = {}
        self.families = dict(known.library)
        self.reports: list[Report] = []

    def add_family_names(self, names: Mapping[int, str]) -> None:
        """Name the class numbers of the files that follow; a later name replaces an earlier one."""
        family_names = {**self._known.family_names, **names}
        self._known = replace(self._known, family_names=family_names)

    def add_records(
        self, organism: str, records: Sequence[Record], families: Mapping[int, str]
    ) -> None:
        """Add records that need no check."""
        self.references.setdefault(organism, []).extend(records)
        self._learn_families(families, families)

    def similar_families(
        self, file: SourceFile, layout: Layout, options: ImportOptions
    ) -> list[SimilarFamily]:
        """Return the new families of a file that look like others, known or of the same file.

        Raises
        ------
        InputError
            If the layout does not fit the file, or a pattern is invalid.
        """
        written = (_family_of(family, options) for family in read_families(file, layout))
        counts = Counter(filter(is_family, written))
        check_family_count(counts, self._known.library, _family_source(file, layout))
        names = (*self._known.library.values(), *self._known.family_names.values())
        known = [name for name in names if not PLACEHOLDER.fullmatch(name)]
        return find_similar_families(counts, known)

    def check(self, file: SourceFile, layout: Layout, options: ImportOptions) -> Report:
        """Check all records of a file, and keep the valid ones.

        Raises
        ------
        InputError
            If the layout does not fit the file, a pattern is invalid, or too many records are
            invalid or too many families named.
        """
        report = self._check_records(file, layout, options)
        for organism, records in report.valid.items():
            self.references.setdefault(organism, []).extend(records)
        self.reports.append(report)
        self._learn_families(report.families, report.family_counts)
        return report

    def _check_records(self, file: SourceFile, layout: Layout, options: ImportOptions) -> Report:
        known, total = self._known, len(file.rows)
        synonyms = dict(options.synonyms)
        written = read_families(file, layout)
        used = (_family_of(family, options) for family in written)
        families = [synonyms.get(family, family) for family in used]
        distinct = list(filter(is_family, dict.fromkeys(families)))
        check_family_count(distinct, known.library, _family_source(file, layout))
        numbering = number_families(distinct, known.library, known.family_names)
        checker = EntryChecker(self._limits.max_record_bases, numbering, options)
        entries = read_entries(file, layout, written)
        drafts = self._check_each(checker, entries, families, file.name)
        self._progress("Comparing", 0, total)
        compare_with_each_other(drafts, options.conflicts)
        self._progress("Comparing with the library", 0, total)
        compare_with_library(drafts, known)
        compare_names(drafts)
        self._progress("Checked", total, total)
        # Families of rejected records only are not named.
        named = {record.family for draft in drafts if (record := draft.valid_record)}
        names = {
            number: name
            for number, name in numbering.names.items()
            if number in known.library or number in named
        }
        notes = (
            *file.notes,
            *describe_choices(file, layout),
            *self._describe_spellings(drafts, numbering),
        )
        return make_report(drafts, checker.findings, file.name, names, notes)

    def _check_each(
        self, checker: EntryChecker, entries: Iterable[Entry], families: Sequence[str], source: str
    ) -> list[Draft]:
        """Check the records of a file one by one."""
        drafts: list[Draft] = []
        invalid: list[Draft] = []
        for done, (entry, family) in enumerate(zip(entries, families, strict=True)):
            if done % _STEP == 0:
                self._progress("Checking", done, len(families))
            draft = checker.check(entry, family)
            drafts.append(draft)
            if draft.reasons:
                invalid.append(draft)
            if len(invalid) > self._limits.max_invalid:
                raise too_many_invalid(source, invalid[0].reasons[0], self._limits)
        return drafts

    def _describe_spellings(self, drafts: Sequence[Draft], numbering: Numbering) -> list[str]:
        """Return notes on organisms and families that are read as another spelling."""
        organisms, families = Spellings("organisms"), Spellings("families")
        for draft in drafts:
            if (record := draft.valid_record) is None:
                continue
            named = not is_missing(draft.entry.organism)
            organisms.add(draft.entry.organism if named else draft.organism, draft.organism)
            if record.family is not None and class_number(draft.family) is None:
                families.add(draft.family, numbering.names[record.family])
        known = {*self.references, *self._known.partitions}
        return [
            *organisms.describe_changed(),
            *organisms.describe_similar(sorted(known)),
            *families.describe_changed(),
        ]

    def _learn_families(self, names: Mapping[int, str], used: Mapping[int, object]) -> None:
        """Let the next file see these families: a number means one thing in an import."""
        unnamed = {number: default_name(number) for number in used}
        self.families = unnamed | self.families | dict(names)
        self._known = replace(self._known, library=self.families)


def read_records(path: Path, organism: str, limits: Limits) -> list[Record]:
    """Return the records of a file by the proposed layout.

    Parameters
    ----------
    organism
        The organism of all records.

    Raises
    ------
    InputError
        If the file cannot be read, or a record is invalid.
    """
    source = ImportSource.from_path(path, limits)
    source.require_sequences()
    file = source.files[0]
    importer = Importer(Known(), limits)
    report = importer.check(file, propose_layout(file), ImportOptions(organism=organism))
    require_all_valid([report])
    return [record for records in importer.references.values() for record in records]


def _family_source(file: SourceFile, layout: Layout) -> str:
    """Return the origin of the families of a file, for messages."""
    if layout.family is None:
        return f"{file.name}: the default family"
    if file.has_header_lines:
        return f"{file.name}: the pattern of the families"
    return f"{file.name}: the column {shorten(column_label(file.header, layout.family), 40)!r}"


def _family_of(written: str, options: ImportOptions) -> str:
    """Return the family as written, else the default one."""
    family = options.family if is_missing(written) else written
    return "" if is_missing(family) else family.strip()
