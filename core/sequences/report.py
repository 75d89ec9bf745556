"""What can be wrong with records, and how it is told: kinds, their severity, their sentences.

What a person decides about an upload, and the report that says what was found in it.

The records that were not loaded, as a table to mend and to give again.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from core.sequences.readers.tables import REASON_HEADER, escape_formula
from core.sequences.records import Record
from core.sequences.upload import Entry

LEFT_OUT = "left out"
"""The one warning whose records are not loaded: the person has chosen so."""
MAX_LINES, MAX_EXAMPLES, MAX_EXAMPLE = 10, 3, 200


class Severity(StrEnum):
    """Whether the records concerned can be loaded: not with an error, and with a warning."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one record.

    Attributes
    ----------
    code
        The kind; a key of :data:`KINDS`.
    line
        Where it stands.
    message
        The whole sentence, with record and line.
    """

    code: str
    line: int
    message: str

    @property
    def refuses(self) -> bool:
        """Whether the record is not loaded because of it."""
        return KINDS[self.code][0] is Severity.ERROR or self.code == LEFT_OUT


@dataclass(frozen=True, slots=True)
class Issue:
    """All findings of one kind.

    Attributes
    ----------
    code
        The kind; a key of :data:`KINDS`.
    severity
        Whether the records concerned can be loaded.
    message
        The whole sentence, with the count.
    count
        Number of records concerned.
    lines
        The lines of the first of them.
    examples
        Sentences about the first of them, cut short.
    """

    code: str
    severity: Severity
    message: str
    count: int
    lines: tuple[int, ...]
    examples: tuple[str, ...]


_E, _W = Severity.ERROR, Severity.WARNING
KINDS: Mapping[str, tuple[Severity, str, str]] = MappingProxyType(
    {
        # What one is said of one record, and of several.
        "columns": (_E, "has", "have another number of columns than the header"),
        "empty": (_E, "has", "have no sequence"),
        "cut": (_E, "was", "were cut off by Excel, which keeps 32,767 characters of a cell"),
        "too long": (_E, "is", "are longer than what is read"),
        "letter": (_E, "has", "have letters that are not IUPAC DNA"),
        "protein": (_E, "looks", "look like proteins; DNA is read"),
        "no family": (_E, "has", "have no family"),
        "class": (_E, "has", "have a family that is neither a class number nor a name"),
        "new family": (_E, "has", "have a family that is not among those named"),
        "organism": (_E, "has", "have no organism, or one whose name cannot be used"),
        "two families": (_E, "has", "have a sequence that stands in the file with two families"),
        "other family": (_E, "has", "have a sequence that the library has in another family"),
        LEFT_OUT: (_W, "is", "are left out: the sequence stands in the file with two families"),
        "unknown family": (_W, "has", "have a family that is not among those named; it is added"),
        "copy": (_W, "repeats", "repeat another one in the file exactly; each is kept once"),
        "known": (_W, "is", "are in the library already"),
        "short": (_W, "is", "are shorter than 18 bases: too short to say anything"),
        "ambiguous": (_W, "has", "have many ambiguous bases"),
        "same name": (_W, "has", "have the name of another one in the file"),
        "name": (_W, "has", "have a name that was shortened, or lost characters that do not show"),
        "formula": (_W, "has", "have a name that a spreadsheet would take for a formula"),
    }
)
"""Every kind of finding, the gravest first: severity, the verb for one record, and the words for
several."""


def collect(findings: Iterable[Finding]) -> tuple[Issue, ...]:
    """The findings by kind, errors first, then in the order of :data:`KINDS`."""
    by_code: dict[str, list[Finding]] = {code: [] for code in KINDS}
    for finding in findings:
        by_code[finding.code].append(finding)
    return tuple(_issue(code, found) for code, found in by_code.items() if found)


def shortened(text: str, most: int = MAX_EXAMPLE) -> str:
    """The text, cut where it is too long to show.

    >>> shortened("ACGTACGT", 5)
    'ACGT…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _issue(code: str, found: list[Finding]) -> Issue:
    severity, verb, words = KINDS[code]
    message = f"{len(found):,} records {words}."
    if len(found) == 1:
        message = f"1 record {verb} {words.partition(' ')[2]}."
    return Issue(
        code,
        severity,
        message,
        len(found),
        tuple(finding.line for finding in found[:MAX_LINES]),
        tuple(shortened(finding.message) for finding in found[:MAX_EXAMPLES]),
    )


class ConflictPolicy(StrEnum):
    """What becomes of a sequence that stands in the file with two families."""

    ERROR = "error"
    FIRST = "first"
    DROP_BOTH = "drop both"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the file is looked at.

    Attributes
    ----------
    library
        Names of the library's families by number.
    given
        Names by number of the file of family names: what the numbers of *this* upload mean.
    sequences
        The families of those of some ids that the library has, as ``LabelStore.known_families``.
    partitions
        Of the library's organisms: sequences have their ids by them.
    """

    library: Mapping[int, str] = field(default_factory=dict)
    given: Mapping[int, str] = field(default_factory=dict)
    sequences: Callable[[Sequence[int]], Mapping[int, int]] = lambda _ids: {}
    partitions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decides.

    Attributes
    ----------
    organism
        Of the records that name none.
    family
        Of the records that name none: a class number or a name; empty if each must have its own.
    rule
        What becomes of a sequence with two families.
    new_families
        Whether families that are not among those named may be added.
    """

    organism: str = ""
    family: str = ""
    rule: ConflictPolicy = ConflictPolicy.ERROR
    new_families: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that will not be loaded, as it was written, for which organism, and why."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in an upload.

    Attributes
    ----------
    source
        Its label.
    records
        Number of records.
    good
        Those that can be loaded, by organism, exact copies included: what ``load`` takes.
    rejected
        Those that can not.
    issues
        Each kind of problem, errors first.
    families
        The names to load with: of the library's families and of those that are new.
    balance
        Number of good records by family.
    bases, ambiguous
        Letters of all good records, and the share of them that are ambiguous.
    """

    source: str
    records: int
    good: Mapping[str, tuple[Record, ...]]
    rejected: tuple[Rejected, ...]
    issues: tuple[Issue, ...]
    families: Mapping[int, str]
    balance: Mapping[int, int]
    bases: int
    ambiguous: float

    @property
    def good_count(self) -> int:
        """Number of records that can be loaded."""
        return sum(map(len, self.good.values()))

    @property
    def clean(self) -> bool:
        """Whether every record can be loaded."""
        return not self.rejected


HEADER = (*REASON_HEADER, "name", "organism", "family", "sequence")
"""The columns; the first two are not read when the table is given again."""


def rejected_table(*reports: Report) -> bytes:
    """The rejected records with their reasons, as tab-separated UTF-8 text.

    Of several reports, each reason begins with the file. No cell of it is a formula to a
    spreadsheet; reading it again takes that back.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(HEADER)
    for report in reports:
        file = f"{report.source}: " if len(reports) > 1 else ""
        writer.writerows(_cells(each, file) for each in report.rejected)
    return buffer.getvalue().encode("utf-8-sig")  # The mark tells Excel that it is UTF-8.


def _cells(each: Rejected, file: str) -> list[str]:
    entry = each.entry
    sequence = "".join(entry.body.split())
    reason = file + " ".join(each.reasons)
    cells = (reason, str(entry.line), entry.name, entry.organism, entry.family, sequence)
    return [escape_formula(cell) for cell in cells]
