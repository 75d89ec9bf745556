"""Import of reference sequences, the one path from files to records that are ready to load.

A source is opened from bytes or from a path (:class:`ImportSource`). For each of its files a layout
is proposed (:func:`core.sequences.layout.propose_layout`), which the user may change; then the
importer checks all records of the file, each by itself, against each other and against the library,
and reports what it found (:class:`Importer`). Nothing is written here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import InputError
from core.progress import Progress, no_progress
from core.sequences.checks import (
    Draft,
    EntryChecker,
    ImportOptions,
    Known,
    compare_names,
    compare_with_each_other,
    compare_with_library,
)
from core.sequences.families import (
    PLACEHOLDER,
    default_name,
    is_family,
    is_missing,
    number_families,
)
from core.sequences.files import read_bytes
from core.sequences.layout import (
    SAMPLE_ROWS,
    Entry,
    Layout,
    propose_layout,
    read_entries,
    read_families,
)
from core.sequences.limits import Limits
from core.sequences.readers.archives import safe_label
from core.sequences.readers.detection import read_family_names, read_files
from core.sequences.records import Record
from core.sequences.report import Report, make_report, require_all_valid
from core.sequences.similar_families import SimilarFamily, find_similar_families
from core.sequences.source_file import Format, SourceFile

_STEP = 1_000


@dataclass(slots=True)
class ImportSource:
    """Content of an upload or of a file on disk; of a zip, all its files.

    Attributes
    ----------
    name
        Its name, safe to show.
    files
        Files of sequences.
    family_names
        Names by class number, from files of family names.
    unreadable
        Messages about files that cannot be read.
    """

    name: str
    files: list[SourceFile] = field(default_factory=list)
    family_names: dict[int, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    @classmethod
    def from_bytes(cls, data: bytes, name: str, limits: Limits) -> "ImportSource":
        """Read an upload.

        Raises
        ------
        InputError
            If nothing of it can be read, or family names are invalid.
        """
        source = cls(safe_label(name))
        for file in read_files(data, name, limits):
            if file.format is Format.UNREADABLE:
                source.unreadable.extend(file.notes)
            elif file.format is Format.FAMILIES:
                source.family_names.update(read_family_names(file))
            else:
                source.files.append(file)
        return source

    @classmethod
    def from_path(cls, path: Path, limits: Limits) -> "ImportSource":
        """Read a file on disk.

        Raises
        ------
        InputError
            If there is no such file, nothing of it can be read, or family names are invalid.
        """
        return cls.from_bytes(read_bytes(path, limits.max_bytes), path.name, limits)

    def preview(self) -> "ImportSource":
        """Return a copy with the first rows of each file, on which proposals are based."""
        files = [replace(file, rows=file.rows[:SAMPLE_ROWS]) for file in self.files]
        return replace(self, files=files)

    def as_family_names(self) -> dict[int, str]:
        """Return names by class number of a source that is a family names file.

        Raises
        ------
        InputError
            Naming the invalid line.
        """
        names = dict(self.family_names)
        for file in self.files:
            names |= read_family_names(file)
        return names

    def require_sequences(self) -> None:
        """Check that there are sequences, not family names alone.

        Raises
        ------
        InputError
            If there are none.
        """
        if not self.files:
            message = f"{self.name} contains family names but no sequences."
            raise InputError(message, "Use it as the family names of a file of sequences.")


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
        self._max_bases = limits.max_record_bases
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
        names = (*self._known.library.values(), *self._known.family_names.values())
        known = [name for name in names if not PLACEHOLDER.fullmatch(name)]
        return find_similar_families(counts, known)

    def check(self, file: SourceFile, layout: Layout, options: ImportOptions) -> Report:
        """Check all records of a file, and keep the valid ones.

        Raises
        ------
        InputError
            If the layout does not fit the file, or a pattern is invalid.
        """
        entries = read_entries(file, layout)
        report = self._check_entries(entries, file.name, options)
        for organism, records in report.valid.items():
            self.references.setdefault(organism, []).extend(records)
        self.reports.append(report)
        self._learn_families(report.families, report.family_counts)
        return report

    def _check_entries(
        self, entries: Sequence[Entry], source: str, options: ImportOptions
    ) -> Report:
        known, total = self._known, len(entries)
        synonyms = dict(options.synonyms)
        written = (_family_of(entry.family, options) for entry in entries)
        families = [synonyms.get(family, family) for family in written]
        numbering = number_families(filter(is_family, families), known.library, known.family_names)
        checker = EntryChecker(self._max_bases, numbering, options)
        drafts: list[Draft] = []
        for done, (entry, family) in enumerate(zip(entries, families, strict=True)):
            if done % _STEP == 0:
                self._progress("Checking", done, total)
            drafts.append(checker.check(entry, family))
        self._progress("Comparing", 0, total)
        compare_with_each_other(drafts, options.conflicts)
        self._progress("Comparing with the library", 0, total)
        compare_with_library(drafts, known)
        compare_names(drafts)
        self._progress("Checked", total, total)
        # Families of rejected records only are not named.
        used = {record.family for draft in drafts if (record := draft.valid_record)}
        names = {
            number: name
            for number, name in numbering.names.items()
            if number in known.library or number in used
        }
        return make_report(drafts, source, names)

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


def _family_of(written: str, options: ImportOptions) -> str:
    """Return the family as written, else the default one."""
    family = options.family if is_missing(written) else written
    return "" if is_missing(family) else family.strip()
